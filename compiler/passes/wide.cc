// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/wide.h"

#include "compiler/passes/edit.h"

namespace csl::passes {

using ir::Op;
using ir::ValueId;

Parts WideBuilder::Bitwise(Op op, const Parts& a, const Parts& b) {
  Parts out;
  for (size_t i = 0; i < a.size(); ++i) out.push_back(Make(op, a[i], b[i]));
  return out;
}

Parts WideBuilder::Select(ValueId condition, const Parts& a, const Parts& b) {
  Parts out;
  for (size_t i = 0; i < a.size(); ++i) {
    out.push_back(a[i] == b[i] ? a[i] : Make(Op::kSelect, kI32, {condition, a[i], b[i]}));
  }
  return out;
}

// A sum is less than its operand exactly if it wrapped; of a part's two additions one wraps at
// most.
Parts WideBuilder::Add(const Parts& a, const Parts& b) {
  Parts out;
  ValueId carry;
  for (size_t i = 0; i < a.size(); ++i) {
    ValueId sum = Make(Op::kAdd, a[i], b[i]);
    ValueId wrapped = Compare(Op::kULt, sum, a[i]);
    if (carry.valid()) {
      const ValueId with_carry = Make(Op::kAdd, sum, Make(Op::kZExt, kI32, {carry}));
      const ValueId again = Compare(Op::kULt, with_carry, sum);
      wrapped = Make(Op::kOr, ir::kBoolType, {wrapped, again});
      sum = with_carry;
    }
    out.push_back(sum);
    carry = wrapped;
  }
  return out;
}

Parts WideBuilder::Sub(const Parts& a, const Parts& b) {
  Parts out;
  ValueId borrow;
  for (size_t i = 0; i < a.size(); ++i) {
    ValueId difference = Make(Op::kSub, a[i], b[i]);
    ValueId wrapped = Compare(Op::kULt, a[i], b[i]);
    if (borrow.valid()) {
      const ValueId less = Make(Op::kZExt, kI32, {borrow});
      const ValueId again = Compare(Op::kULt, difference, less);
      difference = Make(Op::kSub, difference, less);
      wrapped = Make(Op::kOr, ir::kBoolType, {wrapped, again});
    }
    out.push_back(difference);
    borrow = wrapped;
  }
  return out;
}

// Row by row: out += a[i] * b, shifted by i parts.
Parts WideBuilder::Mul(const Parts& a, const Parts& b) {
  const size_t n = a.size();
  Parts out = Zero(n);
  for (size_t i = 0; i < n; ++i) {
    Parts low = Zero(n);
    Parts high = Zero(n);
    for (size_t j = 0; i + j < n; ++j) {
      low[i + j] = Make(Op::kMul, a[i], b[j]);
      if (i + j + 1 < n) high[i + j + 1] = Make(Op::kUMulH, a[i], b[j]);
    }
    out = Add(Add(out, low), high);
  }
  return out;
}

ValueId WideBuilder::Equal(const Parts& a, const Parts& b) {
  ValueId differs = Make(Op::kXor, a[0], b[0]);
  for (size_t i = 1; i < a.size(); ++i) {
    differs = Make(Op::kOr, differs, Make(Op::kXor, a[i], b[i]));
  }
  return Compare(Op::kEq, differs, Number(0));
}

// The highest part that differs decides; only the last one has a sign.
ValueId WideBuilder::Less(Op op, const Parts& a, const Parts& b) {
  const bool or_equal = op == Op::kSLe || op == Op::kULe;
  const bool is_signed = op == Op::kSLe || op == Op::kSLt;
  ValueId out = Compare(or_equal ? Op::kULe : Op::kULt, a[0], b[0]);
  for (size_t i = 1; i < a.size(); ++i) {
    const Op part = is_signed && i + 1 == a.size() ? Op::kSLt : Op::kULt;
    const ValueId same = Compare(Op::kEq, a[i], b[i]);
    out = Make(Op::kSelect, ir::kBoolType, {same, out, Compare(part, a[i], b[i])});
  }
  return out;
}

ValueId WideBuilder::Slot(size_t parts) {
  ir::Instruction slot;
  slot.op = Op::kAlloca;
  slot.type = ir::kPointerType;
  slot.imm = static_cast<int64_t>(4 * parts);
  slot.aux = 4;
  const ir::BlockId entry = f_.order.front();
  if (entry != block_) return Insert(f_, entry, 0, slot, {});
  slot.block = block_;
  out_->insert(out_->begin(), f_.AddValue(slot, {}));
  return out_->front();
}

void WideBuilder::StoreParts(const Parts& a, ValueId address, int64_t offset) {
  for (size_t i = 0; i < a.size(); ++i) {
    const ValueId store = Make(Op::kStore, ir::kVoidType, {a[i], address});
    f_.value(store).imm = offset + static_cast<int64_t>(4 * i);
  }
}

Parts WideBuilder::LoadParts(ValueId address, size_t count, int64_t offset) {
  Parts out;
  for (size_t i = 0; i < count; ++i) {
    out.push_back(Make(Op::kLoad, kI32, {address}));
    f_.value(out.back()).imm = offset + static_cast<int64_t>(4 * i);
  }
  return out;
}

}  // namespace csl::passes
