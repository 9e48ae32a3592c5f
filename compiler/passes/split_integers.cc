// SPDX-License-Identifier: Apache-2.0
// Integers of 64, 96 ... bits become 32-bit parts: several values, parameters, arguments for one. A
// function that returns such a number gets a pointer to put it at as its last parameter.
#include "base/check.h"
#include "compiler/ir/dominance.h"
#include "compiler/ir/ops.h"
#include "compiler/passes/edit.h"
#include "compiler/passes/passes.h"
#include "compiler/passes/wide.h"

namespace csl::passes {
namespace {

using ir::BlockId;
using ir::Function;
using ir::Op;
using ir::Type;
using ir::ValueId;

// Wider ones stay, and code generation says that it does not know them.
constexpr uint32_t kMaxBits = 1024;

bool IsWide(Type type) { return type.is_int() && type.bits > 32; }
size_t NumParts(Type type) { return type.bits / 32; }

class Splitter {
 public:
  Splitter(ir::Module& module, Function& function)
      : f_(function), build_(module, function), replacements_(function) {}

  bool Run();

 private:
  bool HasWork() const;
  void SplitSignature();
  void SplitBlockParams();
  Parts PartsOf(ValueId id);
  bool IsWideValue(ValueId id) const { return IsWide(TypeOf(id)); }
  Type TypeOf(ValueId id) const {
    return id.index < before_.size() ? before_[id.index] : f_.value(id).type;
  }
  void Rewrite(ValueId id);
  Parts Result(ValueId id);
  void RewriteCompare(ValueId id);
  void RewriteStore(ValueId id);
  void RewriteCall(ValueId id);
  void RewriteReturn(ValueId id);
  void RewriteBranch(ValueId id);
  std::vector<ValueId> Expanded(std::span<const ValueId> values);
  void LoadOrStore(ValueId id, const Parts* stored, Parts* loaded);

