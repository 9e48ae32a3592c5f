// SPDX-License-Identifier: Apache-2.0
// Any tokens parse: children come before their parents, the root is a file, an Invalid node has
// been reported.
#include <cstdint>

#include "base/check.h"
#include "compiler/lex/lex.h"
#include "compiler/parse/parse.h"

using namespace csl;  // NOLINT: a fuzz entry point

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > source::kMaxFileBytes) return 0;
  source::Sources sources;
  const auto file = sources.AddText("fuzz.csl", std::string(data, data + size));
  diagnostics::Engine diagnostics(&sources);
  const lex::TokenBuffer tokens = lex::Lex(sources.file(file), &diagnostics);
  const parse::Ast ast = parse::Parse(tokens, &diagnostics);
  CHECK(ast.kind(ast.root()) == parse::NodeKind::kFile);
  const auto root = ast.Get<parse::node::File>(ast.root());
  for (const parse::NodeId declaration : ast.List(root.declarations)) {
    CHECK(declaration < ast.root());
    const bool is_invalid = ast.kind(declaration) == parse::NodeKind::kInvalid;
    CHECK(!is_invalid || diagnostics.has_errors()) << "an error was swallowed";
  }
  parse::ToString(ast);
  diagnostics.Render();
  return 0;
}
