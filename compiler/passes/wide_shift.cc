// SPDX-License-Identifier: Apache-2.0
// Shifts of integers of more than 32 bits. A machine shift by 32 or more gives 0 and reads 16 bits
// of its count, so a negative one shifts everything out too.
#include "compiler/passes/wide.h"

namespace csl::passes {

using ir::Op;
using ir::ValueId;

namespace {

constexpr ir::Type kI16 = ir::IntType(16);

// Part `at` of a number whose parts beyond both ends are zero, and `fill` above.
ValueId PartAt(const Parts& a, int64_t at, ValueId zero, ValueId fill) {
  if (at < 0) return zero;
  return at < static_cast<int64_t>(a.size()) ? a[static_cast<size_t>(at)] : fill;
}

}  // namespace

Parts WideBuilder::ShiftByConstant(Op op, const Parts& a, uint64_t count, ValueId fill) {
  const auto n = static_cast<int64_t>(a.size());
  const bool is_left = op == Op::kShl;
  if (count >= static_cast<uint64_t>(n) * 32) return Parts(a.size(), fill);
  const auto parts = static_cast<int64_t>(count / 32);
  const uint64_t bits = count % 32;
  const ValueId zero = Number(0);
  const ValueId by = f_.Const(kI16, bits);
  const ValueId rest = f_.Const(kI16, 32 - bits);
  Parts out;
  for (int64_t i = 0; i < n; ++i) {
    const int64_t from = is_left ? i - parts : i + parts;
    const ValueId near = PartAt(a, from, zero, fill);
    const ValueId far = PartAt(a, is_left ? from - 1 : from + 1, zero, fill);
    if (bits == 0) {
      out.push_back(near);
    } else {
      out.push_back(Make(Op::kOr, Make(is_left ? Op::kShl : Op::kLShr, near, by),
                         Make(is_left ? Op::kLShr : Op::kShl, far, rest)));
    }
  }
  return out;
}

// Of two parts each is what comes from itself, from the other by less than 32 places, and from the
// other by more.
Parts WideBuilder::ShiftTwoParts(Op op, const Parts& a, ValueId count, ValueId fill) {
  const bool is_left = op == Op::kShl;
  const Op along = is_left ? Op::kShl : Op::kLShr;
  const Op against = is_left ? Op::kLShr : Op::kShl;
  const ValueId source = a[is_left ? 0 : 1];
  const ValueId other = a[is_left ? 1 : 0];
  const ValueId w = f_.Const(kI16, 32);
  const ValueId less = Make(Op::kSub, kI16, {w, count});
  const ValueId more = Make(Op::kSub, kI16, {count, w});
  const ValueId kept = Make(Op::kOr, Make(along, other, count), Make(against, source, less));
  if (op != Op::kAShr) {
    const ValueId moved = Make(Op::kOr, kept, Make(along, source, more));
    const ValueId vacated = Make(along, source, count);
    return is_left ? Parts{vacated, moved} : Parts{moved, vacated};
  }
  const ValueId is_short = Make(Op::kULt, ir::kBoolType, {count, w});
  const ValueId far = Make(Op::kAShr, source, more);
  const ValueId low = Make(Op::kSelect, kI32, {is_short, kept, far});
  return {low, Make(Op::kAShr, source, count)};
}

Parts WideBuilder::Shift(Op op, const Parts& a, ValueId count) {
  const ValueId fill = op == Op::kAShr ? Make(Op::kAShr, a.back(), f_.Const(kI16, 31)) : Number(0);
  if (f_.is_const(count)) {
    return ShiftByConstant(op, a, static_cast<uint64_t>(f_.value(count).imm), fill);
  }
  if (a.size() == 2) return ShiftTwoParts(op, a, count, fill);
  // By one, two, four ... places, as the bits of the count say.
  Parts out = a;
  uint64_t step = 1;
  for (; step < 32 * a.size(); step *= 2) {
    const ValueId bit = Make(Op::kAnd, kI16, {count, f_.Const(kI16, step)});
    const ValueId is_set = Make(Op::kNe, ir::kBoolType, {bit, f_.Const(kI16, 0)});
    out = Select(is_set, ShiftByConstant(op, out, step, fill), out);
  }
  const ValueId is_short = Make(Op::kULt, ir::kBoolType, {count, f_.Const(kI16, step)});
  return Select(is_short, out, Parts(a.size(), fill));
}

}  // namespace csl::passes
