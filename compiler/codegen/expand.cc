// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/expand.h"

#include <algorithm>

namespace csl::codegen {
namespace {

using isa::Opcode;

class Expander {
 public:
  Expander(MachineFunction& function, const Allocation& allocation)
      : f_(function), allocation_(allocation), num_used_(allocation.num_used) {}

  int Run();

 private:
  Reg RealOf(Reg reg) const { return allocation_.real[static_cast<size_t>(reg)]; }
  void Touch(Reg reg) { num_used_ = std::max(num_used_, reg + 1); }
  void Emit(Opcode op, Reg a, Reg b);
  void EmitConstant(Reg destination, const Source& source);
  // Registers are real ones here. `scratch` is free.
  void ParallelMove(std::vector<Move> moves, Reg scratch);
  void Call(MachineInstruction call);
  void Return(const MachineInstruction& ret);
  void Rewrite(MachineInstruction& instruction);

  MachineFunction& f_;
  const Allocation& allocation_;
  int num_used_;
  size_t next_call_ = 0;
  std::vector<MachineInstruction> out_;
  ir::Location location_;
};

void Expander::Emit(Opcode op, Reg a, Reg b) {
  MachineInstruction instruction;
  instruction.op = op;
  instruction.location = location_;
  instruction.role = {Role::kDef, Role::kUse, Role::kRaw, Role::kRaw};
  instruction.field = {a, b, 0, 0};
  Touch(a);
  out_.push_back(instruction);
}

void Expander::EmitConstant(Reg destination, const Source& source) {
  MachineInstruction load;
  load.op = Opcode::kLdi;
  load.location = location_;
  load.role[0] = Role::kDef;
  load.field[0] = destination;
  load.imm = source.imm;
  load.symbol = source.symbol;
  Touch(destination);
  out_.push_back(load);
}

// Moves whose destination no other move reads go first; what is left are cycles, broken through the
// scratch register.
void Expander::ParallelMove(std::vector<Move> moves, Reg scratch) {
  std::vector<Move> constants;
  std::vector<Move> pending;
  for (const Move& move : moves) {
    if (move.source.reg == kNoReg) {
      constants.push_back(move);
    } else if (move.source.reg != move.destination) {
      pending.push_back(move);
    }
  }
  while (!pending.empty()) {
    auto free = std::find_if(pending.begin(), pending.end(), [&](const Move& candidate) {
      return std::none_of(pending.begin(), pending.end(), [&](const Move& other) {
        return other.source.reg == candidate.destination;
      });
    });
    if (free != pending.end()) {
      Emit(Opcode::kMov, free->destination, free->source.reg);
      pending.erase(free);
      continue;
    }
    const Reg saved = pending.front().source.reg;
    Emit(Opcode::kMov, scratch, saved);
    for (Move& move : pending) {
      if (move.source.reg == saved) move.source.reg = scratch;
    }
  }
  for (const Move& move : constants) EmitConstant(move.destination, move.source);
}

void Expander::Call(MachineInstruction call) {
  const Reg window = allocation_.call_windows[next_call_++];
  std::vector<Move> moves;
  for (size_t i = 0; i < call.moves.size(); ++i) {
    Source source = call.moves[i].source;
    if (source.reg != kNoReg) source.reg = RealOf(source.reg);
    moves.push_back({window + static_cast<Reg>(i), source});
  }
  MachineInstruction enter;
  enter.op = call.op;
  enter.location = location_;
  enter.field[0] = window;
  if (call.field[1] != kNoReg) {
    // The arguments could overwrite the register with the function: it moves behind them too.
    const Reg function = window + static_cast<Reg>(call.moves.size());
    Source source;
    source.reg = RealOf(call.field[1]);
    moves.push_back({function, source});
    enter.role[1] = Role::kUse;
    enter.field[1] = function;
    Touch(function);
  } else {
    enter.symbol = call.symbol;
  }
  ParallelMove(moves, window + static_cast<Reg>(moves.size()));
  Touch(window);
  out_.push_back(enter);
  if (call.field[0] != kNoReg) {
    const Reg result = RealOf(call.field[0]);
    if (result != window) Emit(Opcode::kMov, result, window);
  }
}

void Expander::Return(const MachineInstruction& ret) {
  if (!ret.moves.empty()) {
    const Source& source = ret.moves[0].source;
    if (source.reg == kNoReg) {
      EmitConstant(0, source);
    } else if (RealOf(source.reg) != 0) {
      Emit(Opcode::kMov, 0, RealOf(source.reg));
    }
  }
  MachineInstruction plain;
  plain.op = ret.op;
  plain.location = location_;
  out_.push_back(plain);
}

void Expander::Rewrite(MachineInstruction& instruction) {
  ForUses(instruction, [&](Reg& reg) { reg = RealOf(reg); });
  ForDefs(instruction, [&](Reg& reg) { reg = RealOf(reg); });
}

int Expander::Run() {
  for (MachineBlock& block : f_.blocks) {
    out_.clear();
    for (MachineInstruction& instruction : block.instructions) {
      location_ = instruction.location;
      switch (instruction.kind) {
        case MachineInstruction::Kind::kCall:
          Call(std::move(instruction));
          break;
        case MachineInstruction::Kind::kReturn:
          Return(instruction);
          break;
        case MachineInstruction::Kind::kMoves:
          Rewrite(instruction);
          ParallelMove(std::move(instruction.moves), allocation_.num_used);
          break;
        case MachineInstruction::Kind::kPlain:
          Rewrite(instruction);
          out_.push_back(std::move(instruction));
          break;
      }
    }
    block.instructions = out_;
  }
  return num_used_;
}

}  // namespace

int Expand(MachineFunction& function, const Allocation& allocation) {
  return Expander(function, allocation).Run();
}

}  // namespace csl::codegen
