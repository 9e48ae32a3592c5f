// SPDX-License-Identifier: Apache-2.0
// What is known of a DSR begins at a load and ends at whatever else names it, at any call, and at
// any vector operation. A block knows what its only predecessor knew.
#include "compiler/codegen/repeated_settings.h"

#include <algorithm>
#include <map>

#include "compiler/ir/dsr_load_flag.h"

namespace csl::codegen {
namespace {

using isa::AsyncAction;
using isa::AsyncSettings;
using isa::Opcode;

struct Known {
  bool is_memory = false;
  AsyncSettings said;  // since the load; without ends, which have ids
};
using State = std::map<std::pair<Reg, Reg>, Known>;  // by file and number

// Whether the instruction would leave the DSR as it is.
bool IsRepeated(const Known& known, const AsyncSettings& settings) {
  if (known.is_memory) return true;
  return settings.completion == AsyncAction::kNone && settings.on_control == AsyncAction::kNone &&
         (!settings.is_async || known.said.is_async) &&
         (settings.priority == AsyncSettings().priority ||
          settings.priority == known.said.priority) &&
         (settings.microthread == AsyncSettings().microthread ||
          settings.microthread == known.said.microthread);
}

void Note(Known& known, const AsyncSettings& settings) {
  known.said.is_async = known.said.is_async || settings.is_async;
  if (settings.priority != AsyncSettings().priority) known.said.priority = settings.priority;
  if (settings.microthread != AsyncSettings().microthread) {
    known.said.microthread = settings.microthread;
  }
}

bool MayChangeDsrs(const MachineInstruction& instruction) {
  if (instruction.kind == MachineInstruction::Kind::kMoves) return false;
  const isa::OpcodeInfo& info = isa::Info(instruction.op);
  const bool names_dsr =
      info.format == isa::Format::kDsrReg || info.format == isa::Format::kDsrLoadX;
  return info.has(isa::kCalls) || info.has(isa::kVectorOp) || names_dsr;
}

// False: the instruction goes.
bool Step(State& state, MachineInstruction& instruction) {
  const std::pair dsr(instruction.field[0], instruction.field[1]);
  if (instruction.op == Opcode::kDsrLoad) {
    const auto of_memory = static_cast<Reg>(ir::kLoadOfMemory);
    state[dsr] = {(instruction.field[3] & of_memory) != 0, {}};
    instruction.field[3] &= ~of_memory;
    return true;
  }
  if (instruction.op != Opcode::kDsrAsync) {
    if (MayChangeDsrs(instruction)) state.clear();
    return true;
  }
  const auto known = state.find(dsr);
  if (known == state.end()) return true;
  const AsyncSettings settings = AsyncSettings::Decode(static_cast<uint16_t>(instruction.imm));
  if (IsRepeated(known->second, settings)) return false;
  Note(known->second, settings);
  return true;
}

}  // namespace

void DropRepeatedSettings(MachineFunction& function) {
  std::vector<uint32_t> num_predecessors(function.blocks.size());
  std::vector<uint32_t> predecessor(function.blocks.size());
  for (uint32_t i = 0; i < function.blocks.size(); ++i) {
    for (uint32_t successor : Successors(function, i)) {
      ++num_predecessors[successor];
      predecessor[successor] = i;
    }
  }
  std::vector<State> at_end(function.blocks.size());
  for (uint32_t i = 0; i < function.blocks.size(); ++i) {
    State state;
    // A predecessor that comes later is the end of a loop.
    if (i > 0 && num_predecessors[i] == 1 && predecessor[i] < i) state = at_end[predecessor[i]];
    std::erase_if(function.blocks[i].instructions,
                  [&](MachineInstruction& instruction) { return !Step(state, instruction); });
    at_end[i] = std::move(state);
  }
}

}  // namespace csl::codegen
