// SPDX-License-Identifier: Apache-2.0
// Every way to move lanes does the same.
#include "fabric/router/move_lanes.h"

#include <gtest/gtest.h>

#include <random>

namespace csl::fabric::router {
namespace {

// Spreads `lanes` over the first `words` slots.
LanesOfSlots Spread(uint64_t lanes, int words, std::mt19937_64* random) {
  LanesOfSlots out = {};
  for (uint64_t rest = lanes; rest != 0; rest &= rest - 1) {
    const uint64_t slot = (*random)() % static_cast<uint64_t>(words);
    out[slot] |= rest & ~(rest - 1);
  }
  return out;
}

TEST(MoveLanesTest, MovesTheLanesOfTheMasksAndNoOthers) {
  std::mt19937_64 random(1);
  for (const LaneMoves& moves : AvailableLaneMoves()) {
    for (int round = 0; round < 3000; ++round) {
      const int words = round % 2 == 0 ? 2 : 4;
      const int shift = round % 3 - 1;
      uint64_t lanes = round < 6 ? ~uint64_t{0} : random() & random();
      if (round % 5 == 0) lanes |= random();
      if (shift != 0) lanes &= ~(shift < 0 ? uint64_t{1} << 63 : uint64_t{1});
      const LanesOfSlots from_lanes = Spread(lanes, words, &random);
      const LanesOfSlots to_lanes = Spread(lanes, words, &random);
      uint32_t from[4][64];
      alignas(64) uint32_t to[4][64];
      for (uint32_t i = 0; i < 256; ++i) from[i / 64][i % 64] = 1000 + i, to[i / 64][i % 64] = i;
      moves.move(from, from_lanes, to, to_lanes, words, shift);
      for (size_t slot = 0; slot < 4; ++slot) {
        for (size_t i = 0; i < 64; ++i) {
          uint32_t expected = static_cast<uint32_t>(64 * slot + i);
          for (size_t a = 0; a < 4 && (to_lanes[slot] >> i & 1) != 0; ++a) {
            if ((from_lanes[a] >> i & 1) != 0) {
              expected = static_cast<uint32_t>(1000 + 64 * a + i) - static_cast<uint32_t>(shift);
            }
          }
          ASSERT_EQ(to[slot][i], expected) << moves.name << " slot " << slot << " lane " << i;
        }
      }
    }
  }
}

}  // namespace
}  // namespace csl::fabric::router
