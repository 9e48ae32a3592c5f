// SPDX-License-Identifier: Apache-2.0
#include "fabric/router/move_lanes.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <bit>
#include <cstdlib>
#include <string_view>

namespace csl::fabric::router {
namespace {

// Runs of lanes, one after the other.
int MovePortable(const uint32_t* from, uint32_t* to, uint64_t lanes) {
  int moved = 0;
  while (lanes != 0) {
    const int first = std::countr_zero(lanes);
    const int count = std::countr_one(lanes >> first);
    for (int lane = first; lane < first + count; ++lane) to[lane] = from[lane];
    moved += count;
    if (first + count == 64) break;
    lanes &= ~uint64_t{0} << (first + count);
  }
  return moved;
}

#if defined(__x86_64__)
__attribute__((target("avx512f,popcnt"))) int MoveAvx512(const uint32_t* from, uint32_t* to,
                                                         uint64_t lanes) {
  for (int i = 0; i < 64; i += 16) {
    const auto mask = static_cast<__mmask16>(lanes >> i);
    _mm512_mask_storeu_epi32(to + i, mask, _mm512_maskz_loadu_epi32(mask, from + i));
  }
  return static_cast<int>(_mm_popcnt_u64(lanes));
}

__attribute__((target("avx2,popcnt"))) int MoveAvx2(const uint32_t* from, uint32_t* to,
                                                    uint64_t lanes) {
  const auto moved = static_cast<int>(_mm_popcnt_u64(lanes));
  const __m256i bits = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
  for (int i = 0; i < 64; i += 8, lanes >>= 8) {
    const __m256i byte = _mm256_set1_epi32(static_cast<int>(lanes & 0xff));
    const __m256i mask = _mm256_cmpeq_epi32(_mm256_and_si256(byte, bits), bits);
    const __m256i value = _mm256_maskload_epi32(reinterpret_cast<const int*>(from + i), mask);
    _mm256_maskstore_epi32(reinterpret_cast<int*>(to + i), mask, value);
  }
  return moved;
}
#endif

LaneMoves Choose() {
  const std::vector<LaneMoves> available = AvailableLaneMoves();
  const char* wanted = std::getenv("CSL_LANE_MOVES");
  for (const LaneMoves& moves : available) {
    if (wanted != nullptr && moves.name == std::string_view(wanted)) return moves;
  }
  return available.front();
}

}  // namespace

std::vector<LaneMoves> AvailableLaneMoves() {
  std::vector<LaneMoves> out;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f")) out.push_back({"avx512", MoveAvx512});
  if (__builtin_cpu_supports("avx2")) out.push_back({"avx2", MoveAvx2});
#endif
  out.push_back({"portable", MovePortable});
  return out;
}

const LaneMoves kLaneMoves = Choose();

}  // namespace csl::fabric::router
