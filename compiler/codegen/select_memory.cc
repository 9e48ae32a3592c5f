// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/select.h"
#include "compiler/ir/ops.h"

namespace csl::codegen {
namespace {

using isa::Opcode;

Opcode LoadOpcode(ir::Type type, bool is_unsigned) {
  switch (ir::StoreSize(type)) {
    case 1:
      return is_unsigned ? Opcode::kLdU8 : Opcode::kLdI8;
    case 2:
      return is_unsigned ? Opcode::kLdU16 : Opcode::kLdI16;
    default:
      return Opcode::kLdW;
  }
}

Opcode StoreOpcode(ir::Type type) {
  switch (ir::StoreSize(type)) {
    case 1:
      return Opcode::kStB;
    case 2:
      return Opcode::kStH;
    default:
      return Opcode::kStW;
  }
}

}  // namespace

void Selector::SetAddress(MachineInstruction& instruction, ir::ValueId memory,
                          std::span<const ir::ValueId> address) {
  const ir::Instruction& v = f_.value(memory);
  instruction.imm = static_cast<int32_t>(v.imm);
  instruction.field[1] = isa::kNoRegister;
  instruction.field[2] = isa::kNoRegister;
  const ir::Instruction& base = f_.value(address[0]);
  if (IsConstant(address[0])) {
    const Source source = SourceOf(address[0]);
    instruction.imm += source.imm;
    instruction.symbol = source.symbol;
  } else if (base.op == ir::Op::kAlloca) {
    instruction.role[1] = Role::kUse;
    instruction.field[1] = LoadConstant(Source(), Opcode::kFrame);
    instruction.imm += static_cast<int32_t>(alloca_offset_[address[0].index]);
  } else {
    instruction.role[1] = Role::kUse;
    instruction.field[1] = RegOf(address[0]);
  }
  if (address.size() < 2) return;
  if (f_.is_const(address[1])) {
    instruction.imm += static_cast<int32_t>(f_.signed_bits(address[1]) << v.aux);
    return;
  }
  instruction.role[2] = Role::kUse;
  instruction.field[2] = RegOf(address[1]);
  instruction.field[3] = v.aux;
}

void Selector::SelectLoad(ir::ValueId id) {
  const ir::Instruction& v = f_.value(id);
  const bool is_unsigned = extensions_.UseUnsigned(id) || !v.type.is_int() || v.type.bits == 1;
  MachineInstruction load;
  load.op = LoadOpcode(v.type, is_unsigned);
  load.location = location_;
  SetAddress(load, id, f_.operands(id));
  load.role[0] = Role::kDef;
  load.field[0] = Define(id);
  block_->instructions.push_back(load);
}

void Selector::SelectStore(ir::ValueId id) {
  const auto operands = f_.operands(id);
  if (f_.value(operands[0]).op == ir::Op::kUndef) return;
  MachineInstruction store;
  store.op = StoreOpcode(TypeOf(operands[0]));
  store.location = location_;
  store.role[0] = Role::kUse;
  store.field[0] = RegOf(operands[0]);
  SetAddress(store, id, operands.subspan(1));
  block_->instructions.push_back(store);
}

void Selector::SelectPtrAdd(ir::ValueId id) {
  ir::ValueId base = f_.operand(id, 0);
  const ir::ValueId index = f_.operand(id, 1);
  Source offset;
  if (IsConstant(base)) {
    offset = SourceOf(base);
    const Reg a = RegOf(index);
    MachineInstruction& add = EmitDef(Opcode::kAddiU16, Define(id), a);
    add.imm = offset.imm;
    add.symbol = offset.symbol;
    return;
  }
  if (f_.is_const(index)) {
    const auto value = static_cast<int32_t>(f_.signed_bits(index));
    if (f_.value(base).op == ir::Op::kAlloca) {
      Source place;
      place.imm = static_cast<int32_t>(alloca_offset_[base.index]) + value;
      reg_of_[id.index] = LoadConstant(place, Opcode::kFrame);
      return;
    }
    const Reg a = RegOf(base);
    EmitDef(Opcode::kAddiU16, Define(id), a).imm = value;
    return;
  }
  const Reg a = RegOf(base);
  const Reg b = RegOf(index);
  EmitDef(Opcode::kAddU16, Define(id), a, b);
}

void Selector::SelectCopy(ir::ValueId id) {
  const ir::Instruction& v = f_.value(id);
  if (v.imm == 0) return;
  const Reg destination = RegOf(f_.operand(id, 0));
  if (v.op == ir::Op::kZero) {
    EmitUse(Opcode::kZero, destination).imm = static_cast<int32_t>(v.imm);
    return;
  }
  const Reg source = RegOf(f_.operand(id, 1));
  EmitUse(Opcode::kCopy, destination, source).imm = static_cast<int32_t>(v.imm);
}

}  // namespace csl::codegen
