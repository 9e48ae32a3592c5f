// SPDX-License-Identifier: Apache-2.0
// A call with constant arguments becomes its result, if the function computes that from its
// arguments and constant globals alone, in few steps. Inline and Fold handle what has no loops.
#include <optional>
#include <vector>

#include "compiler/ir/ops.h"
#include "compiler/passes/edit.h"
#include "compiler/passes/evaluate.h"
#include "compiler/passes/passes.h"

namespace csl::passes {
namespace {

using ir::BlockId;
using ir::Function;
using ir::Op;
using ir::ValueId;

// For one call and all that it calls.
constexpr int kMaxSteps = 4000;
constexpr int kMaxDepth = 16;
constexpr uint32_t kMaxFrameBytes = 4096;

// What a value is while the function runs: bits, or an address.
struct Known {
  enum class Kind : uint8_t { kBits, kGlobal, kFrame };
  Kind kind = Kind::kBits;
  uint32_t symbol = 0;  // global, or number of the variable
  uint64_t bits = 0;    // or the offset in bytes
};

std::optional<Known> ConstantOf(const Function& f, ValueId id) {
  const ir::Instruction& v = f.value(id);
  const auto bits = static_cast<uint64_t>(v.imm);
  if (v.op == Op::kGlobalAddr) return Known{Known::Kind::kGlobal, v.symbol, bits};
  if (v.op != Op::kConst || ir::BitWidth(v.type) > 64) return {};
  return Known{Known::Kind::kBits, 0, bits};
}

// Bytes of a variable of a frame.
struct Variable {
  std::vector<uint8_t> bytes;
  std::vector<bool> is_set;
};

class Run {
 public:
  explicit Run(const ir::Module& module) : module_(module) {}

  // nullopt: it does something else than to compute, or takes too long.
  std::optional<Known> Call(uint32_t function, const std::vector<Known>& args) {
    const Function& f = module_.functions[function];
    if (f.is_external || f.is_noinline || f.order.empty() || depth_ == kMaxDepth) return {};
    if (args.size() != f.params.size()) return {};
    ++depth_;
    Values values(f.num_values());
    for (size_t i = 0; i < args.size(); ++i) values[f.params[i].index] = args[i];
    const std::optional<Known> result = Blocks(f, values);
    --depth_;
    return result;
  }

 private:
  using Values = std::vector<std::optional<Known>>;

  std::optional<Known> Blocks(const Function& f, Values& values) {
    BlockId block = f.order.front();
    while (true) {
      for (ValueId id : f.block(block).instructions) {
        if (++steps_ > kMaxSteps) return {};
        if (ir::EndsBlock(f.value(id).op)) break;
        if (!Step(f, id, values)) return {};
      }
      const ValueId end = f.terminator(block);
      const ir::Instruction& last = f.value(end);
      if (last.op == Op::kRet) {
        return f.operands(end).empty() ? Known() : Read(f, f.operand(end, 0), values);
      }
      if (last.op != Op::kBr && last.op != Op::kCondBr) return {};
      size_t which = 0;
      if (last.op == Op::kCondBr) {
        const std::optional<Known> condition = Bits(f, f.operand(end, 0), values);
        if (!condition) return {};
        which = condition->bits != 0 ? 0 : 1;
      }
      if (!Enter(f, end, which, values)) return {};
      block = last.targets[which];
    }
  }

  // Gives the parameters of the target block their arguments.
  bool Enter(const Function& f, ValueId end, size_t which, Values& values) {
    std::vector<Known> args;
    for (ValueId arg : f.target_args(end, which)) {
      const std::optional<Known> known = Read(f, arg, values);
      if (!known) return false;
      args.push_back(*known);
    }
    const std::vector<ValueId>& params = f.block(f.value(end).targets[which]).params;
    for (size_t i = 0; i < args.size(); ++i) values[params[i].index] = args[i];
    return true;
  }

  std::optional<Known> Read(const Function& f, ValueId id, const Values& values) const {
    const std::optional<Known> constant = ConstantOf(f, id);
    return constant ? constant : values[id.index];
  }

  std::optional<Known> Bits(const Function& f, ValueId id, const Values& values) const {
    const std::optional<Known> known = Read(f, id, values);
    return known && known->kind == Known::Kind::kBits ? known : std::nullopt;
  }

