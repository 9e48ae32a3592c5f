// SPDX-License-Identifier: Apache-2.0
// What each vector operation does to one element, as inline functions of values: for loops that
// want them inlined. Others take them through the table of element_op.h.
//
// Element<op, Half>::Apply(a, b, scalar, carry): a of type Src0, b of type Src1, the result of type
// Dest. Half is the class of the image's 16-bit floats (arith/float.h). Operations with one source
// use b. `carry` is that of the thread.
#ifndef FABRIC_ISA_ELEMENT_FUNCTIONS_H_
#define FABRIC_ISA_ELEMENT_FUNCTIONS_H_

#include <cstdint>

#include "fabric/isa/arith/arith.h"
#include "fabric/isa/instruction.h"

namespace csl::isa {

// Operations without a row below (dfilt) compute nothing.
template <Opcode op, typename Half>
struct Element;

// faddhs where a scalar is the second source, or the destination is a pointer and the first source
// a scalar: f32 + f16 instead of f16 + f32.
template <typename Half>
struct ElementFaddhsOfF32 {
  using Dest = uint32_t;
  using Src0 = uint32_t;
  using Src1 = uint16_t;
  static Dest Apply(Src0 a, Src1 b, uint32_t, uint16_t*) { return Half::AddToF32(a, b); }
};

// ELEMENT(opcode, Dest, Src0, Src1, expression): the expression sees a, b, scalar, carry.
#define CSL_ELEMENT(opcode, dest, src0, src1, ...)                                          \
  template <typename Half>                                                                  \
  struct Element<Opcode::opcode, Half> {                                                    \
    using Dest = dest;                                                                      \
    using Src0 = src0;                                                                      \
    using Src1 = src1;                                                                      \
    static Dest Apply([[maybe_unused]] Src0 a, [[maybe_unused]] Src1 b,                     \
                      [[maybe_unused]] uint32_t scalar, [[maybe_unused]] uint16_t* carry) { \
      return static_cast<Dest>(__VA_ARGS__);                                                \
    }                                                                                       \
  };
#define CSL_ELEMENT16(opcode, ...) CSL_ELEMENT(opcode, uint16_t, uint16_t, uint16_t, __VA_ARGS__)
#define CSL_ELEMENT32(opcode, ...) CSL_ELEMENT(opcode, uint32_t, uint32_t, uint32_t, __VA_ARGS__)

CSL_ELEMENT16(kVAdd16, arith::Add(a, b))
CSL_ELEMENT16(kVAddc16, arith::AddCarry16(a, b, carry))
CSL_ELEMENT16(kVSub16, arith::Sub(a, b))
CSL_ELEMENT16(kVAnd16, a& b)
CSL_ELEMENT16(kVOr16, a | b)
CSL_ELEMENT16(kVXor16, a ^ b)
CSL_ELEMENT16(kVSar16, arith::Shr(static_cast<int16_t>(a), b))
CSL_ELEMENT16(kVSll16, arith::Shl(a, b))
CSL_ELEMENT16(kVSlr16, arith::Shr(a, b))
CSL_ELEMENT16(kVClz, arith::Clz(b))
CSL_ELEMENT16(kVCtz, arith::Ctz(b))
CSL_ELEMENT16(kVPopcnt, arith::Popcount(b))
CSL_ELEMENT16(kVMov16, b)
CSL_ELEMENT32(kVMov32, b)
CSL_ELEMENT16(kVFmovh, b)
CSL_ELEMENT32(kVFmovs, b)

CSL_ELEMENT16(kVFaddh, Half::Add(a, b))
CSL_ELEMENT16(kVFsubh, Half::Sub(a, b))
CSL_ELEMENT16(kVFmulh, Half::Mul(a, b))
CSL_ELEMENT16(kVFmaxh, Half::Max(a, b))
CSL_ELEMENT32(kVFadds, arith::F32::Add(a, b))
CSL_ELEMENT32(kVFsubs, arith::F32::Sub(a, b))
CSL_ELEMENT32(kVFmuls, arith::F32::Mul(a, b))
CSL_ELEMENT32(kVFmaxs, arith::F32::Max(a, b))
CSL_ELEMENT(kVFaddhs, uint32_t, uint16_t, uint32_t, Half::AddToF32(b, a))
CSL_ELEMENT16(kVFmach, Half::Fma(a, b, static_cast<uint16_t>(scalar)))
CSL_ELEMENT(kVFmachs, uint32_t, uint32_t, uint16_t,
            Half::FmaToF32(a, b, static_cast<uint16_t>(scalar)))
CSL_ELEMENT32(kVFmacs, arith::F32::Fma(a, b, scalar))

CSL_ELEMENT16(kVFabsh, Half::Abs(b))
CSL_ELEMENT32(kVFabss, arith::F32::Abs(b))
CSL_ELEMENT16(kVFnegh, Half::Neg(b))
CSL_ELEMENT32(kVFnegs, arith::F32::Neg(b))
CSL_ELEMENT(kVFh2s, uint32_t, uint16_t, uint16_t, Half::ToF32(b))
CSL_ELEMENT(kVFs2h, uint16_t, uint16_t, uint32_t, Half::FromF32(b))
CSL_ELEMENT16(kVFh2xp16, Half::template ToIntNearest<int16_t>(b))
CSL_ELEMENT(kVFs2xp16, uint16_t, uint16_t, uint32_t, arith::F32::ToIntNearest<int16_t>(b))
CSL_ELEMENT16(kVXp162fh, Half::template FromInt<int16_t>(static_cast<int16_t>(b)))
CSL_ELEMENT(kVXp162fs, uint32_t, uint16_t, uint16_t,
            arith::F32::FromInt<int16_t>(static_cast<int16_t>(b)))
CSL_ELEMENT16(kVFnormh, Half::Significand(b))
CSL_ELEMENT32(kVFnorms, arith::F32::Significand(b))
CSL_ELEMENT16(kVFscaleh, Half::Scale(a, static_cast<int16_t>(b)))
CSL_ELEMENT(kVFscales, uint32_t, uint32_t, uint16_t, arith::F32::Scale(a, static_cast<int16_t>(b)))

#undef CSL_ELEMENT32
#undef CSL_ELEMENT16
#undef CSL_ELEMENT

}  // namespace csl::isa

#endif  // FABRIC_ISA_ELEMENT_FUNCTIONS_H_
