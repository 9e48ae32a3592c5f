// SPDX-License-Identifier: Apache-2.0
// testdata/*.csl against what `--dump=tokens` prints and what is reported.
#include "compiler/lex/lex.h"
#include "compiler/testing/golden.h"

namespace {

std::string Dump(csl::source::Sources* sources, csl::source::FileId file,
                 csl::diagnostics::Engine* diagnostics) {
  return csl::lex::ToString(csl::lex::Lex(sources->file(file), diagnostics));
}

}  // namespace

int main(int argc, char** argv) { return csl::testing::GoldenMain(argc, argv, &Dump); }
