// SPDX-License-Identifier: Apache-2.0
// testdata/NAME.ir runs through all passes and code generation; the golden file is the object code.
// The three loops are there for good: an instruction more in one of them is a change somebody
// should have meant.
#include "compiler/codegen/codegen.h"
#include "compiler/ir/text.h"
#include "compiler/ir/verifier.h"
#include "compiler/passes/pipeline.h"
#include "compiler/testing/golden.h"

namespace csl::driver {
namespace {

std::string Dump(source::Sources* sources, source::FileId file, diagnostics::Engine*) {
  auto module = ir::ParseModule(sources->file(file).text);
  if (!module.ok()) return module.status().ToString() + "\n";
  Status status = ir::Verify(*module);
  if (status.ok()) status = passes::RunPasses(*module);
  if (!status.ok()) return status.ToString() + "\n";
  ir::Location where;
  auto code = codegen::Generate(*module, &where);
  if (!code.ok()) return std::to_string(where.line) + ": " + code.status().ToString() + "\n";
  return codegen::ToString(*code, *module);
}

}  // namespace
}  // namespace csl::driver

int main(int argc, char** argv) { return csl::testing::GoldenMain(argc, argv, &csl::driver::Dump); }
