// SPDX-License-Identifier: Apache-2.0
// Runs the passes in order over every function; the verifier checks the module after each.
#ifndef COMPILER_PASSES_PIPELINE_H_
#define COMPILER_PASSES_PIPELINE_H_

#include <cstdint>
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

// Those without which code generation does not know the module: nothing here makes it faster.
std::span<const PassRow> RequiredPasses();

// The verifier takes as long as a few passes: after each, in tests, it names the one that erred.
enum class Verification : uint8_t { kAfterEach, kAtEnd };

// kInternal says what the verifier complained of, and after which pass it did.
Status RunPasses(ir::Module& module, std::span<const PassRow> passes,
                 Verification verification = Verification::kAfterEach);
inline Status RunPasses(ir::Module& module, Verification verification = Verification::kAfterEach) {
  return RunPasses(module, AllPasses(), verification);
}

// One pass by name, for tests. kNotFound if there is none.
Status RunPass(ir::Module& module, std::string_view name);

}  // namespace csl::passes

#endif  // COMPILER_PASSES_PIPELINE_H_
