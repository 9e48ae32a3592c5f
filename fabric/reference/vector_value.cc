// SPDX-License-Identifier: Apache-2.0
#include "fabric/reference/vector_value.h"

#include "base/check.h"

namespace csl::fabric::reference {
namespace {

using isa::Opcode;
using isa::arith::F32;
namespace arith = isa::arith;
using U16 = uint16_t;

// Operations on words of 16 bits.
bool Integer(Opcode opcode, U16 a, U16 b, U16* carry, uint32_t* value) {
  switch (opcode) {
    case Opcode::kVAdd16:
      *value = arith::Add(a, b);
      return true;
    case Opcode::kVAddc16:
      *value = arith::AddCarry16(a, b, carry);
      return true;
    case Opcode::kVSub16:
      *value = arith::Sub(a, b);
      return true;
    case Opcode::kVAnd16:
      *value = a & b;
      return true;
    case Opcode::kVOr16:
      *value = a | b;
      return true;
    case Opcode::kVXor16:
      *value = a ^ b;
      return true;
    case Opcode::kVSar16:
      *value = static_cast<U16>(arith::Shr(static_cast<int16_t>(a), b));
      return true;
    case Opcode::kVSll16:
      *value = arith::Shl(a, b);
      return true;
    case Opcode::kVSlr16:
      *value = arith::Shr(a, b);
      return true;
    case Opcode::kVClz:
      *value = arith::Clz(b);
      return true;
    case Opcode::kVCtz:
      *value = arith::Ctz(b);
      return true;
    case Opcode::kVPopcnt:
      *value = arith::Popcount(b);
      return true;
    case Opcode::kVMov16:
    case Opcode::kVFmovh:
      *value = b;
      return true;
    default:
      return false;
  }
}

bool Single(Opcode opcode, const ElementInputs& in, uint32_t* value) {
  const uint32_t a = in.src0;
  const uint32_t b = in.src1;
  switch (opcode) {
    case Opcode::kVMov32:
    case Opcode::kVFmovs:
      *value = b;
      return true;
    case Opcode::kVFadds:
      *value = F32::Add(a, b);
      return true;
    case Opcode::kVFsubs:
      *value = F32::Sub(a, b);
      return true;
    case Opcode::kVFmuls:
      *value = F32::Mul(a, b);
      return true;
    case Opcode::kVFmaxs:
      *value = F32::Max(a, b);
      return true;
    case Opcode::kVFmacs:
      *value = F32::Fma(a, b, in.scalar);
      return true;
    case Opcode::kVFabss:
      *value = F32::Abs(b);
      return true;
    case Opcode::kVFnegs:
      *value = F32::Neg(b);
      return true;
    case Opcode::kVFnorms:
      *value = F32::Significand(b);
      return true;
    case Opcode::kVFs2xp16:
      *value = static_cast<U16>(F32::ToIntNearest<int16_t>(b));
      return true;
    case Opcode::kVXp162fs:
      *value = F32::FromInt<int16_t>(static_cast<int16_t>(b));
      return true;
    case Opcode::kVFscales:
      *value = F32::Scale(a, static_cast<int16_t>(b));
      return true;
    default:
      return false;
  }
}

template <typename Half>
bool Mixed(Opcode opcode, const ElementInputs& in, uint32_t* value) {
  const U16 a = static_cast<U16>(in.src0);
  const U16 b = static_cast<U16>(in.src1);
  const U16 scalar = static_cast<U16>(in.scalar);
  switch (opcode) {
    case Opcode::kVFaddhs:
      *value = in.src0_is_single ? Half::AddToF32(in.src0, b) : Half::AddToF32(in.src1, a);
      return true;
    case Opcode::kVFmachs:
      *value = Half::FmaToF32(in.src0, b, scalar);
      return true;
    case Opcode::kVFh2s:
      *value = Half::ToF32(b);
      return true;
    case Opcode::kVFs2h:
      *value = Half::FromF32(in.src1);
      return true;
    case Opcode::kVFh2xp16:
      *value = static_cast<U16>(Half::template ToIntNearest<int16_t>(b));
      return true;
    case Opcode::kVXp162fh:
      *value = Half::template FromInt<int16_t>(static_cast<int16_t>(b));
      return true;
    default:
      return false;
  }
}

template <typename Half>
bool Halves(Opcode opcode, const ElementInputs& in, uint32_t* value) {
  const U16 a = static_cast<U16>(in.src0);
  const U16 b = static_cast<U16>(in.src1);
  switch (opcode) {
    case Opcode::kVFaddh:
      *value = Half::Add(a, b);
      return true;
    case Opcode::kVFsubh:
      *value = Half::Sub(a, b);
      return true;
    case Opcode::kVFmulh:
      *value = Half::Mul(a, b);
      return true;
    case Opcode::kVFmaxh:
      *value = Half::Max(a, b);
      return true;
    case Opcode::kVFmach:
      *value = Half::Fma(a, b, static_cast<U16>(in.scalar));
      return true;
    case Opcode::kVFabsh:
      *value = Half::Abs(b);
      return true;
    case Opcode::kVFnegh:
      *value = Half::Neg(b);
      return true;
    case Opcode::kVFnormh:
      *value = Half::Significand(b);
      return true;
    case Opcode::kVFscaleh:
      *value = Half::Scale(a, static_cast<int16_t>(b));
      return true;
    default:
      return Mixed<Half>(opcode, in, value);
  }
}

}  // namespace

uint32_t ElementValue(Opcode opcode, arith::Fp16Format format, const ElementInputs& in,
                      uint16_t* carry) {
  uint32_t value = 0;
  if (Integer(opcode, static_cast<U16>(in.src0), static_cast<U16>(in.src1), carry, &value) ||
      Single(opcode, in, &value)) {
    return value;
  }
  const bool known = arith::WithFp16(
      format, [&](auto half) { return Halves<decltype(half)>(opcode, in, &value); });
  CHECK(known) << "no vector operation: " << isa::EnumName(opcode);
  return value;
}

}  // namespace csl::fabric::reference
