// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/ir.h"

#include <algorithm>

namespace csl::ir {

ValueId Function::AddParam(Type type) {
  Instruction param;
  param.op = Op::kParam;
  param.type = type;
  param.imm = static_cast<int64_t>(params.size());
  params.push_back(values_.Add(param));
  return params.back();
}

BlockId Function::AddBlock() { return blocks_.Add(Block()); }

ValueId Function::AddBlockParam(BlockId block, Type type) {
  Instruction param;
  param.op = Op::kBlockParam;
  param.type = type;
  param.block = block;
  param.imm = static_cast<int64_t>(blocks_[block].params.size());
  const ValueId id = values_.Add(param);
  blocks_[block].params.push_back(id);
  return id;
}

ValueId Function::Intern(const Instruction& instruction) {
  const std::array<uint64_t, 5> key = {
      static_cast<uint64_t>(instruction.op), static_cast<uint64_t>(instruction.type.kind),
      instruction.type.bits, instruction.symbol, static_cast<uint64_t>(instruction.imm)};
  auto [it, is_new] = interned_.try_emplace(key);
  if (is_new) it->second = values_.Add(instruction);
  return it->second;
}

ValueId Function::Const(Type type, uint64_t bits) {
  Instruction constant;
  constant.op = Op::kConst;
  constant.type = type;
  constant.imm = static_cast<int64_t>(ZeroExtended(type, bits));
  return Intern(constant);
}

ValueId Function::Undef(Type type) {
  Instruction undef;
  undef.op = Op::kUndef;
  undef.type = type;
  return Intern(undef);
}

ValueId Function::GlobalAddr(GlobalId global, int64_t offset) {
  Instruction address;
  address.op = Op::kGlobalAddr;
  address.type = kPointerType;
  address.symbol = global.index;
  address.imm = offset;
  return Intern(address);
}

ValueId Function::FuncAddr(FunctionId function) {
  Instruction address;
  address.op = Op::kFuncAddr;
  address.type = kFunctionType;
  address.symbol = function.index;
  return Intern(address);
}

ValueId Function::AddValue(Instruction instruction, std::span<const ValueId> new_operands) {
  const ValueId id = values_.Add(instruction);
  // It may come from another function, with another pool.
  values_[id].first_operand = 0;
  values_[id].num_operands = 0;
  SetOperands(id, new_operands);
  return id;
}

std::span<ValueId> Function::operands(ValueId id) {
  const Instruction& instruction = values_[id];
  return std::span(operand_pool_).subspan(instruction.first_operand, instruction.num_operands);
}

std::span<const ValueId> Function::operands(ValueId id) const {
  const Instruction& instruction = values_[id];
  return std::span(operand_pool_).subspan(instruction.first_operand, instruction.num_operands);
}

void Function::SetOperands(ValueId id, std::span<const ValueId> new_operands) {
  Instruction& instruction = values_[id];
  if (new_operands.size() > instruction.num_operands) {
    // The span may lie in the pool itself, which is about to move.
    const std::vector<ValueId> copy(new_operands.begin(), new_operands.end());
    instruction.first_operand = static_cast<uint32_t>(operand_pool_.size());
    operand_pool_.insert(operand_pool_.end(), copy.begin(), copy.end());
  } else {
    std::copy(new_operands.begin(), new_operands.end(),
              operand_pool_.begin() + instruction.first_operand);
  }
  instruction.num_operands = static_cast<uint16_t>(new_operands.size());
}

size_t Function::num_targets(ValueId terminator) const {
  const Op op = values_[terminator].op;
  return op == Op::kBr ? 1 : op == Op::kCondBr ? 2 : 0;
}

std::span<ValueId> Function::target_args(ValueId terminator, size_t which) {
  const Instruction& instruction = values_[terminator];
  if (instruction.op == Op::kBr) return operands(terminator);
  CHECK(instruction.op == Op::kCondBr) << "no targets";
  return which == 0 ? operands(terminator).subspan(1, instruction.aux)
                    : operands(terminator).subspan(1 + instruction.aux);
}

std::span<const ValueId> Function::target_args(ValueId terminator, size_t which) const {
  return const_cast<Function*>(this)->target_args(terminator, which);
}

int64_t Function::signed_bits(ValueId id) const {
  const Instruction& constant = values_[id];
  return SignExtended(constant.type, static_cast<uint64_t>(constant.imm));
}

FunctionId Module::AddFunction(std::string function_name) {
  functions.emplace_back().name = std::move(function_name);
  return FunctionId(static_cast<uint32_t>(functions.size() - 1));
}

GlobalId Module::AddGlobal(Global global) {
  globals.push_back(std::move(global));
  return GlobalId(static_cast<uint32_t>(globals.size() - 1));
}

uint16_t Module::AddFile(const std::string& path) {
  const auto it = std::find(files.begin(), files.end(), path);
  if (it != files.end()) return static_cast<uint16_t>(it - files.begin());
  files.push_back(path);
  return static_cast<uint16_t>(files.size() - 1);
}

}  // namespace csl::ir
