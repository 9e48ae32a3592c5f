// SPDX-License-Identifier: Apache-2.0
// Division of integers of more than 32 bits: by unsigned helper functions, signs put right around
// them. By zero as everywhere: all ones, and the dividend.
#include "compiler/passes/wide.h"

namespace csl::passes {

using ir::Op;
using ir::ValueId;

Parts WideBuilder::Divide(Op op, const Parts& a, const Parts& b) {
  const size_t n = a.size();
  const bool is_signed = op == Op::kSDiv || op == Op::kSRem;
  const bool is_quotient = op == Op::kSDiv || op == Op::kUDiv;
  Parts dividend = a;
  Parts divisor = b;
  ValueId negative_a;
  ValueId negative_b;
  if (is_signed) {
    negative_a = IsNegative(a);
    negative_b = IsNegative(b);
    dividend = Select(negative_a, Negate(a), a);
    divisor = Select(negative_b, Negate(b), b);
  }
  const auto part_bytes = static_cast<int64_t>(4 * n);
  ValueId slot;
  if (n == 2) {
    slot = Slot(2 * n);
    CallHelper("$wide.divide64", ir::kVoidType,
               {dividend[0], dividend[1], divisor[0], divisor[1], slot});
  } else {
    slot = Slot(3 * n);
    StoreParts(dividend, slot);
    StoreParts(divisor, slot, 2 * part_bytes);
    CallHelper("$wide.divide", ir::kVoidType,
               {slot, f_.Const(ir::IntType(16), static_cast<uint64_t>(part_bytes))});
  }
  Parts out = LoadParts(slot, n, is_quotient ? 0 : part_bytes);
  if (!is_signed) return out;
  if (!is_quotient) return Select(negative_a, Negate(out), out);
  const ValueId negate = Make(Op::kXor, ir::kBoolType, {negative_a, negative_b});
  out = Select(negate, Negate(out), out);
  return Select(Equal(b, Zero(n)), Parts(n, Number(0xffffffff)), out);
}

}  // namespace csl::passes
