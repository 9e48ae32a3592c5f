// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower/untyped.h"

namespace csl::lower {
namespace {

constexpr std::string_view kOpNames[] = {
#define UNTYPED_OP(name, mnemonic, ...) #mnemonic,
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

}  // namespace

std::string_view OpName(Op op) { return kOpNames[static_cast<size_t>(op)]; }
std::string_view BinaryOpText(BinaryOp op) { return kBinaryTexts[static_cast<size_t>(op)]; }
std::string_view UnaryOpText(UnaryOp op) { return kUnaryTexts[static_cast<size_t>(op)]; }

}  // namespace csl::lower
