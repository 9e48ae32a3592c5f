// SPDX-License-Identifier: Apache-2.0
#include "fabric/isa/element_op.h"

#include <array>

#include "fabric/isa/element_functions.h"

namespace csl::isa {
namespace {

template <typename E>
uint32_t Apply(uint32_t a, uint32_t b, uint32_t scalar, uint16_t* carry) {
  return E::Apply(static_cast<typename E::Src0>(a), static_cast<typename E::Src1>(b), scalar,
                  carry);
}

template <typename E>
constexpr ElementOp OpOf(int sources) {
  return {&Apply<E>, sizeof(typename E::Dest),
          sources == 2 ? uint8_t{sizeof(typename E::Src0)} : uint8_t{0}, sizeof(typename E::Src1)};
}

template <Opcode op, typename Half>
constexpr ElementOp RowOf(int sources) {
  if constexpr (op == Opcode::kVDfilt) {
    return {nullptr, 0, 0, 4};
  } else {
    return OpOf<Element<op, Half>>(sources);
  }
}

constexpr int kFirst = static_cast<int>(Opcode::kVAdd16);
constexpr int kNumOps = static_cast<int>(Opcode::kVDfilt) - kFirst + 1;

template <typename Half>
constexpr std::array<ElementOp, kNumOps> kTable = {
#define VECTOR_OP(opcode, name, sources, scalar, dest, src0, src1, wse2, wse3, source) \
  RowOf<Opcode::opcode, Half>(sources),
#include "fabric/isa/vector_ops.def"
#undef VECTOR_OP
};

}  // namespace

ElementOp ElementOpOf(Opcode opcode, arith::Fp16Format format, bool src1_is_scalar,
                      bool running_scalar) {
  return arith::WithFp16(format, [&](auto half) -> ElementOp {
    using Half = decltype(half);
    if (opcode == Opcode::kVFaddhs && (src1_is_scalar || running_scalar)) {
      return OpOf<ElementFaddhsOfF32<Half>>(2);
    }
    return kTable<Half>[static_cast<size_t>(static_cast<int>(opcode) - kFirst)];
  });
}

}  // namespace csl::isa
