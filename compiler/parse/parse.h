// SPDX-License-Identifier: Apache-2.0
// Reads tokens into a syntax tree. All independent syntax errors are reported; the tree then has
// Invalid nodes.
#ifndef COMPILER_PARSE_PARSE_H_
#define COMPILER_PARSE_PARSE_H_

#include "compiler/diagnostics/engine.h"
#include "compiler/parse/ast.h"

namespace csl::parse {

// How deep brackets, blocks, types and operands may nest: bounds the stack of parser and lowering.
inline constexpr uint32_t kMaxNesting = 1000;

// `tokens` must outlive the tree.
Ast Parse(const lex::TokenBuffer& tokens, diagnostics::Engine* diagnostics);

}  // namespace csl::parse

#endif  // COMPILER_PARSE_PARSE_H_
