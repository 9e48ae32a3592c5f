// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/machine.h"

namespace csl::codegen {

bool IsBranch(const MachineInstruction& instruction) {
  return instruction.kind == MachineInstruction::Kind::kPlain &&
         isa::Info(instruction.op).has(isa::kBranch);
}

std::vector<uint32_t> Successors(const MachineFunction& function, uint32_t index) {
  std::vector<uint32_t> out;
  const auto& instructions = function.blocks[index].instructions;
  bool falls_through = true;
  for (auto it = instructions.rbegin(); it != instructions.rend(); ++it) {
    if (IsBranch(*it)) {
      out.push_back(function.block_index[it->target.index]);
      if (it->op == isa::Opcode::kJmp) falls_through = false;
      continue;
    }
    if (it == instructions.rbegin()) {
      falls_through = it->kind != MachineInstruction::Kind::kReturn && it->op != isa::Opcode::kTrap;
    }
    break;
  }
  if (falls_through && index + 1 < function.blocks.size()) out.push_back(index + 1);
  return out;
}

}  // namespace csl::codegen
