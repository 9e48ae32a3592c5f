// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/pipeline.h"

#include <algorithm>
#include <array>
#include <vector>

#include "compiler/ir/verifier.h"
#include "compiler/passes/passes.h"
#include "fabric/isa/arith/float_mode.h"

namespace csl::passes {
namespace {

constexpr PassRow kPasses[] = {
    // Values instead of variables, and little of them.
    {"simplify_cfg", SimplifyCfg},
    {"mem2reg", Mem2Reg},
    {"fold", Fold},
    {"simplify_cfg", SimplifyCfg},
    {"cse", CommonSubexpressions},
    {"dead_code", DeadCode},
    {"build_in_place", BuildInPlace},
    {"evaluate_calls", EvaluateCalls},
    {"inline", Inline},
    {"simplify_cfg", SimplifyCfg},
    {"build_in_place", BuildInPlace},
    {"forward_copies", ForwardCopies},
    {"mem2reg", Mem2Reg},
    {"fold", Fold},
    {"evaluate_calls", EvaluateCalls},
    {"fold", Fold},
    {"simplify_cfg", SimplifyCfg},
    {"cse", CommonSubexpressions},
    {"dead_code", DeadCode},
    {"legalise_integers", LegaliseIntegers},
    {"split_integers", SplitIntegers},
    {"fold", Fold},
    {"reduce_strength", ReduceStrength},
    {"fold", Fold},
    {"cse", CommonSubexpressions},
    {"dead_code", DeadCode},
    {"simplify_cfg", SimplifyCfg},
    // Loops.
    {"invert_loops", InvertLoops},
    {"fold", Fold},
    {"simplify_cfg", SimplifyCfg},
    {"cse", CommonSubexpressions},
    {"dead_code", DeadCode},
    {"hoist_invariants", HoistInvariants},
    {"promote_in_loops", PromoteInLoops},
    {"form_addresses", FormAddresses},
    {"fold", Fold},
    {"cse", CommonSubexpressions},
    {"dead_code", DeadCode},
    {"hoist_invariants", HoistInvariants},
    {"forward_loads", ForwardLoads},
    {"reduce_strength", ReduceStrength},
    {"cse", CommonSubexpressions},
    {"dead_code", DeadCode},
    {"drop_stores", DropStores},
    {"carry_loads", CarryLoads},
    {"dead_code", DeadCode},
    {"simplify_cfg", SimplifyCfg},
    {"sink", Sink},
    // The machine.
    {"dsd_registers", DsdRegisters},
    {"hoist_dsr_loads", HoistDsrLoads},
    {"drop_dsr_loads", DropDsrLoads},
    {"simplify_cfg", SimplifyCfg},
    {"split_edges", SplitEdges},
};

constexpr PassRow kRequired[] = {
    {"simplify_cfg", SimplifyCfg},     {"legalise_integers", LegaliseIntegers},
    {"split_integers", SplitIntegers}, {"dsd_registers", DsdRegisters},
    {"split_edges", SplitEdges},
};

// Passes that depend on their function alone, and on nothing of the module that passes change. One
// that changed nothing has nothing to do on the same function later.
constexpr auto kLocal = std::to_array<decltype(PassRow::run)>({
    BuildInPlace,
    CarryLoads,
    CommonSubexpressions,
    DeadCode,
    DropStores,
    Fold,
    FormAddresses,
    ForwardLoads,
    HoistInvariants,
    Mem2Reg,
    ReduceStrength,
    SimplifyCfg,
    Sink,
    SplitEdges,
});

// Which local passes a function, as it is, has already been through in vain.
class Idle {
 public:
  static bool IsLocal(const PassRow& pass) { return Index(pass) < kLocal.size(); }

  bool Is(const PassRow& pass, size_t function) const {
    return IsLocal(pass) && function < of_.size() && (of_[function] >> Index(pass) & 1) != 0;
  }
  void Note(const PassRow& pass, size_t function, bool changed) {
    if (!IsLocal(pass)) {
      if (changed) of_.clear();  // any of the functions
      return;
    }
    if (function >= of_.size()) of_.resize(function + 1);
    of_[function] = changed ? 0 : of_[function] | 1u << Index(pass);
  }

 private:
  static size_t Index(const PassRow& pass) {
    return static_cast<size_t>(std::ranges::find(kLocal, pass.run) - kLocal.begin());
  }

  std::vector<uint32_t> of_;  // bit = pass of kLocal
};

}  // namespace

std::span<const PassRow> RequiredPasses() { return kRequired; }
std::span<const PassRow> AllPasses() { return kPasses; }

Status RunPasses(ir::Module& module, std::span<const PassRow> passes, Verification verification) {
  const isa::arith::ScopedFloatMode float_mode;  // constants are folded
  Idle idle;
  for (const PassRow& pass : passes) {
    // By number: a pass may add functions.
    for (size_t i = 0; i < module.functions.size(); ++i) {
      ir::Function& function = module.functions[i];
      if (function.is_external || idle.Is(pass, i)) continue;
      idle.Note(pass, i, pass.run(module, function));
    }
    if (verification == Verification::kAtEnd && &pass != &passes.back()) continue;
    if (Status status = ir::Verify(module); !status.ok()) {
      return Internal("after pass " + std::string(pass.name) + ": " + status.message());
    }
  }
  return OkStatus();
}

Status RunPass(ir::Module& module, std::string_view name) {
  for (const PassRow& pass : kPasses) {
    if (pass.name == name) return RunPasses(module, std::span(&pass, 1));
  }
  return NotFound("no pass named " + std::string(name));
}

}  // namespace csl::passes
