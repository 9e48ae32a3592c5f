// SPDX-License-Identifier: Apache-2.0
// Integers of odd widths live in the next wider of 16, 32, 64, 96 ... bits (split_integers takes
// those of more than 32 apart). Bits above the width are arbitrary; operations that see them
// (comparison, division, right shift, extension, conversion) get their operands extended first.
// What the machine cannot do with one bit it does with 16. Shift counts of more than 16 bits, of
// which the machine reads the lower half, are held to the width.
#include <algorithm>

#include "compiler/ir/dominance.h"
#include "compiler/ir/ops.h"
#include "compiler/passes/edit.h"
#include "compiler/passes/passes.h"

namespace csl::passes {
namespace {

using ir::BlockId;
using ir::Function;
using ir::Op;
using ir::Type;
using ir::ValueId;

bool HasNonNativeWidth(Type type) {
  return type.is_int() && type.bits != 1 && type.bits != 16 && type.bits % 32 != 0;
}

Type Container(Type type) {
  if (!HasNonNativeWidth(type)) return type;
  return ir::IntType(type.bits < 16 ? 16 : (type.bits + 31) / 32 * 32);
}

bool IsShift(Op op) { return op == Op::kShl || op == Op::kAShr || op == Op::kLShr; }

// What is done to single bits in 16 bits: the operations that look at a sign or a carry.
bool IsHardForOneBit(Op op) {
  switch (op) {
    case Op::kSDiv:
    case Op::kUDiv:
    case Op::kSRem:
    case Op::kURem:
    case Op::kShl:
    case Op::kAShr:
    case Op::kLShr:
    case Op::kSLt:
    case Op::kSLe:
    case Op::kSIToFp:
    case Op::kUIToFp:
    case Op::kFpToSI:
    case Op::kFpToUI:
      return true;
    default:
      return false;
  }
}

enum class Needs : uint8_t { kNothing, kZeroExtended, kSignExtended };

Needs NeedsOf(Op op) {
  switch (op) {
    case Op::kUDiv:
    case Op::kURem:
    case Op::kLShr:
    case Op::kEq:
    case Op::kNe:
    case Op::kULt:
    case Op::kULe:
    case Op::kUIToFp:
    case Op::kZExt:
      return Needs::kZeroExtended;
    case Op::kSDiv:
    case Op::kSRem:
    case Op::kAShr:
    case Op::kSLt:
    case Op::kSLe:
    case Op::kSIToFp:
    case Op::kSExt:
      return Needs::kSignExtended;
    default:
      return Needs::kNothing;
  }
}

class Legaliser {
 public:
  explicit Legaliser(Function& function) : f_(function), replacements_(function) {}

  bool Run();

 private:
  bool HasWork() const;
  bool IsHardOneBit(ValueId id) const;
  ValueId Make(Op op, Type type, const std::vector<ValueId>& operands) {
    return Append(f_, block_, location_, op, type, operands, out_);
  }
  ValueId Extended(ValueId id, Type type, Needs needs);
  void RewriteOperands(ValueId id);
  void Rewrite(ValueId id);
  void RewriteExtension(ValueId id);
  void RewriteByteLoad(ValueId id);
  void RewriteFromFloat(ValueId id, Type narrow);
  ValueId LowOnes(Type type, uint32_t count);
  void NarrowShiftCount(ValueId id);
  void RewriteOneBit(ValueId id);
  Type TypeBefore(ValueId id) const {
    return id.index < before_.size() ? before_[id.index] : f_.value(id).type;
  }

