// SPDX-License-Identifier: Apache-2.0
// The builder's memory, call, machine and control instructions.
#include "compiler/ir/builder.h"
#include "compiler/ir/ops.h"

namespace csl::ir {

ValueId IrBuilder::Alloca(uint32_t bytes, uint32_t alignment) {
  Instruction instruction;
  instruction.op = Op::kAlloca;
  instruction.type = kPointerType;
  instruction.imm = bytes;
  instruction.aux = static_cast<uint8_t>(alignment);
  instruction.block = function_.order.front();
  instruction.location = location_;
  const ValueId id = function_.AddValue(instruction, {});
  auto& entry = function_.block(function_.order.front()).instructions;
  entry.insert(entry.begin() + static_cast<std::ptrdiff_t>(num_allocas_++), id);
  return id;
}

void IrBuilder::NameVariable(ValueId alloca, std::string name, std::string type_text) {
  CHECK(function_.value(alloca).op == Op::kAlloca) << "not a variable of the frame";
  function_.value(alloca).symbol = static_cast<uint32_t>(module_.variables.size());
  module_.variables.push_back({std::move(name), std::move(type_text)});
}

ValueId IrBuilder::Load(Type type, ValueId pointer, int32_t offset) {
  CHECK(TypeOf(pointer).is_pointer()) << "load from " << TypeText(TypeOf(pointer));
  Instruction instruction;
  instruction.op = Op::kLoad;
  instruction.type = type;
  instruction.imm = offset;
  return Append(instruction, std::array{pointer});
}

void IrBuilder::Store(ValueId value, ValueId pointer, int32_t offset) {
  CHECK(TypeOf(pointer).is_pointer()) << "store to " << TypeText(TypeOf(pointer));
  Instruction instruction;
  instruction.op = Op::kStore;
  instruction.imm = offset;
  Append(instruction, std::array{value, pointer});
}

ValueId IrBuilder::PtrAdd(ValueId pointer, ValueId bytes_i16) {
  CHECK(TypeOf(pointer).is_pointer() && TypeOf(bytes_i16).is_int(16)) << "ptr_add";
  Instruction instruction;
  instruction.op = Op::kPtrAdd;
  instruction.type = kPointerType;
  return Append(instruction, std::array{pointer, bytes_i16});
}

ValueId IrBuilder::PtrAdd(ValueId pointer, int32_t bytes) {
  if (bytes == 0) return pointer;
  const Instruction& base = function_.value(pointer);
  if (base.op == Op::kGlobalAddr) {
    return function_.GlobalAddr(GlobalId(base.symbol), base.imm + bytes);
  }
  return PtrAdd(pointer, Int(16, static_cast<uint64_t>(static_cast<int64_t>(bytes))));
}

ValueId IrBuilder::ElementPtr(ValueId pointer, ValueId index, bool index_is_signed,
                              uint32_t element_bytes) {
  ValueId scaled = IntCast(16, index, index_is_signed);
  if (element_bytes != 1) scaled = Binary(Op::kMul, scaled, Int(16, element_bytes));
  return PtrAdd(pointer, scaled);
}

void IrBuilder::Copy(ValueId destination, ValueId source, uint32_t bytes) {
  Instruction instruction;
  instruction.op = Op::kCopy;
  instruction.imm = bytes;
  Append(instruction, std::array{destination, source});
}

void IrBuilder::Zero(ValueId destination, uint32_t bytes) {
  Instruction instruction;
  instruction.op = Op::kZero;
  instruction.imm = bytes;
  Append(instruction, std::array{destination});
}

ValueId IrBuilder::Call(FunctionId callee, std::span<const ValueId> args) {
  const Function& target = module_.function(callee);
  CHECK(args.size() == target.params.size()) << "call of " << target.name << ": argument count";
  for (size_t i = 0; i < args.size(); ++i) {
    CHECK(TypeOf(args[i]) == target.value(target.params[i]).type)
        << "call of " << target.name << ": type of argument " << i;
  }
  Instruction instruction;
  instruction.op = Op::kCall;
  instruction.type = target.result;
  instruction.symbol = callee.index;
  const ValueId id = Append(instruction, args);
  return target.result.is_void() ? ValueId() : id;
}

ValueId IrBuilder::CallIndirect(ValueId function, Type result, std::span<const ValueId> args) {
  CHECK(TypeOf(function) == kFunctionType) << "call through " << TypeText(TypeOf(function));
  std::vector<ValueId> operands = {function};
  operands.insert(operands.end(), args.begin(), args.end());
  Instruction instruction;
  instruction.op = Op::kCallIndirect;
  instruction.type = result;
  const ValueId id = Append(instruction, operands);
  return result.is_void() ? ValueId() : id;
}

ValueId IrBuilder::DsdOperation(const DsdArgs& args) {
  DsdOpInfo info;
  info.op = args.op;
  std::vector<ValueId> operands;
  const std::array<const DsdArg*, 4> sources = {&args.dest, &args.src0, &args.src1, &args.scalar};
  for (size_t i = 0; i < sources.size(); ++i) {
    info.operands[i] = {sources[i]->kind, sources[i]->dsr, sources[i]->is_fabric};
    if (info.operands[i].has_value()) operands.push_back(sources[i]->value);
  }
  info.is_async = args.is_async;
  info.completion = args.completion;
  info.on_control = args.on_control;
  info.has_index = args.index.valid();
  info.priority = args.priority;
  info.microthread = args.microthread;
  for (ValueId extra : {args.completion_id, args.on_control_id, args.index}) {
    if (extra.valid()) operands.push_back(extra);
  }
  Instruction instruction;
  instruction.op = Op::kDsdOp;
  instruction.type = kBoolType;
  instruction.imm = static_cast<int64_t>(function_.dsd_ops.size());
  function_.dsd_ops.push_back(info);
  return Append(instruction, operands);
}

void IrBuilder::DsrLoad(DsrRef dsr, ValueId dsd_address, uint8_t flags) {
  Instruction instruction;
  instruction.op = Op::kDsrLoad;
  instruction.imm = dsr.bits() | int64_t{flags} << 16;
  Append(instruction, std::array{dsd_address});
}

ValueId IrBuilder::DsrOperation(DsrOp op, DsrRef dsr, int64_t settings,
                                std::span<const ValueId> args, Type result) {
  const DsrOpRow& row = RowOf(op);
  CHECK(args.size() <= static_cast<size_t>(row.operands)) << row.text << ": operand count";
  CHECK(row.has_result != result.is_void()) << row.text << ": result";
  Instruction instruction;
  instruction.op = Op::kDsrOp;
  instruction.aux = static_cast<uint8_t>(op);
  instruction.type = result;
  instruction.imm = dsr.bits() | settings << 16;
  const ValueId id = Append(instruction, args);
  return row.has_result ? id : ValueId();
}

ValueId IrBuilder::Sys(SysOp op, std::span<const ValueId> args) {
  const SysOpRow& row = RowOf(op);
  CHECK(args.size() == static_cast<size_t>(row.operands)) << row.text << ": operand count";
  Instruction instruction;
  instruction.op = Op::kSys;
  instruction.type = row.has_result ? IntType(16) : kVoidType;
  instruction.imm = static_cast<int64_t>(op);
  const ValueId id = Append(instruction, args);
  return row.has_result ? id : ValueId();
}

void IrBuilder::Br(BlockId target, std::span<const ValueId> args) {
  Instruction instruction;
  instruction.op = Op::kBr;
  instruction.targets[0] = target;
  Append(instruction, args);
}

void IrBuilder::CondBr(ValueId condition, BlockId if_true, BlockId if_false,
                       std::span<const ValueId> true_args, std::span<const ValueId> false_args) {
  CHECK(TypeOf(condition) == kBoolType) << "condition is " << TypeText(TypeOf(condition));
  std::vector<ValueId> operands = {condition};
  operands.insert(operands.end(), true_args.begin(), true_args.end());
  operands.insert(operands.end(), false_args.begin(), false_args.end());
  Instruction instruction;
  instruction.op = Op::kCondBr;
  instruction.targets = {if_true, if_false};
  instruction.aux = static_cast<uint8_t>(true_args.size());
  Append(instruction, operands);
}

void IrBuilder::Ret() {
  Instruction instruction;
  instruction.op = Op::kRet;
  Append(instruction, {});
}

void IrBuilder::Ret(ValueId value) {
  CHECK(TypeOf(value) == function_.result) << "returned " << TypeText(TypeOf(value));
  Instruction instruction;
  instruction.op = Op::kRet;
  Append(instruction, std::array{value});
}

void IrBuilder::Trap(TrapCode code) {
  Instruction instruction;
  instruction.op = Op::kTrap;
  instruction.imm = static_cast<int64_t>(code);
  Append(instruction, {});
}

void IrBuilder::Unreachable() {
  Instruction instruction;
  instruction.op = Op::kUnreachable;
  Append(instruction, {});
}

}  // namespace csl::ir