  bool Step(const Function& f, ValueId id, Values& values) {
    const ir::Instruction& v = f.value(id);
    switch (v.op) {
      case Op::kAlloca:
        return Allocate(v, values[id.index]);
      case Op::kLoad:
        return Load(f, id, values);
      case Op::kStore:
        return Store(f, id, values);
      case Op::kCopy:
        return Copy(f, id, values);
      case Op::kZero: {
        const std::optional<Known> to = Read(f, f.operand(id, 0), values);
        return to && Write(*to, std::vector<uint8_t>(static_cast<size_t>(v.imm)));
      }
      case Op::kCall: {
        std::vector<Known> args;
        for (ValueId operand : f.operands(id)) {
          const std::optional<Known> arg = Read(f, operand, values);
          if (!arg) return false;
          args.push_back(*arg);
        }
        values[id.index] = Call(v.symbol, args);
        return values[id.index].has_value();
      }
      default:
        values[id.index] = ir::IsPure(v.op) ? Compute(f, id, values) : std::nullopt;
        return values[id.index].has_value();
    }
  }

  std::optional<Known> Compute(const Function& f, ValueId id, const Values& values) const {
    const ir::Instruction& v = f.value(id);
    if (v.op == Op::kSelect) {
      const std::optional<Known> condition = Bits(f, f.operand(id, 0), values);
      if (!condition) return {};
      return Read(f, f.operand(id, condition->bits != 0 ? 1 : 2), values);
    }
    if (v.op == Op::kPtrAdd) {
      std::optional<Known> at = Read(f, f.operand(id, 0), values);
      const std::optional<Known> bytes = Bits(f, f.operand(id, 1), values);
      if (!at || !bytes || at->kind == Known::Kind::kBits) return {};
      at->bits += static_cast<uint64_t>(static_cast<int16_t>(bytes->bits));
      return at;
    }
    std::vector<Constant> operands;
    for (ValueId operand : f.operands(id)) {
      const std::optional<Known> known = Bits(f, operand, values);
      const ir::Type type = f.value(operand).type;
      if (!known || ir::BitWidth(type) > 64) return {};
      operands.push_back({type, known->bits});
    }
    if (ir::BitWidth(v.type) > 64) return {};
    const std::optional<uint64_t> bits = Evaluate(v.op, v.type, operands, module_.fp16_format);
    if (!bits) return {};
    return Known{Known::Kind::kBits, 0, ir::ZeroExtended(v.type, *bits)};
  }

  // ---- Memory ----

  bool Allocate(const ir::Instruction& v, std::optional<Known>& result) {
    const auto bytes = static_cast<uint32_t>(v.imm);
    frame_bytes_ += bytes;
    if (frame_bytes_ > kMaxFrameBytes) return false;
    result = Known{Known::Kind::kFrame, static_cast<uint32_t>(variables_.size()), 0};
    variables_.push_back({std::vector<uint8_t>(bytes), std::vector<bool>(bytes)});
    return true;
  }

  // The address of a load or store whose base is operand `base`.
  std::optional<Known> Address(const Function& f, ValueId id, size_t base,
                               const Values& values) const {
    const ir::Instruction& v = f.value(id);
    std::optional<Known> at = Read(f, f.operand(id, base), values);
    if (!at || at->kind == Known::Kind::kBits) return {};
    at->bits += static_cast<uint64_t>(v.imm);
    if (f.operands(id).size() > base + 1) {
      const std::optional<Known> index = Bits(f, f.operand(id, base + 1), values);
      if (!index) return {};
      at->bits += static_cast<uint64_t>(static_cast<int16_t>(index->bits << v.aux));
    }
    return at;
  }