  Function& f_;
  WideBuilder build_;
  Replacements replacements_;
  std::vector<Type> before_;  // by value
  std::vector<Parts> parts_;  // by value
  Type result_;               // of the function, before
  ValueId result_address_;    // its last parameter
  std::vector<ValueId> out_;
};

bool Splitter::HasWork() const {
  bool any = IsWide(f_.result);
  for (Type type : before_) {
    if (type.is_int() && type.bits > kMaxBits) return false;
    any = any || IsWide(type);
  }
  return any;
}

void Splitter::SplitSignature() {
  std::vector<ValueId> old;
  old.swap(f_.params);
  for (ValueId param : old) {
    if (!IsWideValue(param)) {
      f_.value(param).imm = static_cast<int64_t>(f_.params.size());
      f_.params.push_back(param);
      continue;
    }
    for (size_t i = 0; i < NumParts(TypeOf(param)); ++i) {
      parts_[param.index].push_back(f_.AddParam(ir::IntType(32)));
    }
  }
  result_ = f_.result;
  if (!IsWide(result_)) return;
  result_address_ = f_.AddParam(ir::kPointerType);
  f_.result = ir::kVoidType;
}

void Splitter::SplitBlockParams() {
  for (BlockId block : f_.order) {
    std::vector<ValueId> old;
    old.swap(f_.block(block).params);
    for (ValueId param : old) {
      if (!IsWideValue(param)) {
        f_.value(param).imm = static_cast<int64_t>(f_.block(block).params.size());
        f_.block(block).params.push_back(param);
        continue;
      }
      for (size_t i = 0; i < NumParts(TypeOf(param)); ++i) {
        parts_[param.index].push_back(f_.AddBlockParam(block, ir::IntType(32)));
      }
    }
  }
}

Parts Splitter::PartsOf(ValueId id) {
  const ir::Instruction v = f_.value(id);
  const size_t count = NumParts(TypeOf(id));
  if (v.op == Op::kUndef) return Parts(count, f_.Undef(ir::IntType(32)));
  if (v.op == Op::kConst) {
    const auto bits = static_cast<uint64_t>(v.imm);
    Parts out = build_.Zero(count);
    out[0] = build_.Number(static_cast<uint32_t>(bits));
    out[1] = build_.Number(static_cast<uint32_t>(bits >> 32));
    return out;
  }
  CHECK(parts_[id.index].size() == count) << "value was not split: " << ir::TextOf(v.op);
  return parts_[id.index];
}

std::vector<ValueId> Splitter::Expanded(std::span<const ValueId> values) {
  std::vector<ValueId> out;
  for (ValueId id : std::vector<ValueId>(values.begin(), values.end())) {
    if (!IsWideValue(id)) {
      out.push_back(id);
      continue;
    }
    for (ValueId part : PartsOf(id)) out.push_back(part);
  }
  return out;
}

// One access a part, at the same address and 4 bytes more each.
void Splitter::LoadOrStore(ValueId id, const Parts* stored, Parts* loaded) {
  const ir::Instruction v = f_.value(id);
  const auto operands = f_.operands(id);
  std::vector<ValueId> access(operands.begin(), operands.end());
  const size_t count = stored != nullptr ? stored->size() : NumParts(TypeOf(id));
  for (size_t i = 0; i < count; ++i) {
    if (stored != nullptr) access[0] = (*stored)[i];
    const ValueId part =
        build_.Make(v.op, stored != nullptr ? ir::kVoidType : ir::IntType(32), access);
    f_.value(part).imm = v.imm + static_cast<int64_t>(4 * i);
    f_.value(part).aux = v.aux;
    if (loaded != nullptr) loaded->push_back(part);
  }
}

void Splitter::RewriteStore(ValueId id) {
  const Parts stored = PartsOf(f_.operand(id, 0));
  LoadOrStore(id, &stored, nullptr);
}

void Splitter::RewriteCompare(ValueId id) {
  const Op op = f_.value(id).op;
  const Parts a = PartsOf(f_.operand(id, 0));
  const Parts b = PartsOf(f_.operand(id, 1));
  ValueId result;
  if (op == Op::kEq || op == Op::kNe) {
    result = build_.Equal(a, b);
    if (op == Op::kNe) f_.value(result).op = Op::kNe;
  } else {
    result = build_.Less(op, a, b);
  }
  replacements_.Add(id, result);
}

void Splitter::RewriteCall(ValueId id) {
  std::vector<ValueId> args = Expanded(f_.operands(id));
  const Type type = TypeOf(id);
  if (!IsWide(type)) {
    f_.SetOperands(id, args);
    out_.push_back(id);
    return;
  }
  const ValueId slot = build_.Slot(NumParts(type));
  args.push_back(slot);
  f_.SetOperands(id, args);
  f_.value(id).type = ir::kVoidType;
  out_.push_back(id);
  parts_[id.index] = build_.LoadParts(slot, NumParts(type));
}

void Splitter::RewriteReturn(ValueId id) {
  if (IsWide(result_)) {
    build_.StoreParts(PartsOf(f_.operand(id, 0)), result_address_);
    f_.SetOperands(id, {});
  }
  out_.push_back(id);
}

void Splitter::RewriteBranch(ValueId id) {
  if (f_.value(id).op == Op::kBr) {
    f_.SetOperands(id, Expanded(f_.operands(id)));
  } else {
    const std::vector<ValueId> first = Expanded(f_.target_args(id, 0));
    const std::vector<ValueId> second = Expanded(f_.target_args(id, 1));
    std::vector<ValueId> operands = {f_.operand(id, 0)};
    operands.insert(operands.end(), first.begin(), first.end());
    operands.insert(operands.end(), second.begin(), second.end());
    f_.SetOperands(id, operands);
    f_.value(id).aux = static_cast<uint8_t>(first.size());
  }
  out_.push_back(id);
}

// The parts of a value that is computed from others.
Parts Splitter::Result(ValueId id) {
  const Op op = f_.value(id).op;
  const ValueId a = f_.operand(id, 0);
  const size_t count = NumParts(TypeOf(id));
  const auto part = [&](size_t i) { return PartsOf(f_.operand(id, i)); };
  switch (op) {
    case Op::kAdd:
      return build_.Add(part(0), part(1));
    case Op::kSub:
      return build_.Sub(part(0), part(1));
    case Op::kMul:
      return build_.Mul(part(0), part(1));
    case Op::kAnd:
    case Op::kOr:
    case Op::kXor:
      return build_.Bitwise(op, part(0), part(1));
    case Op::kShl:
    case Op::kLShr:
    case Op::kAShr:
      return build_.Shift(op, part(0), f_.operand(id, 1));
    case Op::kSelect:
      return build_.Select(a, part(1), part(2));
    case Op::kFpToSI:
    case Op::kFpToUI:
      return build_.FromFloat(op == Op::kFpToSI, a, count);
    case Op::kTrunc:
    case Op::kBitcast: {
      Parts out = part(0);
      out.resize(count);
      return out;
    }
    case Op::kZExt:
    case Op::kSExt: {
      Parts out = {a};
      if (IsWideValue(a))
        out = part(0);
      else if (!TypeOf(a).is_int(32))
        out[0] = build_.Make(op, ir::IntType(32), {a});
      const ValueId fill = op == Op::kZExt
                               ? build_.Number(0)
                               : build_.Make(Op::kAShr, ir::IntType(32),
                                             {out.back(), f_.Const(ir::IntType(16), 31)});
      out.resize(count, fill);
      return out;
    }
    case Op::kLoad: {
      Parts out;
      LoadOrStore(id, nullptr, &out);
      return out;
    }
    default:
      return build_.Divide(op, part(0), part(1));
  }
}

void Splitter::Rewrite(ValueId id) {
  for (ValueId& operand : f_.operands(id)) operand = replacements_.Resolve(operand);
  const ir::Instruction v = f_.value(id);
  const bool from_wide = v.num_operands > 0 && IsWideValue(f_.operand(id, 0));
  if (v.op == Op::kCall || v.op == Op::kCallIndirect) return RewriteCall(id);
  if (v.op == Op::kRet) return RewriteReturn(id);
  if (v.op == Op::kBr || v.op == Op::kCondBr) return RewriteBranch(id);
  if (v.op == Op::kStore && from_wide) return RewriteStore(id);
  if (IsWideValue(id)) {
    parts_[id.index] = Result(id);
    return;
  }
  if (!from_wide) {
    out_.push_back(id);
    return;
  }
  if (ir::IsCompare(v.op)) return RewriteCompare(id);
  const Parts from = PartsOf(f_.operand(id, 0));
  if (v.op == Op::kSIToFp || v.op == Op::kUIToFp) {
    replacements_.Add(id, build_.ToFloat(v.op == Op::kSIToFp, from, v.type));
  } else if (v.op == Op::kTrunc && v.type.is_int(32)) {
    replacements_.Add(id, from[0]);
  } else if (v.op == Op::kTrunc) {
    f_.SetOperands(id, std::array{from[0]});
    out_.push_back(id);
  } else {
    out_.push_back(id);  // an operation on the machine that takes no such number: left to others
  }
}

bool Splitter::Run() {
  for (uint32_t i = 0; i < f_.num_values(); ++i) before_.push_back(f_.value(ValueId(i)).type);
  if (!HasWork()) return false;
  parts_.resize(f_.num_values());
  SplitSignature();
  SplitBlockParams();
  const ir::Dominance dominance(f_);
  for (BlockId block : dominance.reverse_postorder()) {
    out_.clear();
    for (ValueId id : std::vector<ValueId>(f_.block(block).instructions)) {
      build_.SetPlace(block, f_.value(id).location, &out_);
      Rewrite(id);
    }
    f_.block(block).instructions = out_;
  }
  replacements_.Apply(f_);
  return true;
}

}  // namespace

bool SplitIntegers(ir::Module& module, Function& f) {
  const bool changed = SimplifyCfg(module, f);
  return Splitter(module, f).Run() || changed;
}

}  // namespace csl::passes
