// SPDX-License-Identifier: Apache-2.0
#include "compiler/link/stack_depth.h"

#include <algorithm>

namespace csl::link {
namespace {

using codegen::CodeFunction;

bool IsCall(const CodeFunction& f, const codegen::Relocation& r) {
  return f.instructions[r.instruction].opcode() == isa::Opcode::kCall;
}

class Depth {
 public:
  Depth(const ir::Module& module, const codegen::ObjectCode& code, const Reachability& reachable)
      : code_of_(module.functions.size()), state_(module.functions.size()), depth_(state_.size()) {
    std::vector<bool> is_taken(module.functions.size());
    for (const CodeFunction& f : code.functions) {
      if (!reachable.functions[f.id.index]) continue;
      code_of_[f.id.index] = &f;
      for (const codegen::Relocation& r : f.relocations) {
        if (r.is_function && !IsCall(f, r)) is_taken[r.symbol] = true;
      }
    }
    for (uint32_t i = 0; i < module.globals.size(); ++i) {
      if (!reachable.globals[i]) continue;
      for (const ir::Relocation& r : module.globals[i].relocations) {
        if (r.is_function) is_taken[r.symbol] = true;
      }
    }
    for (uint32_t i = 0; i < is_taken.size(); ++i) {
      if (is_taken[i]) taken_.push_back(i);
    }
  }

  StackDepth Run() {
    StackDepth out;
    for (uint32_t i = 0; i < code_of_.size(); ++i) {
      if (code_of_[i] != nullptr) out.bytes = std::max(out.bytes, Of(i));
    }
    out.is_recursive = is_recursive_;
    return out;
  }

 private:
  enum class State : uint8_t { kNew, kOpen, kDone };

  uint32_t Of(uint32_t index) {
    if (code_of_[index] == nullptr) return 0;
    if (state_[index] == State::kOpen) {
      is_recursive_ = true;
      return 0;
    }
    if (state_[index] == State::kDone) return depth_[index];
    state_[index] = State::kOpen;
    const CodeFunction& f = *code_of_[index];
    uint32_t below = 0;
    for (const codegen::Relocation& r : f.relocations) {
      if (r.is_function && IsCall(f, r)) below = std::max(below, Of(r.symbol));
    }
    if (f.has_indirect_call) {
      for (uint32_t target : taken_) below = std::max(below, Of(target));
    }
    state_[index] = State::kDone;
    return depth_[index] = f.frame_bytes + below;
  }

  std::vector<const CodeFunction*> code_of_;
  std::vector<State> state_;
  std::vector<uint32_t> depth_;
  std::vector<uint32_t> taken_;
  bool is_recursive_ = false;
};

}  // namespace

StackDepth ComputeStackDepth(const ir::Module& module, const codegen::ObjectCode& code,
                             const Reachability& reachable) {
  return Depth(module, code, reachable).Run();
}

}  // namespace csl::link
