// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower/insts.h"

#include <algorithm>

#include "base/check.h"
#include "compiler/lower/walk.h"

namespace csl::lower {
namespace {

constexpr std::string_view kOpNames[] = {
#define UNTYPED(name, mnemonic, ...) #mnemonic,
#include "compiler/lower/untyped.def"
};
constexpr std::string_view kBinaryTexts[] = {
#define BINARY_OP(name, text) text,
#include "compiler/lower/operators.def"
};
constexpr std::string_view kUnaryTexts[] = {
#define UNARY_OP(name, text) text,
#include "compiler/lower/operators.def"
};

template <typename T>
constexpr bool OwnsBodies() {
  struct Visitor {
    bool found = false;
#define FIELD_KIND(kind, type)                                          \
  constexpr void kind(const char*, const untyped::kind##Field&) {       \
    constexpr std::string_view kKind = #kind;                           \
    found |= kKind == "Body" || kKind == "Bodies" || kKind == "Prongs"; \
  }
#include "compiler/lower/untyped.def"
  };
  Visitor visitor;
  VisitFields(T(), visitor);
  return visitor.found;
}

}  // namespace

std::string_view OpName(Op op) { return kOpNames[static_cast<size_t>(op)]; }
std::string_view BinaryOpText(BinaryOp op) { return kBinaryTexts[static_cast<size_t>(op)]; }
std::string_view UnaryOpText(UnaryOp op) { return kUnaryTexts[static_cast<size_t>(op)]; }

constexpr bool InstList::kOwnsBodies[] = {
#define UNTYPED(name, ...) OwnsBodies<untyped::name>(),
#include "compiler/lower/untyped.def"
};

InstId InstList::EndOfBodies(InstId id) const {
  InstId end(id.index + 1);
  ForEachBody(*this, id, [&](const Body& body) { end = std::max(end, body.end); });
  return end;
}

void InstList::Reserve(size_t count) {
  heads_.reserve(count);
  spans_.reserve(count);
  words_.reserve(2 * count);
  std::get<std::vector<InstId>>(lists_).reserve(count / 2);
}

void InstList::WrongGet(InstId id, Op expected) const {
  CHECK(id.index < size()) << "instruction " << id.index << " of " << size();
  CHECK(op(id) == expected) << "instruction " << id.index << " is " << OpName(op(id)) << ", not "
                            << OpName(expected);
  CHECK(false) << "fields of instruction " << id.index << " end behind the list of words";
  __builtin_unreachable();
}

void InstList::WrongList(size_t first, size_t count, size_t size) {
  CHECK(false) << "list " << first << " + " << count << " of " << size;
  __builtin_unreachable();
}

}  // namespace csl::lower
