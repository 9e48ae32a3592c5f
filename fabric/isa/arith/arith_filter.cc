// SPDX-License-Identifier: Apache-2.0
// Reads lines "format operation a b c" (bit patterns in hex, unused ones 0) and prints the result's
// bits in hex: lets a test compare the arithmetic with an oracle in another language.
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "fabric/isa/arith/arith.h"

namespace csl::isa::arith {
namespace {

template <typename F>
bool Common(const std::string& op, uint32_t x, uint32_t y, uint32_t z, uint32_t* r) {
  using Bits = typename F::Bits;
  const Bits a = static_cast<Bits>(x);
  const Bits b = static_cast<Bits>(y);
  const Bits c = static_cast<Bits>(z);
  if (op == "add") return *r = F::Add(a, b), true;
  if (op == "sub") return *r = F::Sub(a, b), true;
  if (op == "mul") return *r = F::Mul(a, b), true;
  if (op == "div") return *r = F::Div(a, b), true;
  if (op == "sqrt") return *r = F::Sqrt(a), true;
  if (op == "fma") return *r = F::Fma(a, b, c), true;
  if (op == "max") return *r = F::Max(a, b), true;
  if (op == "neg") return *r = F::Neg(a), true;
  if (op == "abs") return *r = F::Abs(a), true;
  if (op == "scale") return *r = F::Scale(a, static_cast<int16_t>(y)), true;
  if (op == "eq") return *r = F::Eq(a, b), true;
  if (op == "lt") return *r = F::Lt(a, b), true;
  if (op == "le") return *r = F::Le(a, b), true;
  if (op == "to_i16") return *r = static_cast<uint16_t>(F::template ToInt<int16_t>(a)), true;
  if (op == "to_u16") return *r = F::template ToInt<uint16_t>(a), true;
  if (op == "to_i32") return *r = static_cast<uint32_t>(F::template ToInt<int32_t>(a)), true;
  if (op == "to_u32") return *r = F::template ToInt<uint32_t>(a), true;
  if (op == "nearest_i16") {
    return *r = static_cast<uint16_t>(F::template ToIntNearest<int16_t>(a)), true;
  }
  if (op == "from_i32") return *r = F::FromInt(static_cast<int32_t>(x)), true;
  if (op == "from_u32") return *r = F::FromInt(x), true;
  return false;
}

template <typename F>
bool Mixed(const std::string& op, uint32_t x, uint32_t y, uint32_t z, uint32_t* r) {
  const auto b = static_cast<uint16_t>(y);
  const auto c = static_cast<uint16_t>(z);
  if (op == "to_f32") return *r = F::ToF32(static_cast<uint16_t>(x)), true;
  if (op == "from_f32") return *r = F::FromF32(x), true;
  if (op == "add_to_f32") return *r = F::AddToF32(x, b), true;
  if (op == "fma_to_f32") return *r = F::FmaToF32(x, b, c), true;
  return Common<F>(op, x, y, z, r);
}

bool Apply(const std::string& format, const std::string& op, uint32_t a, uint32_t b, uint32_t c,
           uint32_t* r) {
  if (format == "f32") return Common<F32>(op, a, b, c, r);
  if (format == "f16") return Mixed<F16>(op, a, b, c, r);
  if (format == "bf16") return Mixed<Bf16>(op, a, b, c, r);
  if (format == "cb16") return Mixed<Cb16>(op, a, b, c, r);
  return false;
}

}  // namespace
}  // namespace csl::isa::arith

int main() {
  char format[8];
  char op[16];
  uint32_t a, b, c;
  const csl::isa::arith::ScopedFloatMode mode;
  while (std::scanf("%7s %15s %" SCNx32 " %" SCNx32 " %" SCNx32, format, op, &a, &b, &c) == 5) {
    uint32_t r = 0;
    if (!csl::isa::arith::Apply(format, op, a, b, c, &r)) {
      std::fprintf(stderr, "unknown: %s %s\n", format, op);
      return 2;
    }
    std::printf("%" PRIx32 "\n", r);
  }
  return 0;
}
