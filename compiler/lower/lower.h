// SPDX-License-Identifier: Apache-2.0
// Lowers a syntax tree to untyped instructions: names to slots and declarations, control flow to
// nested bodies.
//
// Reports what the text alone shows to be wrong: names declared twice, jumps to nowhere, attributes
// out of place. Names that are not declared here stay Name instructions, since they may be type
// words, or never reached.
#ifndef COMPILER_LOWER_LOWER_H_
#define COMPILER_LOWER_LOWER_H_

#include "compiler/diagnostics/engine.h"
#include "compiler/lower/untyped.h"
#include "compiler/parse/ast.h"

namespace csl::lower {

Untyped Lower(const parse::Ast& ast, diagnostics::Engine* diagnostics);

}  // namespace csl::lower

#endif  // COMPILER_LOWER_LOWER_H_
