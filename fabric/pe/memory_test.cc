// SPDX-License-Identifier: Apache-2.0
#include "fabric/pe/memory.h"

#include <gtest/gtest.h>

#include <vector>

#include "fabric/pe/scheduler.h"

namespace csl::fabric::pe {
namespace {

TEST(Memory, PagesAreSharedUntilWritten) {
  InitialMemory initial;
  ASSERT_TRUE(initial.Write(1022, std::vector<uint8_t>{1, 2, 3, 4}));
  Arena arena;
  PagePool pool(&arena);
  Memory a, b;
  a.Reset(initial, &pool);
  b.Reset(initial, &pool);
  uint32_t value = 0;
  ASSERT_TRUE(a.Load<uint32_t>(1022, &value));  // across two pages
  EXPECT_EQ(value, 0x04030201u);
  EXPECT_EQ(pool.num_pages(), 0u);
  ASSERT_TRUE(a.Store<uint32_t>(1022, 0x08070605));
  EXPECT_EQ(pool.num_pages(), 2u);
  EXPECT_EQ(a.num_owned_pages(), 2);
  ASSERT_TRUE(b.Load<uint32_t>(1022, &value));
  EXPECT_EQ(value, 0x04030201u);
  ASSERT_TRUE(a.Load<uint32_t>(1022, &value));
  EXPECT_EQ(value, 0x08070605u);
}

TEST(Memory, EndsAt48K) {
  InitialMemory initial;
  Arena arena;
  PagePool pool(&arena);
  Memory m;
  m.Reset(initial, &pool);
  uint32_t word = 1;
  EXPECT_TRUE(m.Store<uint32_t>(0xbffc, 7));
  EXPECT_TRUE(m.Load<uint32_t>(0xbffc, &word));
  EXPECT_EQ(word, 7u);
  EXPECT_FALSE(m.Load<uint32_t>(0xbffd, &word));
  EXPECT_FALSE(m.Store<uint32_t>(0xbffd, 1));
  EXPECT_FALSE(m.Store<uint8_t>(0xc000, 1));
  EXPECT_FALSE(m.Load<uint32_t>(0xfffe, &word));
  EXPECT_EQ(word, 7u);
  EXPECT_FALSE(m.Write(0xbfff, std::vector<uint8_t>(2)));
  EXPECT_FALSE(initial.Write(0xbfff, std::vector<uint8_t>(2)));
  EXPECT_TRUE(m.Write(0xc000, {}));
}

TEST(Scheduler, TakesTurnsAfterTheLastPick) {
  TaskBits tasks;
  for (const int id : {3, 9, 40}) tasks.Activate(id);
  EXPECT_EQ(tasks.Pick(), 3);
  tasks.Activate(3);  // re-activates itself: the others come first
  EXPECT_EQ(tasks.Pick(), 9);
  EXPECT_EQ(tasks.Pick(), 40);
  EXPECT_EQ(tasks.Pick(), 3);
  EXPECT_EQ(tasks.Pick(), -1);
}

TEST(Scheduler, BlockedTasksKeepTheirActivation) {
  TaskBits tasks;
  tasks.Block(5);
  tasks.Activate(5);
  tasks.Activate(5);  // one bit: activations collapse
  EXPECT_EQ(tasks.Pick(), -1);
  tasks.Unblock(5);
  EXPECT_EQ(tasks.Pick(), 5);
  EXPECT_EQ(tasks.Pick(), -1);
}

TEST(Scheduler, HighPriorityFirstAndOthersReadyForTheirOwnReasons) {
  TaskBits tasks;
  tasks.high_priority = uint64_t{1} << 20;
  tasks.Activate(1);
  tasks.Activate(20);
  EXPECT_EQ(tasks.Pick(uint64_t{1} << 63), 20);
  EXPECT_EQ(tasks.Pick(uint64_t{1} << 63), 63);
  EXPECT_EQ(tasks.Pick(), 1);
}

}  // namespace
}  // namespace csl::fabric::pe
