// SPDX-License-Identifier: Apache-2.0
// Calls, vector operations, system operations.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/codegen/opcode_tables.h"
#include "compiler/codegen/select.h"
#include "compiler/ir/ops.h"

namespace csl::codegen {
namespace {

using isa::Opcode;

struct SysRow {
  ir::SysOp op;
  Opcode opcode;
  Opcode immediate = Opcode::kIllegal;  // form with operand 0 as a constant
};

constexpr SysRow kSysRows[] = {
    {ir::SysOp::kActivate, Opcode::kActivate, Opcode::kActivatei},
    {ir::SysOp::kBlock, Opcode::kBlock, Opcode::kBlocki},
    {ir::SysOp::kUnblock, Opcode::kUnblock, Opcode::kUnblocki},
    {ir::SysOp::kUnblockCmdStream, Opcode::kUnblockCmdStream},
    {ir::SysOp::kQueueBlock, Opcode::kQueueBlock},
    {ir::SysOp::kQueueUnblock, Opcode::kQueueUnblock},
    {ir::SysOp::kMicrothreadBlock, Opcode::kUtBlock},
    {ir::SysOp::kMicrothreadUnblock, Opcode::kUtUnblock},
    {ir::SysOp::kQueueFlush, Opcode::kQueueFlush},
    {ir::SysOp::kTscEnable, Opcode::kTscEnable},
    {ir::SysOp::kTscDisable, Opcode::kTscDisable},
    {ir::SysOp::kTscReset, Opcode::kTscReset},
    {ir::SysOp::kTscRead, Opcode::kTscRead},
    {ir::SysOp::kPerfRead, Opcode::kPerfRead},
    {ir::SysOp::kLog, Opcode::kLog},
    {ir::SysOp::kLogValue, Opcode::kLogValue},
    {ir::SysOp::kConfigRead, Opcode::kCfgRead},
    {ir::SysOp::kConfigWrite, Opcode::kCfgWrite},
    {ir::SysOp::kConfigReadUnchecked, Opcode::kCfgReadu},
    {ir::SysOp::kConfigWriteUnchecked, Opcode::kCfgWriteu},
    {ir::SysOp::kRandom16, Opcode::kRand16},
    {ir::SysOp::kSetActivePrng, Opcode::kPrngSet},
    {ir::SysOp::kSeedPrngs, Opcode::kPrngSeed},
    {ir::SysOp::kCoordX, Opcode::kCoordX},
    {ir::SysOp::kCoordY, Opcode::kCoordY},
    {ir::SysOp::kFifoSetReadLength, Opcode::kFifoRlen},
    {ir::SysOp::kFifoSetWriteLength, Opcode::kFifoWlen},
};

}  // namespace

void Selector::SelectCall(ir::ValueId id) {
  const ir::Instruction& v = f_.value(id);
  const bool is_indirect = v.op == ir::Op::kCallIndirect;
  MachineInstruction call;
  call.kind = MachineInstruction::Kind::kCall;
  call.op = is_indirect ? Opcode::kCalli : Opcode::kCall;
  call.location = location_;
  auto args = f_.operands(id);
  call.field[1] = kNoReg;
  if (is_indirect) {
    call.role[1] = Role::kUse;
    call.field[1] = RegOf(args[0]);
    args = args.subspan(1);
    out_.has_indirect_call = true;
  } else {
    call.symbol = {SymbolRef::Kind::kFunction, v.symbol};
  }
  for (ir::ValueId arg : args) call.moves.push_back({kNoReg, SourceOf(arg)});
  call.field[0] = kNoReg;
  if (uses_[id.index] > 0) {
    call.role[0] = Role::kDef;
    call.field[0] = Define(id);
  }
  block_->instructions.push_back(std::move(call));
}

// What the configuration of an operation says goes to the registers of its operands; `next` is the
// first operand value behind dest, sources and scalar.
Status Selector::SelectAsync(ir::ValueId id, const ir::DsdOpInfo& info, size_t next) {
  const auto operand = [&](bool is_there) {
    return is_there ? f_.operand(id, next++) : ir::ValueId();
  };
  const auto reg_of = [&](ir::ValueId value) { return value.valid() ? RegOf(value) : kNoReg; };
  const ir::ValueId completion = operand(info.completion != ir::DsdAction::kNone);
  const ir::ValueId on_control = operand(info.on_control == ir::DsdAction::kActivate ||
                                         info.on_control == ir::DsdAction::kUnblock);
  const Reg index = reg_of(operand(info.has_index));
  isa::AsyncSettings settings;
  settings.is_async = info.is_async;
  settings.completion = static_cast<isa::AsyncAction>(info.completion);
  settings.on_control = static_cast<isa::AsyncAction>(info.on_control);
  settings.priority = static_cast<uint8_t>(info.priority);
  if (info.microthread >= 0) settings.microthread = static_cast<uint8_t>(info.microthread);
  const bool says_something = !(settings == isa::AsyncSettings());
  bool has_dsr = false;
  bool is_said = false;
  const bool has_fabric_dsd =
      std::any_of(info.operands.begin(), info.operands.end(),
                  [](const ir::DsdOperand& operand) { return operand.is_fabric; });
  for (const ir::DsdOperand& operand : info.operands) {
    if (operand.kind != ir::DsdOperandKind::kDsr) continue;
    has_dsr = true;
    // One fabric operand is enough: the operation runs on its microthread. Which of the registers
    // that the program loaded itself hold one is known when it runs; the others ignore it.
    const bool takes_it = has_fabric_dsd ? operand.is_fabric && !is_said : true;
    if (says_something && takes_it) {
      if (!SettleBeforeStart(operand.dsr, settings, completion, on_control)) {
        const Reg completion_reg = reg_of(completion);
        EmitDsrAsync(operand.dsr, settings, completion_reg, reg_of(on_control));
      }
      is_said = true;
    }
    if (index == kNoReg) continue;
    MachineInstruction& set_index = Emit(Opcode::kDsrIndex);
    set_index.role[0] = Role::kUse;
    set_index.field = {index, static_cast<Reg>(operand.dsr.file), operand.dsr.number, 0};
  }
  if (says_something && !has_dsr) {
    return Unsupported(id, "this configuration without a fabric DSD as operand");
  }
  return OkStatus();
}

Status Selector::SelectDsdOp(ir::ValueId id) {
  const ir::DsdOpInfo& info = f_.dsd_ops[static_cast<size_t>(f_.value(id).imm)];
  const Opcode op = VectorOpcode(info.op);
  if (op == Opcode::kIllegal) {
    return Unsupported(id, fmt::format("the DSD operation {}", ir::RowOf(info.op).text));
  }
  std::array<Role, 4> roles = {};
  std::array<Reg, 4> fields;
  fields.fill(isa::kNoRegister);
  fields[3] = 0;  // the scalar's field is zero where there is none
  uint16_t flags = 0;
  size_t next = 0;
  for (size_t i = 0; i < info.operands.size(); ++i) {
    const ir::DsdOperand& operand = info.operands[i];
    if (operand.kind == ir::DsdOperandKind::kNone) continue;
    if (operand.kind == ir::DsdOperandKind::kDsd) {
      return Unsupported(id, "a DSD operand that no pass turned into a DSR");
    }
    if (operand.has_value()) {
      roles[i] = Role::kUse;
      fields[i] = RegOf(f_.operand(id, next++));
      static constexpr uint16_t kFlags[] = {isa::kDestIsPointer, isa::kSrc0IsScalar,
                                            isa::kSrc1IsScalar, 0};
      flags |= kFlags[i];
      continue;
    }
    fields[i] = operand.dsr.number;
    if (i == 0 && operand.dsr.file == ir::DsrFile::kSrc0) flags |= isa::kDestInSrc0File;
    if (i == 2 && operand.dsr.file == ir::DsrFile::kSrc0) flags |= isa::kSrc1InSrc0File;
  }
  RETURN_IF_ERROR(SelectAsync(id, info, next));
  MachineInstruction& vector = Emit(op);
  vector.role = roles;
  vector.field = fields;
  vector.imm = flags;
  if (uses_[id.index] > 0) EmitDef(Opcode::kVok, Define(id));
  return OkStatus();
}

Status Selector::SelectSys(ir::ValueId id) {
  const auto op = static_cast<ir::SysOp>(f_.value(id).imm);
  const SysRow* row = nullptr;
  for (const SysRow& candidate : kSysRows) {
    if (candidate.op == op) row = &candidate;
  }
  if (row == nullptr) return Unsupported(id, fmt::format("sys {}", ir::RowOf(op).text));
  const auto operands = f_.operands(id);
  if (row->immediate != Opcode::kIllegal && f_.is_const(operands[0])) {
    Emit(row->immediate).imm = static_cast<int32_t>(f_.value(operands[0]).imm);
    return OkStatus();
  }
  const Reg first = operands.empty() ? kNoReg : RegOf(operands[0]);
  const Reg second = operands.size() > 1 ? RegOf(operands[1]) : kNoReg;
  if (ir::RowOf(op).has_result) {
    EmitDef(row->opcode, Define(id), first);
  } else {
    EmitUse(row->opcode, first, second);
  }
  return OkStatus();
}

}  // namespace csl::codegen
