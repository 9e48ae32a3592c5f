// SPDX-License-Identifier: Apache-2.0
// Picks the arithmetic class of fabric/isa for a float type. Inside compiler/types only.
#ifndef COMPILER_TYPES_NUMBERS_H_
#define COMPILER_TYPES_NUMBERS_H_

#include "base/check.h"
#include "compiler/types/type_store.h"
#include "fabric/isa/arith/arith.h"

namespace csl::types {

// Calls f(F32{}), f(F16{}) ...: for fixed-width float types.
template <typename F>
decltype(auto) WithFloat(const TypeStore& s, TypeId t, F&& f) {
  namespace arith = isa::arith;
  switch (s.kind(t)) {
    case Kind::kF16:
      return f(arith::F16{});
    case Kind::kBf16:
      return f(arith::Bf16{});
    case Kind::kCb16:
      return f(arith::Cb16{});
    default:
      CHECK(t == kF32Type) << "no float type";
  }
  return f(arith::F32{});
}

}  // namespace csl::types

#endif  // COMPILER_TYPES_NUMBERS_H_
