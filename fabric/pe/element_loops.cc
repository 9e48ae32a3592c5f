// SPDX-License-Identifier: Apache-2.0
#include "fabric/pe/element_loops.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "fabric/isa/element_functions.h"

namespace csl::fabric::pe {
namespace {

using isa::ElementType;
using isa::Opcode;
using isa::arith::F16;

constexpr uint32_t kBlock = 16;

template <typename T>
T Get(const uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

template <typename E>
void InOrder(const ElementChunk& chunk) {
  ElementChunk c = chunk;  // local: stores to memory cannot change it
  for (; c.count > 0; --c.count) {
    const typename E::Dest result =
        E::Apply(Get<typename E::Src0>(c.src0), Get<typename E::Src1>(c.src1), c.scalar, c.carry);
    std::memcpy(c.dest, &result, sizeof(result));
    c.src0 += c.src0_step;
    c.src1 += c.src1_step;
    c.dest += c.dest_step;
  }
}

// Elements of a source for one block. One that stays has been read before.
template <typename T>
void TakeBlock(const uint8_t** at, std::ptrdiff_t step, T (&values)[kBlock]) {
  if (step == 0) return;
  std::memcpy(values, *at, sizeof(values));
  *at += sizeof(values);
}

// The compiler vectorises the loop over a block: nothing in it is memory of the PE.
template <typename E>
void Blocks(const ElementChunk& chunk) {
  ElementChunk c = chunk;
  typename E::Src0 a[kBlock];
  typename E::Src1 b[kBlock];
  typename E::Dest d[kBlock];
  std::fill_n(a, kBlock, Get<typename E::Src0>(c.src0));
  std::fill_n(b, kBlock, Get<typename E::Src1>(c.src1));
  for (; c.count >= kBlock; c.count -= kBlock) {
    TakeBlock(&c.src0, c.src0_step, a);
    TakeBlock(&c.src1, c.src1_step, b);
    for (uint32_t i = 0; i < kBlock; ++i) d[i] = E::Apply(a[i], b[i], c.scalar, nullptr);
    std::memcpy(c.dest, d, sizeof(d));
    c.dest += sizeof(d);
  }
  InOrder<E>(c);
}

template <typename E>
uint32_t Running(const ElementChunk& chunk, uint32_t first) {
  ElementChunk c = chunk;
  uint32_t value = first;
  for (; c.count > 0; --c.count) {
    const typename E::Dest result = E::Apply(static_cast<typename E::Src0>(value),
                                             Get<typename E::Src1>(c.src1), c.scalar, c.carry);
    std::memcpy(c.dest, &result, sizeof(result));
    value = result;
    c.src1 += c.src1_step;
    c.dest += c.dest_step;
  }
  return value;
}

template <typename E, Opcode op>
constexpr ElementLoops LoopsOf() {
  return {&InOrder<E>, op == Opcode::kVAddc16 ? nullptr : &Blocks<E>, &Running<E>};
}

// Loops of operations without 16-bit floats are the same in all formats.
template <Opcode op, bool has_half, typename Half>
constexpr ElementLoops RowOf() {
  if constexpr (op == Opcode::kVDfilt) {
    return {};
  } else {
    return LoopsOf<isa::Element<op, std::conditional_t<has_half, Half, F16>>, op>();
  }
}

constexpr bool IsHalf(ElementType type) { return type == ElementType::kF16; }

constexpr int kFirst = static_cast<int>(Opcode::kVAdd16);
constexpr int kNumOps = static_cast<int>(Opcode::kVDfilt) - kFirst + 1;

template <typename Half>
constexpr std::array<ElementLoops, kNumOps> kLoops = {
#define VECTOR_OP(opcode, name, sources, scalar, dest, src0, src1, wse2, wse3, source)       \
  RowOf<Opcode::opcode,                                                                      \
        IsHalf(ElementType::dest) || IsHalf(ElementType::src0) || IsHalf(ElementType::src1), \
        Half>(),
#include "fabric/isa/vector_ops.def"
#undef VECTOR_OP
};

bool Disjoint(const uint8_t* a, size_t a_size, const uint8_t* b, size_t b_size) {
  const auto x = reinterpret_cast<uintptr_t>(a);
  const auto y = reinterpret_cast<uintptr_t>(b);
  return x + a_size <= y || y + b_size <= x;
}

bool CanBlockSource(const ElementChunk& c, const isa::ElementOp& op, const uint8_t* source,
                    std::ptrdiff_t step, uint8_t bytes) {
  const size_t dest_size = size_t{c.count} * op.dest_bytes;
  if (step == 0) return Disjoint(source, bytes, c.dest, dest_size);
  if (step != bytes) return false;
  if (Disjoint(source, size_t{c.count} * bytes, c.dest, dest_size)) return true;
  // The destination runs behind the source, or in step with it.
  return bytes == op.dest_bytes && c.dest <= source;
}

}  // namespace

bool ElementLoops::CanBlock(const ElementChunk& c, const isa::ElementOp& op) {
  if (c.count < kBlock || c.dest_step != op.dest_bytes) return false;
  if (op.src0_bytes != 0 && !CanBlockSource(c, op, c.src0, c.src0_step, op.src0_bytes)) {
    return false;
  }
  return CanBlockSource(c, op, c.src1, c.src1_step, op.src1_bytes);
}

ElementLoops ElementLoopsOf(Opcode opcode, isa::arith::Fp16Format format, bool src1_is_scalar,
                            bool running_scalar) {
  return isa::arith::WithFp16(format, [&](auto half) -> ElementLoops {
    using Half = decltype(half);
    if (opcode == Opcode::kVFaddhs && (src1_is_scalar || running_scalar)) {
      return LoopsOf<isa::ElementFaddhsOfF32<Half>, Opcode::kVFaddhs>();
    }
    return kLoops<Half>[static_cast<size_t>(static_cast<int>(opcode) - kFirst)];
  });
}

}  // namespace csl::fabric::pe
