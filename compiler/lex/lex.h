// SPDX-License-Identifier: Apache-2.0
// Splits a file into tokens. Errors are reported and lexing continues: what cannot be read becomes
// an Invalid token or, for a number or closed text with a fault inside, a token of its kind.
#ifndef COMPILER_LEX_LEX_H_
#define COMPILER_LEX_LEX_H_

#include "compiler/diagnostics/engine.h"
#include "compiler/lex/token_buffer.h"

namespace csl::lex {

TokenBuffer Lex(const source::File& file, diagnostics::Engine* diagnostics);

}  // namespace csl::lex

#endif  // COMPILER_LEX_LEX_H_
