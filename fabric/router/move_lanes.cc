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
void MoveRuns(const uint32_t* from, uint32_t* to, uint64_t lanes) {
  while (lanes != 0) {
    const int first = std::countr_zero(lanes);
    const int count = std::countr_one(lanes >> first);
    for (int lane = first; lane < first + count; ++lane) to[lane] = from[lane];
    if (first + count == 64) break;
    lanes &= ~uint64_t{0} << (first + count);
  }
}

void MovePortable(const uint32_t (*from)[64], const LanesOfSlots& from_lanes, Slots to,
                  const LanesOfSlots& to_lanes, int words, int shift) {
  for (size_t a = 0; a < static_cast<size_t>(words); ++a) {
    if (from_lanes[a] == 0) continue;
    for (size_t b = 0; b < static_cast<size_t>(words); ++b) {
      MoveRuns(from[a] - shift, to[b], from_lanes[a] & to_lanes[b]);
    }
  }
}

#if defined(__x86_64__)
__attribute__((target("avx512f"))) void MoveAvx512(const uint32_t (*from)[64],
                                                   const LanesOfSlots& from_lanes, Slots to,
                                                   const LanesOfSlots& to_lanes, int words,
                                                   int shift) {
  __m512i v0 = _mm512_setzero_si512();
  __m512i v1 = v0;
  __m512i v2 = v0;
  __m512i v3 = v0;
  for (int a = 0; a < words; ++a) {
    const uint64_t lanes = from_lanes[static_cast<size_t>(a)];
    if (lanes == 0) continue;
    const uint32_t* const slot = from[a] - shift;
    v0 = _mm512_mask_loadu_epi32(v0, static_cast<__mmask16>(lanes), slot);
    v1 = _mm512_mask_loadu_epi32(v1, static_cast<__mmask16>(lanes >> 16), slot + 16);
    v2 = _mm512_mask_loadu_epi32(v2, static_cast<__mmask16>(lanes >> 32), slot + 32);
    v3 = _mm512_mask_loadu_epi32(v3, static_cast<__mmask16>(lanes >> 48), slot + 48);
  }
  for (int b = 0; b < words; ++b) {
    const uint64_t lanes = to_lanes[static_cast<size_t>(b)];
    if (lanes == 0) continue;
    uint32_t* const slot = to[b];
    _mm512_mask_store_epi32(slot, static_cast<__mmask16>(lanes), v0);
    _mm512_mask_store_epi32(slot + 16, static_cast<__mmask16>(lanes >> 16), v1);
    _mm512_mask_store_epi32(slot + 32, static_cast<__mmask16>(lanes >> 32), v2);
    _mm512_mask_store_epi32(slot + 48, static_cast<__mmask16>(lanes >> 48), v3);
  }
}

__attribute__((target("avx2"))) void MoveAvx2(const uint32_t (*from)[64],
                                              const LanesOfSlots& from_lanes, Slots to,
                                              const LanesOfSlots& to_lanes, int words, int shift) {
  const __m256i bits = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
  const auto mask_of = [&](uint64_t lanes, int i) __attribute__((target("avx2"))) {
    const __m256i byte = _mm256_set1_epi32(static_cast<int>(lanes >> i & 0xff));
    return _mm256_cmpeq_epi32(_mm256_and_si256(byte, bits), bits);
  };
  for (int i = 0; i < 64; i += 8) {
    __m256i value = _mm256_setzero_si256();
    for (int a = 0; a < words; ++a) {
      const uint64_t lanes = from_lanes[static_cast<size_t>(a)];
      if ((lanes >> i & 0xff) == 0) continue;
      const auto* slot = reinterpret_cast<const int*>(from[a] - shift + i);
      value = _mm256_or_si256(value, _mm256_maskload_epi32(slot, mask_of(lanes, i)));
    }
    for (int b = 0; b < words; ++b) {
      const uint64_t lanes = to_lanes[static_cast<size_t>(b)];
      if ((lanes >> i & 0xff) == 0) continue;
      _mm256_maskstore_epi32(reinterpret_cast<int*>(to[b] + i), mask_of(lanes, i), value);
    }
  }
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
