// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/spill.h"

namespace csl::codegen {
namespace {

using isa::Opcode;

class Spiller {
 public:
  Spiller(MachineFunction& function, const std::vector<bool>& is_spilled)
      : f_(function), is_spilled_(is_spilled), slot_(is_spilled.size(), kNoSlot), shadow_(slot_) {}

  void Run();

 private:
  static constexpr uint32_t kNoSlot = 0xffffffff;

  bool IsSpilled(Reg reg) const {
    return reg != kNoReg && static_cast<size_t>(reg) < is_spilled_.size() &&
           is_spilled_[static_cast<size_t>(reg)];
  }
  uint32_t SlotOf(Reg reg, std::vector<uint32_t>& slots) {
    uint32_t& slot = slots[static_cast<size_t>(reg)];
    if (slot == kNoSlot) {
      slot = f_.frame_bytes;
      f_.frame_bytes += 4;
    }
    return slot;
  }
  void Access(Opcode op, Reg reg, uint32_t slot);
  Reg LoadFresh(uint32_t slot) {
    const Reg reg = f_.NewReg();
    Access(Opcode::kLdW, reg, slot);
    return reg;
  }
  Reg Materialise(const Source& source);
  void RewriteMoves(MachineInstruction instruction);
  void RewriteOther(MachineInstruction instruction);

  MachineFunction& f_;
  const std::vector<bool>& is_spilled_;
  std::vector<uint32_t> slot_;
  std::vector<uint32_t>
      shadow_;  // where parameters of blocks wait until all moves of a branch have read
  std::vector<MachineInstruction> out_;
  ir::Location location_;
};

// reg <-> frame slot.
void Spiller::Access(Opcode op, Reg reg, uint32_t slot) {
  MachineInstruction frame;
  frame.op = Opcode::kFrame;
  frame.location = location_;
  frame.role[0] = Role::kDef;
  frame.field[0] = f_.NewReg();
  frame.imm = static_cast<int32_t>(slot);
  MachineInstruction access;
  access.op = op;
  access.location = location_;
  access.role = {op == Opcode::kLdW ? Role::kDef : Role::kUse, Role::kUse, Role::kRaw, Role::kRaw};
  access.field = {reg, frame.field[0], isa::kNoRegister, 0};
  out_.push_back(frame);
  out_.push_back(access);
}

Reg Spiller::Materialise(const Source& source) {
  if (source.reg != kNoReg) {
    return IsSpilled(source.reg) ? LoadFresh(SlotOf(source.reg, slot_)) : source.reg;
  }
  MachineInstruction load;
  load.op = Opcode::kLdi;
  load.location = location_;
  load.role[0] = Role::kDef;
  load.field[0] = f_.NewReg();
  load.imm = source.imm;
  load.symbol = source.symbol;
  out_.push_back(load);
  return load.field[0];
}

void Spiller::RewriteMoves(MachineInstruction instruction) {
  std::vector<Move> moves = std::move(instruction.moves);
  instruction.moves.clear();
  std::vector<Reg> delayed;       // destinations in shadow slots
  std::vector<Move> from_memory;  // spilled source, destination in a register
  for (const Move& move : moves) {
    if (IsSpilled(move.destination)) {
      const Reg value = Materialise(move.source);
      Access(Opcode::kStW, value, SlotOf(move.destination, shadow_));
      delayed.push_back(move.destination);
    } else if (IsSpilled(move.source.reg)) {
      from_memory.push_back(move);
    } else {
      instruction.moves.push_back(move);
    }
  }
  if (!instruction.moves.empty()) out_.push_back(instruction);
  for (const Move& move : from_memory) {
    Access(Opcode::kLdW, move.destination, SlotOf(move.source.reg, slot_));
  }
  for (Reg reg : delayed) {
    const Reg value = LoadFresh(SlotOf(reg, shadow_));
    Access(Opcode::kStW, value, SlotOf(reg, slot_));
  }
}

void Spiller::RewriteOther(MachineInstruction instruction) {
  ForUses(instruction, [&](Reg& reg) {
    if (IsSpilled(reg)) reg = LoadFresh(SlotOf(reg, slot_));
  });
  Reg stored = kNoReg;
  uint32_t slot = 0;
  ForDefs(instruction, [&](Reg& reg) {
    if (!IsSpilled(reg)) return;
    slot = SlotOf(reg, slot_);
    reg = stored = f_.NewReg();
  });
  out_.push_back(std::move(instruction));
  if (stored != kNoReg) Access(Opcode::kStW, stored, slot);
}

void Spiller::Run() {
  for (MachineBlock& block : f_.blocks) {
    out_.clear();
    const bool is_entry = &block == &f_.blocks.front();
    for (size_t i = 0; is_entry && i < f_.params.size(); ++i) {
      Reg& param = f_.params[i];
      if (!IsSpilled(param)) continue;
      const uint32_t slot = SlotOf(param, slot_);
      param = f_.NewReg();
      Access(Opcode::kStW, param, slot);
    }
    for (MachineInstruction& instruction : block.instructions) {
      location_ = instruction.location;
      if (instruction.kind == MachineInstruction::Kind::kMoves) {
        RewriteMoves(std::move(instruction));
      } else {
        RewriteOther(std::move(instruction));
      }
    }
    block.instructions = out_;
  }
}

}  // namespace

void Spill(MachineFunction& function, const std::vector<bool>& is_spilled) {
  Spiller(function, is_spilled).Run();
}

}  // namespace csl::codegen
