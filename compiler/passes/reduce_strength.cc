// SPDX-License-Identifier: Apache-2.0
// Division by a constant becomes a multiplication by its reciprocal: a third of the cycles. (By
// powers of two: the pass fold.) After Granlund and Montgomery, "Division by invariant integers
// using multiplication", PLDI 1994. Of a quotient and a remainder of the same numbers, the
// remainder is computed from the quotient, which cse then computes once.
#include <algorithm>
#include <bit>
#include <vector>

#include "compiler/ir/dominance.h"
#include "compiler/ir/ops.h"
#include "compiler/passes/edit.h"
#include "compiler/passes/passes.h"

namespace csl::passes {
namespace {

using ir::Function;
using ir::Op;
using ir::Type;
using ir::ValueId;

constexpr Type kI16 = ir::IntType(16);
constexpr Type kI32 = ir::IntType(32);

bool IsDivision(Op op) {
  return op == Op::kSDiv || op == Op::kUDiv || op == Op::kSRem || op == Op::kURem;
}
bool IsRemainder(Op op) { return op == Op::kSRem || op == Op::kURem; }
Op QuotientFor(Op remainder) { return remainder == Op::kSRem ? Op::kSDiv : Op::kUDiv; }

class Reducer {
 public:
  explicit Reducer(Function& function)
      : f_(function), dominance_(function), replacements_(function) {}

  bool Run();

 private:
  bool Reduce(ValueId id);
  bool ReduceByConstant(ValueId id);
  bool HasQuotient(ValueId remainder) const;
  ValueId Make(Op op, Type type, const std::vector<ValueId>& operands) {
    return Append(f_, block_, location_, op, type, operands, out_);
  }
  ValueId Make(Op op, ValueId a, ValueId b) { return Make(op, kI32, {a, b}); }
  ValueId Number(uint64_t n) { return f_.Const(kI32, n); }
  ValueId Shift(Op op, ValueId a, int count) {
    return count == 0 ? a : Make(op, a, f_.Const(kI16, static_cast<uint64_t>(count)));
  }
  // Of the numbers that instruction `id` divides.
  ValueId Remainder(ValueId id, ValueId quotient) {
    const Type type = f_.value(id).type;
    const ValueId dividend = f_.operand(id, 0);
    const ValueId multiple = Make(Op::kMul, type, {quotient, f_.operand(id, 1)});
    return Make(Op::kSub, type, {dividend, multiple});
  }
  ValueId UnsignedQuotient(ValueId n, uint32_t d, bool is_wide);
  ValueId SignedQuotient(ValueId n, int64_t d, bool is_wide);

