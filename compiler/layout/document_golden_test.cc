// SPDX-License-Identifier: Apache-2.0
// testdata/*.layout against what reading them yields, printed as a document again, and against what
// was reported.
#include "compiler/layout/document.h"
#include "compiler/testing/golden.h"

namespace {

using namespace csl;  // NOLINT: a test's main file

std::string Dump(source::Sources* sources, source::FileId file, diagnostics::Engine* diagnostics) {
  source::ImportResolver resolver(sources, {.library_dir = "library"});
  const StatusOr<source::FileId> root = resolver.LoadRoot(sources->file(file).path);
  if (!root.ok()) return root.status().ToString() + "\n";
  types::TypeStore types;
  layout::DocumentContext context = {sources, &resolver, &types, diagnostics, {}};
  context.fabric.fabric_width = 20;
  context.fabric.fabric_height = 10;
  context.fabric.offset_x = 4;
  context.fabric.offset_y = 1;
  const auto layout = layout::ReadDocument(context, *root);
  return layout ? layout::ToDocument(*layout, types) : "";
}

}  // namespace

int main(int argc, char** argv) { return csl::testing::GoldenMain(argc, argv, &Dump); }