  std::optional<std::vector<uint8_t>> Bytes(const Known& at, size_t size) const {
    std::vector<uint8_t> out(size);
    if (at.kind == Known::Kind::kFrame) {
      const Variable& variable = variables_[at.symbol];
      if (at.bits > variable.bytes.size() || size > variable.bytes.size() - at.bits) return {};
      for (size_t i = 0; i < size; ++i) {
        if (!variable.is_set[at.bits + i]) return {};
        out[i] = variable.bytes[at.bits + i];
      }
      return out;
    }
    if (at.kind != Known::Kind::kGlobal) return {};
    const ir::Global& global = module_.globals[at.symbol];
    if (!global.is_const || global.linkage == ir::Linkage::kExtern) return {};
    if (at.bits > global.size_bytes || size > global.size_bytes - at.bits) return {};
    for (const ir::Relocation& r : global.relocations) {
      if (r.offset + 2 > at.bits && r.offset < at.bits + size) return {};
    }
    for (size_t i = 0; i < size && at.bits + i < global.bytes.size(); ++i) {
      out[i] = global.bytes[at.bits + i];
    }
    return out;
  }

  bool Write(const Known& at, const std::vector<uint8_t>& bytes) {
    if (at.kind != Known::Kind::kFrame) return false;
    Variable& variable = variables_[at.symbol];
    if (at.bits > variable.bytes.size() || bytes.size() > variable.bytes.size() - at.bits) {
      return false;
    }
    for (size_t i = 0; i < bytes.size(); ++i) {
      variable.bytes[at.bits + i] = bytes[i];
      variable.is_set[at.bits + i] = true;
    }
    return true;
  }

  bool Load(const Function& f, ValueId id, Values& values) const {
    const ir::Type type = f.value(id).type;
    const std::optional<Known> at = Address(f, id, 0, values);
    if (!at || type.is_pointer() || type == ir::kFunctionType || ir::StoreSize(type) > 8) {
      return false;
    }
    const auto bytes = Bytes(*at, ir::StoreSize(type));
    if (!bytes) return false;
    uint64_t bits = 0;
    for (size_t i = bytes->size(); i-- > 0;) bits = bits << 8 | (*bytes)[i];
    values[id.index] = Known{Known::Kind::kBits, 0, ir::ZeroExtended(type, bits)};
    return true;
  }

  bool Store(const Function& f, ValueId id, const Values& values) {
    const std::optional<Known> at = Address(f, id, 1, values);
    const std::optional<Known> value = Bits(f, f.operand(id, 0), values);
    const uint32_t size = ir::StoreSize(f.value(f.operand(id, 0)).type);
    if (!at || !value || size > 8) return false;
    std::vector<uint8_t> bytes(size);
    for (uint32_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(value->bits >> (8 * i));
    return Write(*at, bytes);
  }

  bool Copy(const Function& f, ValueId id, const Values& values) {
    const std::optional<Known> to = Read(f, f.operand(id, 0), values);
    const std::optional<Known> from = Read(f, f.operand(id, 1), values);
    if (!to || !from) return false;
    const auto bytes = Bytes(*from, static_cast<size_t>(f.value(id).imm));
    return bytes && Write(*to, *bytes);
  }

  const ir::Module& module_;
  std::vector<Variable> variables_;
  uint32_t frame_bytes_ = 0;
  int steps_ = 0;
  int depth_ = 0;
};

// The constant that a call amounts to.
std::optional<uint64_t> ResultOf(const ir::Module& module, const Function& f, ValueId call) {
  const ir::Instruction& v = f.value(call);
  const bool is_scalar = v.type.is_float() || (!v.type.is_pointer() && ir::BitWidth(v.type) > 0);
  if (!is_scalar || v.type == ir::kFunctionType || ir::BitWidth(v.type) > 64) return {};
  std::vector<Known> args;
  for (ValueId operand : f.operands(call)) {
    const std::optional<Known> arg = ConstantOf(f, operand);
    if (!arg) return {};
    args.push_back(*arg);
  }
  const std::optional<Known> result = Run(module).Call(v.symbol, args);
  if (!result || result->kind != Known::Kind::kBits) return {};
  return result->bits;
}

}  // namespace

bool EvaluateCalls(ir::Module& module, Function& f) {
  Replacements replacements(f);
  for (BlockId block : f.order) {
    std::vector<ValueId>& instructions = f.block(block).instructions;
    std::erase_if(instructions, [&](ValueId id) {
      if (f.value(id).op != Op::kCall) return false;
      const std::optional<uint64_t> bits = ResultOf(module, f, id);
      if (bits) replacements.Add(id, f.Const(f.value(id).type, *bits));
      return bits.has_value();
    });
  }
  replacements.Apply(f);
  return !replacements.empty();
}

}  // namespace csl::passes