  Function& f_;
  ir::Dominance dominance_;
  Replacements replacements_;
  std::vector<ValueId> quotients_;  // by variables
  ir::BlockId block_;
  ir::Location location_;
  std::vector<ValueId> out_;
};

// A reciprocal m = ceil(2^(width + s) / d) of at most `width` bits gives n * m >> (width + s) = n /
// d for every n of that width if m * d exceeds the power of two by 2^s at most. If there is none,
// one of width + 1 bits does, whose uppermost bit is a separate addition.
ValueId Reducer::UnsignedQuotient(ValueId n, uint32_t d, bool is_wide) {
  using Wide = unsigned __int128;
  const int width = is_wide ? 32 : 16;
  const int bits = 32 - std::countl_zero(d - 1);  // 2^bits >= d
  for (int s = 0; s < bits; ++s) {
    const Wide power = Wide{1} << (width + s);
    const Wide m = (power + d - 1) / d;
    if (m >> width != 0 || m * d - power > (Wide{1} << s)) continue;
    const ValueId reciprocal = Number(static_cast<uint64_t>(m));
    if (!is_wide) return Shift(Op::kLShr, Make(Op::kMul, n, reciprocal), width + s);
    return Shift(Op::kLShr, Make(Op::kUMulH, n, reciprocal), s);
  }
  if (!is_wide) {
    // 2^32 / d is close enough for all 16-bit numbers.
    return Make(Op::kUMulH, n, Number(((uint64_t{1} << 32) + d - 1) / d));
  }
  const Wide m = ((Wide{1} << (32 + bits)) + d - 1) / d;
  const ValueId product = Make(Op::kUMulH, n, Number(static_cast<uint32_t>(m)));
  const ValueId half = Shift(Op::kLShr, Make(Op::kSub, n, product), 1);
  return Shift(Op::kLShr, Make(Op::kAdd, product, half), bits - 1);
}

// m = floor(2^(31 + s) / |d|) + 1 with the least s >= 1 for which m * |d| exceeds the power by at
// most 2^s; numbers below zero are rounded up.
ValueId Reducer::SignedQuotient(ValueId n, int64_t d, bool is_wide) {
  const auto magnitude = static_cast<uint64_t>(d < 0 ? -d : d);
  uint64_t m = (uint64_t{1} << 32) / magnitude + 1;
  int s = 1;
  if (is_wide) {
    using Wide = unsigned __int128;
    for (; s < 32; ++s) {
      const Wide power = Wide{1} << (31 + s);
      const Wide candidate = power / magnitude + 1;
      m = static_cast<uint64_t>(candidate);
      if (candidate * magnitude - power <= (Wide{1} << s)) break;
    }
  }
  ValueId quotient = Make(Op::kSMulH, n, Number(m & 0xffffffff));
  // As a signed number the reciprocal is 2^32 less than it should be.
  if (m >> 31 != 0) quotient = Make(Op::kAdd, quotient, n);
  quotient = Shift(Op::kAShr, quotient, s - 1);
  quotient = Make(Op::kAdd, quotient, Shift(Op::kLShr, n, 31));
  return d < 0 ? Make(Op::kSub, Number(0), quotient) : quotient;
}

bool Reducer::ReduceByConstant(ValueId id) {
  const ir::Instruction v = f_.value(id);
  const ValueId divisor = f_.operand(id, 1);
  const bool is_signed = v.op == Op::kSDiv || v.op == Op::kSRem;
  const int64_t d = is_signed ? f_.signed_bits(divisor) : f_.value(divisor).imm;
  const auto magnitude = static_cast<uint64_t>(d < 0 ? -d : d);
  // Powers of two, negative ones too, have shorter ways.
  if (magnitude == 0 || std::has_single_bit(magnitude)) return false;
  const bool is_wide = v.type == kI32;
  const ValueId dividend = f_.operand(id, 0);
  location_ = v.location;
  const ValueId n = is_wide ? dividend : Make(is_signed ? Op::kSExt : Op::kZExt, kI32, {dividend});
  ValueId quotient = is_signed ? SignedQuotient(n, d, is_wide)
                               : UnsignedQuotient(n, static_cast<uint32_t>(d), is_wide);
  if (!is_wide) quotient = Make(Op::kTrunc, kI16, {quotient});
  replacements_.Add(id, IsRemainder(v.op) ? Remainder(id, quotient) : quotient);
  return true;
}

// Whether the quotient of the same numbers is computed on every way to the remainder, or on some
// way from it: then dividing here costs nothing more.
bool Reducer::HasQuotient(ValueId remainder) const {
  const ir::Instruction& v = f_.value(remainder);
  const Op wanted = QuotientFor(v.op);
  const auto operand = [&](ValueId id, size_t i) {
    return replacements_.Resolve(f_.operand(id, i));
  };
  return std::ranges::any_of(quotients_, [&](ValueId id) {
    const ir::Instruction& quotient = f_.value(id);
    return quotient.op == wanted && quotient.type == v.type &&
           operand(id, 0) == operand(remainder, 0) && operand(id, 1) == operand(remainder, 1) &&
           (dominance_.Dominates(quotient.block, v.block) ||
            dominance_.Dominates(v.block, quotient.block));
  });
}

bool Reducer::Reduce(ValueId id) {
  const ir::Instruction v = f_.value(id);
  if (!IsDivision(v.op) || (v.type != kI16 && v.type != kI32)) return false;
  if (f_.is_const(f_.operand(id, 1))) return ReduceByConstant(id);
  if (!IsRemainder(v.op) || !HasQuotient(id)) return false;
  location_ = v.location;
  const ValueId quotient = Make(QuotientFor(v.op), v.type, {f_.operand(id, 0), f_.operand(id, 1)});
  replacements_.Add(id, Remainder(id, quotient));
  return true;
}

bool Reducer::Run() {
  for (ir::BlockId block : f_.order) {
    for (ValueId id : f_.block(block).instructions) {
      const Op op = f_.value(id).op;
      const bool is_quotient = IsDivision(op) && !IsRemainder(op);
      if (is_quotient && !f_.is_const(f_.operand(id, 1))) quotients_.push_back(id);
    }
  }
  for (ir::BlockId block : dominance_.reverse_postorder()) {
    block_ = block;
    out_.clear();
    for (ValueId id : std::vector<ValueId>(f_.block(block).instructions)) {
      for (ValueId& operand : f_.operands(id)) operand = replacements_.Resolve(operand);
      if (!Reduce(id)) out_.push_back(id);
    }
    f_.block(block).instructions = out_;
  }
  replacements_.Apply(f_);
  return !replacements_.empty();
}

}  // namespace

bool ReduceStrength(ir::Module&, Function& f) { return Reducer(f).Run(); }

}  // namespace csl::passes
