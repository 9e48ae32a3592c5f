// SPDX-License-Identifier: Apache-2.0
// Which opcodes an IR operation becomes, by operand type.
#ifndef COMPILER_CODEGEN_OPCODE_TABLES_H_
#define COMPILER_CODEGEN_OPCODE_TABLES_H_

#include <array>
#include <optional>

#include "compiler/ir/ir.h"
#include "fabric/isa/instruction.h"

namespace csl::codegen {

// Column of a table: operand width, and for results of 16 bits the extension they get.
enum class IntClass : uint8_t { kI16, kU16, kI32, kU32 };

// Register and immediate forms of arithmetic; kIllegal where there is none.
struct BinaryOpcodes {
  std::array<isa::Opcode, 4> registers;  // by IntClass
  std::array<isa::Opcode, 4> immediate;
};
const BinaryOpcodes* BinaryOpcodesOf(ir::Op op);

// A comparison as the machine has it.
enum class Relation : uint8_t { kEq, kNe, kLt, kLe, kGt, kGe };
Relation Negated(Relation relation);
Relation Swapped(Relation relation);

// Sets a register to 0 or 1. Register forms exist for eq, ne, lt, le; immediate forms for all.
isa::Opcode CompareOpcode(Relation relation, IntClass type);
isa::Opcode CompareImmediateOpcode(Relation relation, IntClass type);
// Branches: register forms for eq, ne, lt, le; immediate forms for all.
isa::Opcode BranchOpcode(Relation relation, IntClass type);
isa::Opcode BranchImmediateOpcode(Relation relation, IntClass type);

// Floats; is_half picks .f16. Comparison relations eq, ne, lt, le.
isa::Opcode FloatOpcode(ir::Op op, bool is_half);
isa::Opcode FloatBranchOpcode(ir::Op op, bool is_half, bool negated);

// sitofp, uitofp, fptosi, fptoui between float and 16 or 32 bits.
isa::Opcode FloatConversion(ir::Op op, bool is_half, bool is_wide);

isa::Opcode VectorOpcode(ir::DsdOp op);

// `add a, a, step` followed by a branch on a: the fused form, or kIllegal. `add` is an addi opcode.
isa::Opcode LoopOpcode(isa::Opcode add, isa::Opcode branch);

}  // namespace csl::codegen

#endif  // COMPILER_CODEGEN_OPCODE_TABLES_H_
