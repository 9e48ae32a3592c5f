// SPDX-License-Identifier: Apache-2.0
// testdata/NAME.ir says in its first line which passes to run ("// passes: mem2reg fold", or
// "all"); the golden file is the module after them.
#include <sstream>

#include "compiler/ir/text.h"
#include "compiler/ir/verifier.h"
#include "compiler/passes/pipeline.h"
#include "compiler/testing/golden.h"

namespace csl::passes {
namespace {

Status RunNamed(ir::Module& module, const std::string& names) {
  if (names == " all") return RunPasses(module);
  std::istringstream words(names);
  for (std::string name; words >> name;) RETURN_IF_ERROR(RunPass(module, name));
  return OkStatus();
}

// A pass that says it changed nothing did not: the pipeline skips it on the same function later.
std::string LyingPass(ir::Module module) {
  for (const PassRow& pass : AllPasses()) {
    for (size_t i = 0; i < module.functions.size(); ++i) {
      if (module.functions[i].is_external) continue;
      const std::string before = ir::Print(module, {false});
      if (pass.run(module, module.functions[i]) || ir::Print(module, {false}) == before) continue;
      return "pass " + std::string(pass.name) + " changed " + module.functions[i].name +
             " and says it did not\n";
    }
  }
  return "";
}

std::string Dump(source::Sources* sources, source::FileId file, diagnostics::Engine*) {
  const std::string& text = sources->file(file).text;
  const std::string marker = "// passes:";
  if (!text.starts_with(marker)) return "the first line must name the passes\n";
  const size_t end = text.find('\n');
  auto module = ir::ParseModule(text);
  if (!module.ok()) return module.status().ToString() + "\n";
  Status status = ir::Verify(*module);
  if (status.ok()) {
    if (std::string error = LyingPass(*module); !error.empty()) return error;
    status = RunNamed(*module, text.substr(marker.size(), end - marker.size()));
  }
  return status.ok() ? ir::Print(*module, {false}) : status.ToString() + "\n";
}

}  // namespace
}  // namespace csl::passes

int main(int argc, char** argv) { return csl::testing::GoldenMain(argc, argv, &csl::passes::Dump); }
