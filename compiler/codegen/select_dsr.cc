// SPDX-License-Identifier: Apache-2.0
// Data structure registers that the program names itself.
#include "compiler/codegen/select.h"
#include "compiler/ir/dsr_load_flag.h"
#include "compiler/ir/ops.h"
#include "fabric/isa/instruction.h"

namespace csl::codegen {

using isa::Opcode;

namespace {

Opcode ReadOpcode(ir::DsrOp op, bool is_wide) {
  if (op == ir::DsrOp::kLength) return Opcode::kDsrLen;
  return is_wide ? Opcode::kDsrGetW : Opcode::kDsrGetH;
}

Opcode WriteOpcode(ir::DsrOp op, bool is_wide) {
  if (op == ir::DsrOp::kBase) return Opcode::kDsrBase;
  return is_wide ? Opcode::kDsrPutW : Opcode::kDsrPutH;
}

}  // namespace

void Selector::SelectDsrLoad(ir::ValueId id) {
  const ir::DsrRef dsr = ir::DsrRef::FromBits(f_.value(id).imm);
  const ir::ValueId address = f_.operand(id, 0);
  if ((f_.value(id).imm >> 16 & ir::kLoadBeforeStart) != 0) {
    LoadedDsr& loaded = out_.loaded_dsrs.emplace_back();
    loaded.dsr = dsr;
    loaded.descriptor = ir::GlobalId(f_.value(address).symbol);
    return;
  }
  MachineInstruction load;
  load.op = Opcode::kDsrLoad;
  load.location = location_;
  load.field = {static_cast<Reg>(dsr.file), dsr.number, isa::kNoRegister,
                static_cast<Reg>(f_.value(id).imm >> 16 & ~ir::kLoadForOperation)};
  if (IsConstant(address)) {
    const Source source = SourceOf(address);
    load.imm = source.imm;
    load.symbol = source.symbol;
  } else {
    load.role[2] = Role::kUse;
    load.field[2] = RegOf(address);
  }
  block_->instructions.push_back(load);
}

// How operations on a register end.
void Selector::EmitDsrAsync(ir::DsrRef dsr, const isa::AsyncSettings& settings, Reg completion,
                            Reg on_control) {
  MachineInstruction& async = Emit(Opcode::kDsrAsync);
  async.field = {static_cast<Reg>(dsr.file), dsr.number, isa::kNoRegister, isa::kNoRegister};
  const std::array<Reg, 2> ids = {completion, on_control};
  for (size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] == kNoReg) continue;
    async.role[2 + i] = Role::kUse;
    async.field[2 + i] = ids[i];
  }
  async.imm = settings.Encode();
}

// Makes the settings of an operation part of its register's initial contents, if that is loaded
// before the start and the ids are constants.
bool Selector::SettleBeforeStart(ir::DsrRef dsr, const isa::AsyncSettings& settings,
                                 ir::ValueId completion, ir::ValueId on_control) {
  for (ir::ValueId id : {completion, on_control}) {
    if (id.valid() && !f_.is_const(id)) return false;
  }
  for (LoadedDsr& loaded : out_.loaded_dsrs) {
    if (!(loaded.dsr == dsr)) continue;
    const auto number = [&](ir::ValueId id) {
      return id.valid() ? static_cast<uint16_t>(f_.value(id).imm) : uint16_t{0};
    };
    loaded.async = settings;
    loaded.completion_id = number(completion);
    loaded.on_control_id = number(on_control);
    return true;
  }
  return false;
}

void Selector::SelectDsrOp(ir::ValueId id) {
  const ir::Instruction& v = f_.value(id);
  const auto op = static_cast<ir::DsrOp>(v.aux);
  const ir::DsrRef dsr = ir::DsrRef::FromBits(v.imm);
  const int64_t settings = v.imm >> 16;
  if (op == ir::DsrOp::kAsync) {
    const auto async = isa::AsyncSettings::Decode(static_cast<uint16_t>(settings));
    size_t next = 0;
    const auto operand_reg = [&](isa::AsyncAction action) {
      const bool has_id =
          action == isa::AsyncAction::kActivate || action == isa::AsyncAction::kUnblock;
      return has_id ? RegOf(f_.operand(id, next++)) : kNoReg;
    };
    const Reg completion = operand_reg(async.completion);
    EmitDsrAsync(dsr, async, completion, operand_reg(async.on_control));
    return;
  }
  const auto file = static_cast<Reg>(dsr.file);
  if (op == ir::DsrOp::kLoadX) {
    const auto extended = ir::ExtendedLoad::Decode(settings);
    const Reg address = RegOf(f_.operand(id, 0));
    MachineInstruction& load = Emit(Opcode::kDsrLoadx);
    load.role[2] = Role::kUse;
    load.field = {file, dsr.number, address, extended.xdsr};
    load.imm = extended.srs[0] | extended.srs[1] << 4 | extended.srs[2] << 8 | extended.flags << 12;
    return;
  }
  if (ir::RowOf(op).has_result) {
    const Reg result = Define(id);
    MachineInstruction& read = Emit(ReadOpcode(op, ir::BitWidth(TypeOf(id)) == 32));
    read.role[0] = Role::kDef;
    read.field = {result, file, dsr.number, 0};
    return;
  }
  const ir::ValueId operand = f_.operand(id, 0);
  const Reg value = RegOf(operand);
  MachineInstruction& write = Emit(WriteOpcode(op, ir::BitWidth(TypeOf(operand)) == 32));
  write.role[0] = Role::kUse;
  write.field = {value, file, dsr.number, 0};
}

}  // namespace csl::codegen
