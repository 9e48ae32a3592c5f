// SPDX-License-Identifier: Apache-2.0
#include "appliance/store/sqlite/group_sync.h"

#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <thread>
#include <vector>

namespace csl::appliance {
namespace {

std::filesystem::path SomeFile() {
  const auto path = std::filesystem::path(::testing::TempDir()) / "some-file";
  std::ofstream(path) << "x";
  return path;
}

TEST(GroupSyncTest, WhatIsDurableIsNotSyncedAgain) {
  std::atomic<int> syncs{0};
  GroupSync sync(SomeFile(), [&syncs](int) {
    ++syncs;
    return true;
  });
  sync.Await(0);
  EXPECT_EQ(syncs, 0);
  sync.Wrote(3);
  sync.Await(2);
  sync.Await(3);
  EXPECT_EQ(syncs, 1);
  sync.Wrote(4);
  sync.Await(4);
  EXPECT_EQ(syncs, 2);
}

TEST(GroupSyncTest, ThoseWhoComeWhileTheDiskIsBusyShareTheNextTurn) {
  std::atomic<int> syncs{0};
  std::promise<void> first;
  std::promise<void> release;
  const auto released = release.get_future().share();
  GroupSync sync(SomeFile(), [&](int) {
    if (++syncs == 1) {
      first.set_value();
      released.wait();
    }
    return true;
  });
  sync.Wrote(1);
  std::vector<std::thread> threads;
  threads.emplace_back([&sync] { sync.Await(1); });
  first.get_future().wait();
  // Written after the first turn began: it does not count for them.
  sync.Wrote(20);
  for (int64_t mark = 2; mark <= 20; ++mark) {
    threads.emplace_back([&sync, mark] { sync.Await(mark); });
  }
  release.set_value();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(syncs, 2);
}

TEST(GroupSyncDeathTest, ADiskThatFailsEndsTheProcess) {
  GroupSync sync(SomeFile(), [](int) { return false; });
  sync.Wrote(1);
  EXPECT_DEATH(sync.Await(1), "cannot write");
}

}  // namespace
}  // namespace csl::appliance
