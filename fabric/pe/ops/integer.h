// SPDX-License-Identifier: Apache-2.0
// Integer arithmetic, with a register or an immediate. The arithmetic itself is isa/arith's.
#ifndef FABRIC_PE_OPS_INTEGER_H_
#define FABRIC_PE_OPS_INTEGER_H_

#include "fabric/pe/ops/op.h"

namespace csl::fabric::pe::ops {

template <typename T>
constexpr T And(T a, T b) {
  return static_cast<T>(a & b);
}
template <typename T>
constexpr T Or(T a, T b) {
  return static_cast<T>(a | b);
}
template <typename T>
constexpr T Xor(T a, T b) {
  return static_cast<T>(a ^ b);
}

// The upper 32 bits of a 64-bit product.
template <typename T, typename Wide>
constexpr T MulHigh(T a, T b) {
  return static_cast<T>(static_cast<Wide>(static_cast<Wide>(a) * static_cast<Wide>(b)) >> 32);
}

#define CSL_INT_OP(opcode, shape, type, function) \
  template <>                                     \
  struct Op<Opcode::opcode> : shape<type, function<type>> {};

// Operations that are the same for both signs have one 32-bit form.
#define CSL_INT_FAMILY(name, shape, function)      \
  CSL_INT_OP(name##I16, shape, int16_t, function)  \
  CSL_INT_OP(name##U16, shape, uint16_t, function) \
  CSL_INT_OP(name##I32, shape, int32_t, function)
#define CSL_INT_FAMILY_SIGNED(name, shape, function) \
  CSL_INT_FAMILY(name, shape, function)              \
  CSL_INT_OP(name##U32, shape, uint32_t, function)

CSL_INT_FAMILY(kAdd, Binary, arith::Add)
CSL_INT_FAMILY(kSub, Binary, arith::Sub)
CSL_INT_FAMILY(kMul, Binary, arith::Mul)
CSL_INT_FAMILY(kAnd, Binary, And)
CSL_INT_FAMILY(kOr, Binary, Or)
CSL_INT_FAMILY(kXor, Binary, Xor)
CSL_INT_FAMILY(kShl, Shift, arith::Shl)
CSL_INT_FAMILY_SIGNED(kShr, Shift, arith::Shr)
CSL_INT_FAMILY_SIGNED(kDiv, Binary, arith::Div)
CSL_INT_FAMILY_SIGNED(kRem, Binary, arith::Rem)
CSL_INT_OP(kNegI16, Unary, int16_t, arith::Neg)
CSL_INT_OP(kNegI32, Unary, int32_t, arith::Neg)

template <>
struct Op<Opcode::kMulhI32> : Binary<int32_t, MulHigh<int32_t, int64_t>> {};
template <>
struct Op<Opcode::kMulhU32> : Binary<uint32_t, MulHigh<uint32_t, uint64_t>> {};

CSL_INT_FAMILY(kAddi, BinaryImm, arith::Add)
CSL_INT_FAMILY(kMuli, BinaryImm, arith::Mul)
CSL_INT_FAMILY(kAndi, BinaryImm, And)
CSL_INT_FAMILY(kOri, BinaryImm, Or)
CSL_INT_FAMILY(kXori, BinaryImm, Xor)
CSL_INT_FAMILY(kShli, ShiftImm, arith::Shl)
CSL_INT_FAMILY_SIGNED(kShri, ShiftImm, arith::Shr)

#undef CSL_INT_FAMILY_SIGNED
#undef CSL_INT_FAMILY
#undef CSL_INT_OP

}  // namespace csl::fabric::pe::ops

#endif  // FABRIC_PE_OPS_INTEGER_H_
