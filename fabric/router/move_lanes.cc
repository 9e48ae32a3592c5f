// SPDX-License-Identifier: Apache-2.0
#include "fabric/router/move_lanes.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace csl::fabric::router {

void MovePortable(const uint32_t* from, uint32_t* to, uint64_t lanes) {
  while (lanes != 0) {
    const int first = std::countr_zero(lanes);
    const int count = std::countr_one(lanes >> first);
    for (int lane = first; lane < first + count; ++lane) to[lane] = from[lane];
    if (first + count == 64) return;
    lanes &= ~uint64_t{0} << (first + count);
  }
}

namespace {

#if defined(__x86_64__)
__attribute__((target("avx512f"))) void MoveAvx512(const uint32_t* from, uint32_t* to,
                                                   uint64_t lanes) {
  for (int i = 0; i < 64; i += 16) {
    const auto mask = static_cast<__mmask16>(lanes >> i);
    _mm512_mask_storeu_epi32(to + i, mask, _mm512_maskz_loadu_epi32(mask, from + i));
  }
}

__attribute__((target("avx2"))) void MoveAvx2(const uint32_t* from, uint32_t* to, uint64_t lanes) {
  const __m256i bits = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
  for (int i = 0; i < 64; i += 8, lanes >>= 8) {
    const __m256i byte = _mm256_set1_epi32(static_cast<int>(lanes & 0xff));
    const __m256i mask = _mm256_cmpeq_epi32(_mm256_and_si256(byte, bits), bits);
    const __m256i value = _mm256_maskload_epi32(reinterpret_cast<const int*>(from + i), mask);
    _mm256_maskstore_epi32(reinterpret_cast<int*>(to + i), mask, value);
  }
}
#endif

MoveLanesFunction* Choose() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f")) return MoveAvx512;
  if (__builtin_cpu_supports("avx2")) return MoveAvx2;
#endif
  return MovePortable;
}

}  // namespace

MoveLanesFunction* const kMoveWide = Choose();

const char* MoveLanesName() {
#if defined(__x86_64__)
  if (kMoveWide == MoveAvx512) return "avx512";
  if (kMoveWide == MoveAvx2) return "avx2";
#endif
  return "portable";
}

}  // namespace csl::fabric::router
