// SPDX-License-Identifier: Apache-2.0
// The untyped instructions of a file, each read and written as a struct.
//
// An instruction is an Op, a place in the file and its fields, which lie side by side in one array
// of words; what varies in number lies in lists. untyped.def gives each instruction's fields and
// generates a struct for it:
//
//   const auto loop = insts.Get<untyped::While>(id);   // ends the process if it is another one
//   if (const auto call = insts.As<untyped::Call>(id)) ...
//   for (InstId arg : insts.List(call->args)) ...
#ifndef COMPILER_LOWER_INSTS_H_
#define COMPILER_LOWER_INSTS_H_

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "base/strong_id.h"
#include "compiler/source/location.h"

namespace csl::lower {

enum class Op : uint8_t {
#define UNTYPED(name, ...) k##name,
#include "compiler/lower/untyped.def"
};
enum class BinaryOp : uint8_t {
#define BINARY_OP(name, text) k##name,
#include "compiler/lower/operators.def"
};
enum class UnaryOp : uint8_t {
#define UNARY_OP(name, text) k##name,
#include "compiler/lower/operators.def"
};
enum class BuiltinKind : uint16_t {
#define BUILTIN(name, ...) k_##name,
#include "compiler/lower/builtins.def"
};

std::string_view OpName(Op op);
std::string_view BinaryOpText(BinaryOp op);
std::string_view UnaryOpText(UnaryOp op);

using InstId = StrongId<struct InstTag>;
using LocalId = StrongId<struct LocalTag>;           // local slot of a declaration
using StringId = StrongId<struct UntypedStringTag>;  // into Untyped::strings, unique texts
using DeclId = StrongId<struct DeclTag>;             // top-level declaration, in source order

// Instructions [first, end). Equal: absent or empty.
struct Body {
  InstId first{0};
  InstId end{0};

  bool empty() const { return first == end; }
  // False: not even written as `{}`. (No body lies before its owner.)
  bool is_given() const { return end.index != 0; }
  uint32_t size() const { return end.index - first.index; }
  // Of one that is not empty.
  InstId last() const { return InstId(end.index - 1); }
  bool Contains(InstId id) const { return first <= id && id < end; }

  // for (InstId id : body.ids()): nested bodies included.
  struct Iterator {
    uint32_t index;
    InstId operator*() const { return InstId(index); }
    Iterator& operator++() {
      ++index;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return index != other.index; }
  };
  struct Ids {
    Iterator first, behind;
    Iterator begin() const { return first; }
    Iterator end() const { return behind; }
  };
  Ids ids() const { return {{first.index}, {end.index}}; }
};

// Names values of type T that lie side by side: InstList::List.
template <typename T>
struct ListOf {
  uint32_t first = 0;
  uint32_t count = 0;
};

// What lists consist of, besides instructions and bodies.
struct NamedInst {
  StringId name;
  InstId value;
};
struct Variable {
  LocalId local;
  InstId extent;
};
struct Prong {
  ListOf<Body> items;  // each yields a comptime value; none: `else`
  Body body;
};

// The structs: untyped::Store { InstId place; InstId value; } and so on.
namespace untyped {
#define FIELD_KIND(kind, type) using kind##Field = type;
#include "compiler/lower/untyped.def"
#define FIELD(kind, name) kind##Field name{};
#define UNTYPED(name, mnemonic, fields)    \
  struct name {                            \
    static constexpr Op kOp = Op::k##name; \
    fields                                 \
  };
#include "compiler/lower/untyped.def"
}  // namespace untyped

class InstList {
 public:
  size_t size() const { return heads_.size(); }
  Body all() const { return {InstId(0), InstId(static_cast<uint32_t>(size()))}; }
  Op op(InstId id) const { return heads_[id.index].op; }
  source::Span span(InstId id) const { return spans_[id.index]; }  // where the caret goes

  template <typename T>
  bool Is(InstId id) const {
    return op(id) == T::kOp;
  }
  // The fields of an instruction that must be a T.
  template <typename T>
  T Get(InstId id) const {
    if (id.index >= heads_.size() || op(id) != T::kOp) WrongGet(id, T::kOp);
    T fields;
    if constexpr (!std::is_empty_v<T>) {
      const size_t first = heads_[id.index].first_word;
      if (first + kWords < T >> words_.size()) WrongGet(id, T::kOp);
      std::memcpy(static_cast<void*>(&fields), &words_[first], sizeof(T));
    }
    return fields;
  }
  // Nullopt: it is another one, or `id` is none.
  template <typename T>
  std::optional<T> As(InstId id) const {
    return id.valid() && Is<T>(id) ? std::optional<T>(Get<T>(id)) : std::nullopt;
  }
  // Invalidated by AddList.
  template <typename T>
  std::span<const T> List(ListOf<T> list) const {
    const std::vector<T>& all = std::get<std::vector<T>>(lists_);
    if (list.first > all.size() || list.count > all.size() - list.first) {
      WrongList(list.first, list.count, all.size());
    }
    return {all.data() + list.first, list.count};
  }

  // Where execution continues behind the instruction: the end of its last body.
  InstId Next(InstId id) const {
    return kOwnsBodies[static_cast<size_t>(op(id))] ? EndOfBodies(id) : InstId(id.index + 1);
  }

  // Writing, for the lowerer.
  template <typename T>
  InstId Add(source::Span span, const T& fields) {
    heads_.push_back({T::kOp, static_cast<uint32_t>(words_.size())});
    spans_.push_back(span);
    if constexpr (!std::is_empty_v<T>) {
      uint32_t words[kWords<T>] = {};
      std::memcpy(words, static_cast<const void*>(&fields), sizeof(T));
      words_.insert(words_.end(), words, words + kWords<T>);
    }
    return InstId(static_cast<uint32_t>(heads_.size() - 1));
  }
  // Other fields for an instruction that must be a T.
  template <typename T>
  void Set(InstId id, const T& fields) {
    if (id.index >= heads_.size() || op(id) != T::kOp) WrongGet(id, T::kOp);
    if constexpr (!std::is_empty_v<T>) {
      std::memcpy(&words_[heads_[id.index].first_word], static_cast<const void*>(&fields),
                  sizeof(T));
    }
  }
  template <typename T>
  ListOf<T> AddList(std::span<const T> values) {
    std::vector<T>& all = std::get<std::vector<T>>(lists_);
    const ListOf<T> list = {static_cast<uint32_t>(all.size()),
                            static_cast<uint32_t>(values.size())};
    all.insert(all.end(), values.begin(), values.end());
    return list;
  }
  template <typename T>
  ListOf<T> AddList(const std::vector<T>& values) {
    return AddList(std::span<const T>(values));
  }
  void Reserve(size_t count);

 private:
  struct Head {
    Op op;
    uint32_t first_word;
  };
  template <typename T>
  static constexpr size_t kWords = std::is_empty_v<T>
                                       ? 0
                                       : (sizeof(T) + sizeof(uint32_t) - 1) / sizeof(uint32_t);
  static const bool kOwnsBodies[];

  InstId EndOfBodies(InstId id) const;
  [[noreturn]] void WrongGet(InstId id, Op expected) const;
  [[noreturn]] static void WrongList(size_t first, size_t count, size_t size);

  std::vector<Head> heads_;
  std::vector<source::Span> spans_;
  std::vector<uint32_t> words_;
  std::tuple<std::vector<InstId>, std::vector<NamedInst>, std::vector<Variable>, std::vector<Body>,
             std::vector<Prong>>
      lists_;
};

}  // namespace csl::lower

#endif  // COMPILER_LOWER_INSTS_H_
