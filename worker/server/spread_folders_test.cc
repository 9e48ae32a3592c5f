// SPDX-License-Identifier: Apache-2.0
#include "worker/server/spread_folders.h"

#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <set>

namespace csl::worker {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kInodesOfAGroup = 8192;  // of ext4, at its usual sizes

TEST(SpreadFoldersTest, SubfoldersOnExt4AreInDifferentBlockGroups) {
  const fs::path folder = fs::path(::testing::TempDir()) / "spread";
  fs::remove_all(folder);
  fs::create_directories(folder);
  struct statfs info {};
  ASSERT_EQ(::statfs(folder.c_str(), &info), 0);
  if (info.f_type != EXT4_SUPER_MAGIC) GTEST_SKIP() << "not on ext4";
  if (static_cast<uint64_t>(info.f_files) < 64 * kInodesOfAGroup) GTEST_SKIP() << "a small disk";
  ASSERT_TRUE(SpreadFolders(folder));
  std::set<uint64_t> groups;
  for (int i = 0; i < 32; ++i) {
    const fs::path one = folder / std::to_string(i);
    fs::create_directory(one);
    struct stat made {};
    ASSERT_EQ(::stat(one.c_str(), &made), 0);
    groups.insert(made.st_ino / kInodesOfAGroup);
  }
  EXPECT_GT(groups.size(), 4u);
}

TEST(SpreadFoldersTest, AFileSystemWithoutTheHintReturnsFalse) {
  EXPECT_FALSE(SpreadFolders("/proc"));
  EXPECT_FALSE(SpreadFolders("/no/such/folder"));
}

}  // namespace
}  // namespace csl::worker
