// SPDX-License-Identifier: Apache-2.0
// testdata/*.csl against what `--dump=untyped` prints and what is reported.
#include "compiler/lex/lex.h"
#include "compiler/lower/lower.h"
#include "compiler/parse/parse.h"
#include "compiler/testing/golden.h"

namespace {

std::string Dump(csl::source::Sources* sources, csl::source::FileId file,
                 csl::diagnostics::Engine* diagnostics) {
  const csl::lex::TokenBuffer tokens = csl::lex::Lex(sources->file(file), diagnostics);
  const csl::parse::Ast ast = csl::parse::Parse(tokens, diagnostics);
  return csl::lower::ToString(csl::lower::Lower(ast, diagnostics));
}

}  // namespace

int main(int argc, char** argv) { return csl::testing::GoldenMain(argc, argv, &Dump); }
