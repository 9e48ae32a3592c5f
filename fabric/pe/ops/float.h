// SPDX-License-Identifier: Apache-2.0
// Float arithmetic, comparison and conversion. f16 operations take the image's 16-bit format.
#ifndef FABRIC_PE_OPS_FLOAT_H_
#define FABRIC_PE_OPS_FLOAT_H_

#include "fabric/pe/ops/op.h"

namespace csl::fabric::pe::ops {

using arith::F32;

// Each operation once for f32 and once for the 16-bit formats.
#define CSL_FLOAT_BINARY(name, function)                                                    \
  template <>                                                                               \
  struct Op<Opcode::name##F32> {                                                            \
    static constexpr Kind kKind = Kind::kScalar;                                            \
    static void Run(uint32_t* r, const Inst& i) { r[i.a] = F32::function(r[i.b], r[i.c]); } \
  };                                                                                        \
  template <>                                                                               \
  struct Op<Opcode::name##F16> {                                                            \
    static constexpr Kind kKind = Kind::kHalf;                                              \
    template <typename Half>                                                                \
    static void Run(uint32_t* r, const Inst& i) {                                           \
      r[i.a] = Half::function(Get<uint16_t>(r[i.b]), Get<uint16_t>(r[i.c]));                \
    }                                                                                       \
  };

CSL_FLOAT_BINARY(kAdd, Add)
CSL_FLOAT_BINARY(kSub, Sub)
CSL_FLOAT_BINARY(kMul, Mul)
CSL_FLOAT_BINARY(kDiv, Div)
CSL_FLOAT_BINARY(kEq, Eq)
CSL_FLOAT_BINARY(kLt, Lt)
CSL_FLOAT_BINARY(kLe, Le)
#undef CSL_FLOAT_BINARY

template <>
struct Op<Opcode::kNeF32> {
  static constexpr Kind kKind = Kind::kScalar;
  static void Run(uint32_t* r, const Inst& i) { r[i.a] = !F32::Eq(r[i.b], r[i.c]); }
};
template <>
struct Op<Opcode::kNeF16> {
  static constexpr Kind kKind = Kind::kHalf;
  template <typename Half>
  static void Run(uint32_t* r, const Inst& i) {
    r[i.a] = !Half::Eq(Get<uint16_t>(r[i.b]), Get<uint16_t>(r[i.c]));
  }
};
template <>
struct Op<Opcode::kNegF32> {
  static constexpr Kind kKind = Kind::kScalar;
  static void Run(uint32_t* r, const Inst& i) { r[i.a] = F32::Neg(r[i.b]); }
};
template <>
struct Op<Opcode::kNegF16> {
  static constexpr Kind kKind = Kind::kHalf;
  template <typename Half>
  static void Run(uint32_t* r, const Inst& i) {
    r[i.a] = Half::Neg(Get<uint16_t>(r[i.b]));
  }
};

// cvt.TO.FROM between integers and floats.
#define CSL_CONVERT(name, type)                                                                   \
  template <>                                                                                     \
  struct Op<Opcode::kCvtF32##name> {                                                              \
    static constexpr Kind kKind = Kind::kScalar;                                                  \
    static void Run(uint32_t* r, const Inst& i) {                                                 \
      r[i.a] = F32::FromInt<type>(Get<type>(r[i.b]));                                             \
    }                                                                                             \
  };                                                                                              \
  template <>                                                                                     \
  struct Op<Opcode::kCvt##name##F32> {                                                            \
    static constexpr Kind kKind = Kind::kScalar;                                                  \
    static void Run(uint32_t* r, const Inst& i) { r[i.a] = Put<type>(F32::ToInt<type>(r[i.b])); } \
  };                                                                                              \
  template <>                                                                                     \
  struct Op<Opcode::kCvtF16##name> {                                                              \
    static constexpr Kind kKind = Kind::kHalf;                                                    \
    template <typename Half>                                                                      \
    static void Run(uint32_t* r, const Inst& i) {                                                 \
      r[i.a] = Half::template FromInt<type>(Get<type>(r[i.b]));                                   \
    }                                                                                             \
  };                                                                                              \
  template <>                                                                                     \
  struct Op<Opcode::kCvt##name##F16> {                                                            \
    static constexpr Kind kKind = Kind::kHalf;                                                    \
    template <typename Half>                                                                      \
    static void Run(uint32_t* r, const Inst& i) {                                                 \
      r[i.a] = Put<type>(Half::template ToInt<type>(Get<uint16_t>(r[i.b])));                      \
    }                                                                                             \
  };

CSL_CONVERT(I16, int16_t)
CSL_CONVERT(U16, uint16_t)
CSL_CONVERT(I32, int32_t)
CSL_CONVERT(U32, uint32_t)
#undef CSL_CONVERT

template <>
struct Op<Opcode::kCvtF32F16> {
  static constexpr Kind kKind = Kind::kHalf;
  template <typename Half>
  static void Run(uint32_t* r, const Inst& i) {
    r[i.a] = Half::ToF32(Get<uint16_t>(r[i.b]));
  }
};
template <>
struct Op<Opcode::kCvtF16F32> {
  static constexpr Kind kKind = Kind::kHalf;
  template <typename Half>
  static void Run(uint32_t* r, const Inst& i) {
    r[i.a] = Half::FromF32(r[i.b]);
  }
};

}  // namespace csl::fabric::pe::ops

#endif  // FABRIC_PE_OPS_FLOAT_H_
