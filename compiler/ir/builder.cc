// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/builder.h"

#include <bit>

#include "compiler/ir/ops.h"

namespace csl::ir {

IrBuilder::IrBuilder(Module& module, FunctionId function)
    : module_(module), function_(module.function(function)) {
  if (function_.order.empty()) function_.order.push_back(function_.AddBlock());
  block_ = function_.order.back();
  is_placed_.resize(function_.num_blocks());
  for (BlockId placed : function_.order) is_placed_[placed.index] = true;
  for (ValueId id : function_.block(function_.order.front()).instructions) {
    if (function_.value(id).op != Op::kAlloca) break;
    ++num_allocas_;
  }
}

BlockId IrBuilder::NewBlock() { return function_.AddBlock(); }

BlockId IrBuilder::NewBlock(std::initializer_list<Type> params) {
  const BlockId block = function_.AddBlock();
  for (Type type : params) function_.AddBlockParam(block, type);
  return block;
}

void IrBuilder::SetBlock(BlockId block) {
  block_ = block;
  if (is_placed_.size() <= block.index) is_placed_.resize(function_.num_blocks());
  if (is_placed_[block.index]) return;
  is_placed_[block.index] = true;
  function_.order.push_back(block);
}

ValueId IrBuilder::BlockParam(BlockId block, size_t i) const {
  return function_.block(block).params.at(i);
}

bool IrBuilder::BlockEnded() const {
  const auto& instructions = function_.block(block_).instructions;
  return !instructions.empty() && EndsBlock(function_.value(instructions.back()).op);
}

void IrBuilder::EnsureOpenBlock() {
  if (BlockEnded()) SetBlock(NewBlock());
}

ValueId IrBuilder::Append(Instruction instruction, std::span<const ValueId> operands) {
  EnsureOpenBlock();
  for (ValueId operand : operands) {
    CHECK(operand.valid()) << "missing operand of " << TextOf(instruction.op);
  }
  instruction.block = block_;
  instruction.location = location_;
  const ValueId id = function_.AddValue(instruction, operands);
  function_.block(block_).instructions.push_back(id);
  return id;
}

ValueId IrBuilder::Int(uint32_t bits, uint64_t value) {
  return function_.Const(IntType(bits), value);
}
ValueId IrBuilder::F32(float value) {
  return function_.Const(kF32Type, std::bit_cast<uint32_t>(value));
}
ValueId IrBuilder::F16Bits(uint16_t bits) { return function_.Const(kF16Type, bits); }
ValueId IrBuilder::NullPointer(uint16_t address) { return function_.Const(kPointerType, address); }
ValueId IrBuilder::GlobalAddress(GlobalId global, int64_t offset) {
  return function_.GlobalAddr(global, offset);
}
ValueId IrBuilder::FunctionAddress(FunctionId function) { return function_.FuncAddr(function); }
ValueId IrBuilder::Undef(Type type) { return function_.Undef(type); }

ValueId IrBuilder::Binary(Op op, ValueId a, ValueId b) {
  const bool is_shift = op == Op::kShl || op == Op::kAShr || op == Op::kLShr;
  CHECK(op >= Op::kAdd && op <= Op::kFLe && op != Op::kFNeg) << TextOf(op) << " is not binary";
  CHECK(is_shift || TypeOf(a) == TypeOf(b))
      << TextOf(op) << " of " << TypeText(TypeOf(a)) << " and " << TypeText(TypeOf(b));
  Instruction instruction;
  instruction.op = op;
  instruction.type = IsCompare(op) ? kBoolType : TypeOf(a);
  return Append(instruction, std::array{a, b});
}

ValueId IrBuilder::Neg(ValueId a) {
  if (!TypeOf(a).is_float()) return Binary(Op::kSub, function_.Const(TypeOf(a), 0), a);
  Instruction instruction;
  instruction.op = Op::kFNeg;
  instruction.type = TypeOf(a);
  return Append(instruction, std::array{a});
}

ValueId IrBuilder::Not(ValueId a) {
  // A constant has 64 bits at most, with zeros above them: ~a is -a - 1.
  if (BitWidth(TypeOf(a)) > 64) {
    return Binary(Op::kSub, Neg(a), function_.Const(TypeOf(a), 1));
  }
  return Binary(Op::kXor, a, function_.Const(TypeOf(a), ~uint64_t{0}));
}

ValueId IrBuilder::Convert(Op op, Type to, ValueId a) {
  CHECK(op >= Op::kTrunc && op <= Op::kFpToUI) << TextOf(op) << " is not a conversion";
  if (op == Op::kBitcast && to == TypeOf(a)) return a;
  Instruction instruction;
  instruction.op = op;
  instruction.type = to;
  return Append(instruction, std::array{a});
}

ValueId IrBuilder::IntCast(uint32_t bits, ValueId a, bool is_signed) {
  CHECK(TypeOf(a).is_int()) << "integer cast of " << TypeText(TypeOf(a));
  const uint32_t from = TypeOf(a).bits;
  if (from == bits) return a;
  if (from > bits) return Convert(Op::kTrunc, IntType(bits), a);
  return Convert(is_signed ? Op::kSExt : Op::kZExt, IntType(bits), a);
}

ValueId IrBuilder::Select(ValueId condition, ValueId if_true, ValueId if_false) {
  CHECK(TypeOf(condition) == kBoolType && TypeOf(if_true) == TypeOf(if_false)) << "select";
  Instruction instruction;
  instruction.op = Op::kSelect;
  instruction.type = TypeOf(if_true);
  return Append(instruction, std::array{condition, if_true, if_false});
}

}  // namespace csl::ir
