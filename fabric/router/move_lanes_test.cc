// SPDX-License-Identifier: Apache-2.0
// Every way to move lanes does the same.
#include "fabric/router/move_lanes.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <random>

namespace csl::fabric::router {
namespace {

TEST(MoveLanesTest, MovesTheLanesOfTheMaskAndNoOthers) {
  std::mt19937_64 random(1);
  for (const LaneMoves& moves : AvailableLaneMoves()) {
    for (int round = 0; round < 1000; ++round) {
      const uint64_t lanes = round == 0   ? ~uint64_t{0}
                             : round == 1 ? 0
                             : round % 2  ? random() & random() & random()
                                          : random() | random();
      std::array<uint32_t, 64> from;
      std::array<uint32_t, 64> to;
      for (uint32_t i = 0; i < 64; ++i) from[i] = 100 + i, to[i] = i;
      EXPECT_EQ(moves.move(from.data(), to.data(), lanes), std::popcount(lanes)) << moves.name;
      for (uint32_t i = 0; i < 64; ++i) {
        EXPECT_EQ(to[i], (lanes >> i & 1) != 0 ? 100 + i : i) << moves.name;
      }
    }
  }
}

TEST(MoveLanesTest, ShiftsLanes) {
  for (const uint64_t lanes : {uint64_t{1} << 7, uint64_t{0xf0} << 56, uint64_t{0x10101}}) {
    for (const int shift : {-1, 0, 1}) {
      std::array<uint32_t, 64> array;
      for (uint32_t i = 0; i < 64; ++i) array[i] = i;
      std::array<uint32_t, 64> to = {};
      const uint64_t inside = shift < 0 ? lanes & ~(uint64_t{1} << 63) : lanes & ~uint64_t{1};
      MoveLanes(array.data(), to.data(), inside, shift);
      for (int i = 0; i < 64; ++i) {
        const uint32_t moved = (inside >> i & 1) != 0 ? static_cast<uint32_t>(i - shift) : 0;
        EXPECT_EQ(to[static_cast<size_t>(i)], moved) << shift;
      }
    }
  }
}

}  // namespace
}  // namespace csl::fabric::router
