// SPDX-License-Identifier: Apache-2.0
#include "tests/optimiser/reference.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "compiler/ir/ops.h"
#include "tests/optimiser/reference_arithmetic.h"

namespace csl::optimiser {
namespace {

using ir::Function;
using ir::Op;
using ir::ValueId;

constexpr uint32_t kStackStart = 0x8000;
constexpr uint64_t kMaxSteps = 2'000'000;

class Reference {
 public:
  explicit Reference(const ir::Module& module) : module_(module), memory_(0x10000) {
    uint32_t at = 16;
    for (const ir::Global& global : module.globals) {
      address_.push_back(at);
      std::copy(global.bytes.begin(), global.bytes.end(), memory_.begin() + at);
      at += (global.size_bytes + 3) / 4 * 4;
    }
  }

  Word Call(const Function& f, const std::vector<Word>& args);
  bool is_over() const { return steps_ > kMaxSteps; }
  GlobalBytes Globals() const {
    GlobalBytes out;
    for (size_t i = 0; i < address_.size(); ++i) {
      const auto start = memory_.begin() + address_[i];
      out.emplace_back(start, start + module_.globals[i].size_bytes);
    }
    return out;
  }

 private:
  Word ValueOf(const Function& f, const std::vector<Word>& values, ValueId id) const;
  Word Compute(const Function& f, std::vector<Word>& values, ValueId id);
  uint32_t AddressOf(const Function& f, const std::vector<Word>& values, ValueId id) const;

  const ir::Module& module_;
  std::vector<uint8_t> memory_;
  std::vector<uint32_t> address_;  // by global
  uint32_t stack_ = kStackStart;
  uint64_t steps_ = 0;
};

Word Reference::ValueOf(const Function& f, const std::vector<Word>& values, ValueId id) const {
  const ir::Instruction& v = f.value(id);
  if (v.op == Op::kConst) return static_cast<uint64_t>(v.imm);
  if (v.op == Op::kUndef) return 0;
  if (v.op == Op::kGlobalAddr) return address_[v.symbol] + static_cast<uint32_t>(v.imm);
  return values[id.index];
}

uint32_t Reference::AddressOf(const Function& f, const std::vector<Word>& values,
                              ValueId id) const {
  const ir::Instruction& v = f.value(id);
  const size_t base = v.op == Op::kStore ? 1 : 0;
  const auto operands = f.operands(id);
  uint64_t address =
      static_cast<uint64_t>(ValueOf(f, values, operands[base])) + static_cast<uint64_t>(v.imm);
  if (operands.size() > base + 1) {
    address += static_cast<uint64_t>(ValueOf(f, values, operands[base + 1])) << v.aux;
  }
  return address & 0xffff;
}

Word Reference::Compute(const Function& f, std::vector<Word>& values, ValueId id) {
  const ir::Instruction& v = f.value(id);
  const auto operands = f.operands(id);
  const auto value = [&](size_t i) { return ValueOf(f, values, operands[i]); };
  const auto type_of = [&](size_t i) { return f.value(operands[i]).type; };
  const auto format = module_.fp16_format;
  if (v.op >= Op::kAdd && v.op <= Op::kXor) {
    return IntegerOperation(v.op, value(0), value(1), ir::BitWidth(v.type));
  }
  if (v.op >= Op::kFAdd && v.op <= Op::kFNeg) {
    return FloatOperation(v.op, value(0), operands.size() > 1 ? value(1) : 0, v.type, format);
  }
  if (v.op >= Op::kFEq && v.op <= Op::kFLe) {
    return FloatOperation(v.op, value(0), value(1), type_of(0), format);
  }
  if (ir::IsCompare(v.op)) {
    return IntegerComparison(v.op, value(0), value(1), ir::BitWidth(type_of(0)));
  }
  if (v.op >= Op::kTrunc && v.op <= Op::kFpToUI) {
    return Conversion(v.op, value(0), type_of(0), v.type, format);
  }
  switch (v.op) {
    case Op::kSelect:
      return value(0) != 0 ? value(1) : value(2);
    case Op::kAlloca:
      stack_ += static_cast<uint32_t>(v.imm + 3) / 4 * 4;
      return stack_ - static_cast<uint32_t>(v.imm + 3) / 4 * 4;
    case Op::kLoad: {
      Word out = 0;
      std::memcpy(&out, &memory_[AddressOf(f, values, id)], ir::StoreSize(v.type));
      return Masked(out, ir::BitWidth(v.type));
    }
    case Op::kStore: {
      const Word stored = value(0);
      std::memcpy(&memory_[AddressOf(f, values, id)], &stored, ir::StoreSize(type_of(0)));
      return 0;
    }
    case Op::kPtrAdd:
      return (value(0) + value(1)) & 0xffff;
    case Op::kCopy:
      std::memmove(&memory_[static_cast<uint32_t>(value(0))],
                   &memory_[static_cast<uint32_t>(value(1))], static_cast<size_t>(v.imm));
      return 0;
    case Op::kCall: {
      std::vector<Word> args;
      for (size_t i = 0; i < operands.size(); ++i) args.push_back(value(i));
      return Call(module_.functions[v.symbol], args);
    }
    default:
      CHECK(false) << ir::TextOf(v.op);
      return 0;
  }
}

Word Reference::Call(const Function& f, const std::vector<Word>& args) {
  std::vector<Word> values(f.num_values());
  for (size_t i = 0; i < args.size(); ++i) values[f.params[i].index] = args[i];
  const uint32_t frame = stack_;
  ir::BlockId block = f.order.front();
  for (;;) {
    for (ValueId id : f.block(block).instructions) {
      if (++steps_ > kMaxSteps) return 0;
      if (!ir::EndsBlock(f.value(id).op)) values[id.index] = Compute(f, values, id);
    }
    const ValueId end = f.terminator(block);
    const ir::Instruction& v = f.value(end);
    if (v.op == Op::kRet) {
      stack_ = frame;
      return v.num_operands > 0 ? ValueOf(f, values, f.operand(end, 0)) : 0;
    }
    const size_t which = v.op == Op::kCondBr && ValueOf(f, values, f.operand(end, 0)) == 0 ? 1 : 0;
    std::vector<Word> passed;
    for (ValueId arg : f.target_args(end, which)) passed.push_back(ValueOf(f, values, arg));
    block = v.targets[which];
    const auto& params = f.block(block).params;
    for (size_t i = 0; i < params.size(); ++i) values[params[i].index] = passed[i];
  }
}

}  // namespace

std::optional<GlobalBytes> RunReference(const ir::Module& module, uint32_t first, uint16_t second) {
  Reference reference(module);
  for (const Function& f : module.functions) {
    if (f.name == "main") reference.Call(f, {first, second});
  }
  if (reference.is_over()) return std::nullopt;
  return reference.Globals();
}

}  // namespace csl::optimiser
