// SPDX-License-Identifier: Apache-2.0
// Runs the passes in order over every function; the verifier checks the module after each.
#ifndef COMPILER_PASSES_PIPELINE_H_
#define COMPILER_PASSES_PIPELINE_H_

#include <span>
#include <string_view>

#include "base/status.h"
#include "compiler/ir/ir.h"

namespace csl::passes {

struct PassRow {
  std::string_view name;
  bool (*run)(ir::Module&, ir::Function&);
};

// The whole list, in order; names may repeat.
std::span<const PassRow> AllPasses();

// kInternal names the pass after which the verifier complained.
Status RunPasses(ir::Module& module, std::span<const PassRow> passes);
inline Status RunPasses(ir::Module& module) { return RunPasses(module, AllPasses()); }

// One pass by name, for tests. kNotFound if there is none.
Status RunPass(ir::Module& module, std::string_view name);

}  // namespace csl::passes

#endif  // COMPILER_PASSES_PIPELINE_H_
