// SPDX-License-Identifier: Apache-2.0
#include "fabric/pe/arena.h"

#include <gtest/gtest.h>

#include <cstring>
#include <new>
#include <vector>

#include "fabric/pe/arena_array.h"

namespace csl::fabric::pe {
namespace {

uintptr_t At(const void* place) { return reinterpret_cast<uintptr_t>(place); }

TEST(Arena, AlignsWhatItGives) {
  for (const size_t expected : {size_t{0}, 2 * Arena::kHugePageBytes}) {
    Arena arena(expected);
    for (size_t alignment = 1; alignment <= Arena::kMaxAlignment; alignment *= 2) {
      (void)arena.Allocate(1, 1);
      EXPECT_EQ(At(arena.Allocate(3, alignment)) % alignment, 0u) << alignment;
    }
  }
}

TEST(Arena, TakesChunksAlignedToHugePagesIfMuchIsExpected) {
  Arena arena(Arena::kHugePageBytes);
  EXPECT_EQ(arena.chunk_bytes(), 0u);
  EXPECT_EQ(At(arena.Allocate(64, 64)) % Arena::kHugePageBytes, 0u);
  EXPECT_EQ(arena.chunk_bytes() % Arena::kHugePageBytes, 0u);
}

TEST(Arena, KeepsEverythingApartOverManyChunks) {
  for (const size_t expected : {size_t{0}, Arena::kHugePageBytes}) {
    Arena arena(expected);
    std::vector<unsigned char*> blocks;
    const size_t bytes = 1000;
    for (int i = 0; i < 10'000; ++i) {
      blocks.push_back(static_cast<unsigned char*>(arena.Allocate(bytes, 8)));
      std::memset(blocks.back(), i & 0xff, bytes);
    }
    EXPECT_GE(arena.chunk_bytes(), bytes * blocks.size());
    for (size_t i = 0; i < blocks.size(); ++i) {
      ASSERT_EQ(blocks[i][0], i & 0xff);
      ASSERT_EQ(blocks[i][bytes - 1], i & 0xff);
    }
  }
}

TEST(Arena, GivesABlockThatIsLargerThanAChunk) {
  Arena arena;
  const size_t bytes = size_t{1} << 20;
  std::memset(arena.Allocate(bytes, 64), 1, bytes);
  EXPECT_GE(arena.chunk_bytes(), bytes);
}

TEST(Arena, ThrowsWhenThereIsNoMoreMemory) {
  Arena arena(0, size_t{256} << 10);
  const size_t bytes = size_t{32} << 10;
  for (int i = 0; i < 8; ++i) (void)arena.Allocate(bytes, 64);
  EXPECT_THROW((void)arena.Allocate(bytes, 64), std::bad_alloc);
  EXPECT_THROW((void)arena.Allocate(SIZE_MAX - 10, 1), std::bad_alloc);
  Arena huge(Arena::kHugePageBytes, Arena::kHugePageBytes);
  EXPECT_THROW((void)huge.Allocate(1, 1), std::bad_alloc);
}

TEST(ArenaArray, KeepsItsValuesWhenItGrows) {
  Arena arena;
  ArenaArray<int> array;
  EXPECT_TRUE(array.empty());
  array.Reserve(2, &arena);
  for (int i = 0; i < 20; ++i) array.Add(i, &arena);
  ASSERT_EQ(array.size(), 20u);
  EXPECT_EQ(At(array.begin()) % 64, 0u);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(array[static_cast<size_t>(i)], i);
}

}  // namespace
}  // namespace csl::fabric::pe
