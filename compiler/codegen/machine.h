// SPDX-License-Identifier: Apache-2.0
// Machine functions: instructions of the ISA over virtual registers, in blocks. Between instruction
// selection and emission; register allocation replaces virtual by real registers in place.
#ifndef COMPILER_CODEGEN_MACHINE_H_
#define COMPILER_CODEGEN_MACHINE_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "compiler/codegen/object_code.h"
#include "compiler/ir/ir.h"
#include "fabric/isa/instruction.h"

namespace csl::codegen {

// A virtual register, later a real one.
using Reg = int32_t;
inline constexpr Reg kNoReg = -1;

// A symbol whose value is added to the immediate.
struct SymbolRef {
  enum class Kind : uint8_t { kNone, kGlobal, kFunction };
  Kind kind = Kind::kNone;
  uint32_t id = 0;
  friend bool operator==(const SymbolRef&, const SymbolRef&) = default;
};

// A register, or a constant (kNoReg) to be loaded.
struct Source {
  Reg reg = kNoReg;
  int32_t imm = 0;
  SymbolRef symbol;
};

struct Move {
  Reg destination = kNoReg;
  Source source;
};

// What fields a, b, c, d of an instruction are.
enum class Role : uint8_t { kRaw, kUse, kDef };

struct MachineInstruction {
  enum class Kind : uint8_t {
    kPlain,
    kMoves,  // all sources are read before any destination is written
    kCall,  // moves: arguments in order; field[0]: result or kNoReg; field[1]: function register of
            // an indirect call
    kReturn,  // moves: the result, if any
  };
  Kind kind = Kind::kPlain;
  isa::Opcode op = isa::Opcode::kNop;
  std::array<Role, 4> role = {};
  std::array<Reg, 4> field = {0, 0, 0, 0};  // registers or raw values
  int32_t imm = 0;                          // the immediate of the format, or field e
  SymbolRef symbol;                         // added to imm
  ir::BlockId target;                       // of branches
  std::vector<Move> moves;
  ir::Location location;
};

struct MachineBlock {
  ir::BlockId id;
  std::vector<MachineInstruction> instructions;
  std::vector<MachineInstruction> late;  // constants for later blocks: go before the block's end
  int depth = 0;                         // of loops
};

// Where the frame holds an alloca.
struct AllocaSlot {
  ir::ValueId alloca;
  uint32_t offset = 0;
};

struct MachineFunction {
  const ir::Function* source = nullptr;
  std::vector<MachineBlock> blocks;   // in layout order; the first one is the entry
  std::vector<uint32_t> block_index;  // by ir::BlockId::index: position in `blocks`
  Reg num_registers = 0;              // virtual ones
  std::vector<Reg> params;            // kNoReg if unused
  uint32_t frame_bytes = 0;
  std::vector<AllocaSlot> slots;  // by offset
  std::vector<LoadedDsr> loaded_dsrs;
  bool has_indirect_call = false;

  Reg NewReg() { return num_registers++; }
};

// Calls f(reg&) for the registers an instruction reads, and those it writes.
template <typename Instruction, typename F>
void ForUses(Instruction& instruction, F&& f) {
  for (size_t i = 0; i < 4; ++i) {
    if (instruction.role[i] == Role::kUse) f(instruction.field[i]);
  }
  for (auto& move : instruction.moves) {
    if (move.source.reg != kNoReg) f(move.source.reg);
  }
}
template <typename Instruction, typename F>
void ForDefs(Instruction& instruction, F&& f) {
  for (size_t i = 0; i < 4; ++i) {
    if (instruction.role[i] == Role::kDef) f(instruction.field[i]);
  }
  if (instruction.kind != MachineInstruction::Kind::kMoves) return;
  for (auto& move : instruction.moves) f(move.destination);
}

bool IsBranch(const MachineInstruction& instruction);
// Blocks control may go to after the block `index`.
std::vector<uint32_t> Successors(const MachineFunction& function, uint32_t index);

}  // namespace csl::codegen

#endif  // COMPILER_CODEGEN_MACHINE_H_
