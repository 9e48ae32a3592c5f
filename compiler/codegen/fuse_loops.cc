// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "compiler/codegen/layout_blocks.h"
#include "compiler/codegen/opcode_tables.h"

namespace csl::codegen {
namespace {

using isa::Opcode;

bool FitsStep(int32_t step) { return step >= -128 && step <= 127; }

bool Touches(const MachineInstruction& instruction, Reg reg) {
  bool found = false;
  ForUses(instruction, [&](Reg used) { found = found || used == reg; });
  ForDefs(instruction, [&](Reg defined) { found = found || defined == reg; });
  return found;
}

// Calls move a window over everything above their first register.
bool IsCall(const MachineInstruction& instruction) {
  return isa::Info(instruction.op).has(isa::kCalls);
}

// The step sign a Gt loop needs does not matter: the machine adds, then compares.
Opcode Fused(const MachineInstruction& add, MachineInstruction& branch) {
  const Reg variable = add.field[0];
  const bool has_right = branch.role[1] == Role::kUse;
  if (branch.field[0] == variable && !(has_right && branch.field[1] == variable)) {
    return LoopOpcode(add.op, branch.op);
  }
  if (!has_right || branch.field[1] != variable) return Opcode::kIllegal;
  // b < a is a > b.
  std::swap(branch.field[0], branch.field[1]);
  switch (LoopOpcode(add.op, branch.op)) {
    case Opcode::kLoopLtI16:
      return Opcode::kLoopGtI16;
    case Opcode::kLoopLtU16:
      return Opcode::kLoopGtU16;
    case Opcode::kLoopLtI32:
      return Opcode::kLoopGtI32;
    case Opcode::kLoopLtU32:
      return Opcode::kLoopGtU32;
    case Opcode::kLoopNeI16:
      return Opcode::kLoopNeI16;
    case Opcode::kLoopNeU16:
      return Opcode::kLoopNeU16;
    case Opcode::kLoopNeI32:
      return Opcode::kLoopNeI32;
    default:
      return Opcode::kIllegal;
  }
}

void FuseBlock(std::vector<MachineInstruction>& all) {
  size_t at = all.size();
  for (size_t i = 0; i < all.size(); ++i) {
    if (IsBranch(all[i]) && all[i].op != Opcode::kJmp) {
      at = i;
      break;
    }
  }
  if (at == all.size()) return;
  for (Reg variable : {all[at].field[0], all[at].field[1]}) {
    size_t i = at;
    while (i > 0 && !Touches(all[i - 1], variable) && !IsCall(all[i - 1])) --i;
    if (i == 0) continue;
    const MachineInstruction& add = all[i - 1];
    const bool is_step = add.role[0] == Role::kDef && add.field[0] == variable &&
                         add.role[1] == Role::kUse && add.field[1] == variable &&
                         add.symbol == SymbolRef() && FitsStep(add.imm);
    if (!is_step) continue;
    MachineInstruction branch = all[at];
    const Opcode fused = Fused(add, branch);
    if (fused == Opcode::kIllegal) continue;
    const bool is_immediate = isa::Info(fused).format == isa::Format::kLoopI;
    branch.op = fused;
    branch.role[is_immediate ? 1 : 2] = Role::kRaw;
    branch.field[is_immediate ? 1 : 2] = add.imm & 0xff;
    all[at] = branch;
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(i) - 1);
    return;
  }
}

}  // namespace

void FuseLoops(MachineFunction& function) {
  for (MachineBlock& block : function.blocks) FuseBlock(block.instructions);
}

}  // namespace csl::codegen