  Function& f_;
  Replacements replacements_;
  std::vector<Type> before_;  // by value
  BlockId block_;
  ir::Location location_;
  std::vector<ValueId> out_;
};

ValueId Legaliser::Extended(ValueId id, Type type, Needs needs) {
  if (!HasNonNativeWidth(type) || needs == Needs::kNothing) return id;
  const Type wide = Container(type);
  if (needs == Needs::kZeroExtended) return Make(Op::kAnd, wide, {id, LowOnes(wide, type.bits)});
  const ValueId count = f_.Const(wide, wide.bits - type.bits);
  return Make(Op::kAShr, wide, {Make(Op::kShl, wide, {id, count}), count});
}

// The number 2^count - 1; constants of more than 64 bits are zero above them.
ValueId Legaliser::LowOnes(Type type, uint32_t count) {
  if (count < 64) return f_.Const(type, (uint64_t{1} << count) - 1);
  const ValueId all = Make(Op::kSub, type, {f_.Const(type, 0), f_.Const(type, 1)});
  return Make(Op::kLShr, type, {all, f_.Const(ir::IntType(16), type.bits - count)});
}

// The count of a shift as 16 bits.
void Legaliser::NarrowShiftCount(ValueId id) {
  const ValueId count = f_.operand(id, 1);
  const Type type = f_.value(count).type;
  const Type i16 = ir::IntType(16);
  if (type == i16) return;
  if (type.bits < 16) {
    const ValueId zero_extended = Make(Op::kZExt, i16, {count});
    f_.SetOperands(id, std::array{f_.operand(id, 0), zero_extended});
    return;
  }
  const uint64_t width = f_.value(id).type.bits;
  ValueId narrow;
  if (f_.is_const(count)) {
    narrow = f_.Const(i16, std::min(static_cast<uint64_t>(f_.value(count).imm), width));
  } else if (f_.value(count).op == Op::kZExt && f_.value(f_.operand(count, 0)).type == i16) {
    narrow = f_.operand(count, 0);
  } else {
    const ValueId most = f_.Const(type, width);
    const ValueId is_less = Make(Op::kULt, ir::kBoolType, {count, most});
    narrow = Make(Op::kTrunc, i16, {Make(Op::kSelect, type, {is_less, count, most})});
  }
  f_.SetOperands(id, std::array{f_.operand(id, 0), narrow});
}

void Legaliser::RewriteOneBit(ValueId id) {
  const Op op = f_.value(id).op;
  const Type i16 = ir::IntType(16);
  const bool is_signed = NeedsOf(op) == Needs::kSignExtended || op == Op::kFpToSI;
  if (op == Op::kFpToSI || op == Op::kFpToUI) {
    // To 16 bits, held to -1 and 0, or 0 and 1.
    const ValueId n = Make(op, i16, {f_.operand(id, 0)});
    const ValueId is_set = is_signed ? Make(Op::kSLt, ir::kBoolType, {n, f_.Const(i16, 0)})
                                     : Make(Op::kNe, ir::kBoolType, {n, f_.Const(i16, 0)});
    replacements_.Add(id, is_set);
    return;
  }
  std::vector<ValueId> operands(f_.operands(id).begin(), f_.operands(id).end());
  for (size_t i = 0; i < operands.size(); ++i) {
    if (IsShift(op) && i == 1) continue;
    operands[i] = Make(is_signed ? Op::kSExt : Op::kZExt, i16, {operands[i]});
  }
  if (ir::IsCompare(op) || op == Op::kSIToFp || op == Op::kUIToFp) {
    f_.SetOperands(id, operands);
    out_.push_back(id);
    return;
  }
  const ValueId wide = Make(op, i16, operands);
  f_.value(id).op = Op::kTrunc;
  f_.SetOperands(id, std::array{wide});
  out_.push_back(id);
}

// Constants change their type; what an operation needs extended is.
void Legaliser::RewriteOperands(ValueId id) {
  const Op op = f_.value(id).op;
  const bool is_shift = IsShift(op);
  const std::vector<ValueId> old(f_.operands(id).begin(), f_.operands(id).end());
  std::vector<ValueId> operands;
  for (size_t i = 0; i < old.size(); ++i) {
    const ValueId operand = replacements_.Resolve(old[i]);
    const Needs needs = is_shift && i == 1 ? Needs::kZeroExtended : NeedsOf(op);
    // The operand's own width, even if a wider value stands for it now.
    const Type type = TypeBefore(old[i]);
    const ir::Instruction v = f_.value(operand);
    if (HasNonNativeWidth(v.type) && v.op == Op::kConst) {
      const bool has_sign = needs == Needs::kSignExtended && type.bits <= 64;
      const int64_t bits = has_sign ? f_.signed_bits(operand) : v.imm;
      operands.push_back(f_.Const(Container(type), static_cast<uint64_t>(bits)));
    } else if (HasNonNativeWidth(type) && v.op == Op::kUndef) {
      operands.push_back(f_.Const(Container(type), 0));
    } else {
      operands.push_back(Extended(operand, type, needs));
    }
  }
  f_.SetOperands(id, operands);
}

// zext, sext, trunc between containers, or the operand itself.
void Legaliser::RewriteExtension(ValueId id) {
  const ValueId operand = f_.operand(id, 0);
  const uint32_t from = f_.value(operand).type.bits;
  const uint32_t to = f_.value(id).type.bits;
  if (from == to) {
    replacements_.Add(id, operand);
    return;
  }
  // Only bits that count are read: an extension from arbitrary upper bits was made exact before.
  f_.value(id).op = from > to                       ? Op::kTrunc
                    : f_.value(id).op == Op::kTrunc ? Op::kZExt
                                                    : f_.value(id).op;
  out_.push_back(id);
}

void Legaliser::Rewrite(ValueId id) {
  location_ = f_.value(id).location;
  const Op op = f_.value(id).op;
  const Type before = TypeBefore(id);
  // Stores narrow again: the bytes in memory are those of the odd width.
  if (op == Op::kStore && HasNonNativeWidth(TypeBefore(f_.operand(id, 0)))) {
    const Type stored = TypeBefore(f_.operand(id, 0));
    RewriteOperands(id);
    std::vector<ValueId> operands(f_.operands(id).begin(), f_.operands(id).end());
    if (stored.bits <= 8) operands[0] = Make(Op::kTrunc, ir::IntType(8), {operands[0]});
    f_.SetOperands(id, operands);
    out_.push_back(id);
    return;
  }
  const bool is_one_bit = IsHardOneBit(id);
  RewriteOperands(id);
  if (IsShift(op)) NarrowShiftCount(id);
  if (is_one_bit) return RewriteOneBit(id);
  if (!HasNonNativeWidth(before)) {
    if (op == Op::kTrunc || op == Op::kZExt || op == Op::kSExt) return RewriteExtension(id);
    out_.push_back(id);
    return;
  }
  if (op == Op::kLoad && before.bits <= 8) return RewriteByteLoad(id);
  f_.value(id).type = Container(before);
  if (op == Op::kTrunc || op == Op::kZExt || op == Op::kSExt) return RewriteExtension(id);
  if (op == Op::kFpToSI || op == Op::kFpToUI) return RewriteFromFloat(id, before);
  out_.push_back(id);
}

// The byte is loaded by a new instruction; this one widens it.
void Legaliser::RewriteByteLoad(ValueId id) {
  ir::Instruction load = f_.value(id);
  load.type = ir::IntType(8);
  load.num_operands = 0;
  const std::vector<ValueId> address(f_.operands(id).begin(), f_.operands(id).end());
  const ValueId byte = f_.AddValue(load, address);
  out_.push_back(byte);
  ir::Instruction& wide = f_.value(id);
  wide.op = Op::kZExt;
  wide.type = ir::IntType(16);
  wide.imm = 0;
  wide.aux = 0;
  f_.SetOperands(id, std::array{byte});
  out_.push_back(id);
}

// The machine saturates to the container; the odd width is narrower.
void Legaliser::RewriteFromFloat(ValueId id, Type narrow) {
  const Type wide = Container(narrow);
  const bool is_signed = f_.value(id).op == Op::kFpToSI;
  const ValueId converted = Make(f_.value(id).op, wide, {f_.operand(id, 0)});
  const ValueId high = LowOnes(wide, narrow.bits - (is_signed ? 1 : 0));
  const Op less = is_signed ? Op::kSLt : Op::kULt;
  ValueId value =
      Make(Op::kSelect, wide, {Make(less, ir::kBoolType, {high, converted}), high, converted});
  if (is_signed) {
    const ValueId low = Make(Op::kSub, wide, {f_.Const(wide, 0), high});
    const ValueId lowest = Make(Op::kSub, wide, {low, f_.Const(wide, 1)});
    value = Make(Op::kSelect, wide, {Make(less, ir::kBoolType, {value, lowest}), lowest, value});
  }
  replacements_.Add(id, value);
}

bool Legaliser::IsHardOneBit(ValueId id) const {
  const Op op = f_.value(id).op;
  if (!IsHardForOneBit(op)) return false;
  const bool from_float = op == Op::kFpToSI || op == Op::kFpToUI;
  return TypeBefore(from_float ? id : f_.operand(id, 0)) == ir::kBoolType;
}

bool Legaliser::HasWork() const {
  if (HasNonNativeWidth(f_.result)) return true;
  if (std::any_of(before_.begin(), before_.end(), HasNonNativeWidth)) return true;
  for (BlockId block : f_.order) {
    for (ValueId id : f_.block(block).instructions) {
      const Op op = f_.value(id).op;
      if (IsShift(op) && !TypeBefore(f_.operand(id, 1)).is_int(16)) return true;
      if (IsHardOneBit(id)) return true;
    }
  }
  return false;
}

bool Legaliser::Run() {
  for (uint32_t i = 0; i < f_.num_values(); ++i) before_.push_back(f_.value(ValueId(i)).type);
  if (!HasWork()) return false;
  f_.result = Container(f_.result);
  for (ValueId param : f_.params) f_.value(param).type = Container(TypeBefore(param));
  for (BlockId block : f_.order) {
    for (ValueId param : f_.block(block).params)
      f_.value(param).type = Container(TypeBefore(param));
  }
  const ir::Dominance dominance(f_);
  for (BlockId block : dominance.reverse_postorder()) {
    block_ = block;
    out_.clear();
    const std::vector<ValueId> old = f_.block(block).instructions;
    for (ValueId id : old) {
      // Values made on the way have the type they were made with.
      Rewrite(id);
      while (before_.size() < f_.num_values()) {
        before_.push_back(f_.value(ValueId(static_cast<uint32_t>(before_.size()))).type);
      }
    }
    f_.block(block).instructions = out_;
  }
  replacements_.Apply(f_);
  return true;
}

}  // namespace

bool LegaliseIntegers(ir::Module& module, Function& f) {
  const bool changed = SimplifyCfg(module, f);
  return Legaliser(f).Run() || changed;
}

}  // namespace csl::passes
