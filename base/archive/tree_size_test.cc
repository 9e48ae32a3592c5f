// SPDX-License-Identifier: Apache-2.0
#include "base/archive/tree_size.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "base/archive/beneath.h"
#include "base/file.h"

namespace csl::archive {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kNoLimit = UINT64_MAX;
constexpr uint64_t kMegabyte = 1 << 20;

class TreeSizeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::path(::testing::TempDir()) /
            ::testing::UnitTest::GetInstance()->current_test_info()->name();
    ASSERT_TRUE(RemoveTree(root_).ok());
    fs::create_directories(root_ / "tree");
  }
  void TearDown() override { EXPECT_TRUE(RemoveTree(root_).ok()); }
  uint64_t Bytes() { return *TreeBytes(root_ / "tree", kNoLimit); }

  // A chain of folders that no path can name, with a file of a megabyte at its end.
  void MakeChain(const fs::path& top, int depth) {
    fs::create_directories(top);
    Fd at(::open(top.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    for (int i = 0; i < depth; ++i) {
      ASSERT_EQ(::mkdirat(at.get(), "d", 0755), 0);
      at = Fd(::openat(at.get(), "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    }
    const Fd file(::openat(at.get(), "f", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    const std::string bytes(kMegabyte, 'x');
    ASSERT_EQ(::write(file.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(kMegabyte));
  }

  fs::path root_;
};

TEST_F(TreeSizeTest, CountsBlocksAndEntries) {
  EXPECT_EQ(Bytes(), 0u);
  ASSERT_TRUE(WriteFileAtomic(root_ / "tree/a", std::string(kMegabyte, 'x')).ok());
  EXPECT_GE(Bytes(), kMegabyte);
  EXPECT_LT(Bytes(), kMegabyte + 64 * 1024);
  const uint64_t before = Bytes();
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(WriteFileAtomic(root_ / "tree" / std::to_string(i), "").ok());
  }
  EXPECT_GE(Bytes(), before + 100 * kBytesOfAnEntry);
}

TEST_F(TreeSizeTest, ASparseFileIsItsBlocksAndAFileOfTwoNamesIsOne) {
  ASSERT_TRUE(WriteFileAtomic(root_ / "tree/sparse", "").ok());
  fs::resize_file(root_ / "tree/sparse", 1ull << 40);
  EXPECT_LT(Bytes(), kMegabyte);
  ASSERT_TRUE(WriteFileAtomic(root_ / "tree/a", std::string(kMegabyte, 'x')).ok());
  fs::create_hard_link(root_ / "tree/a", root_ / "tree/b");
  EXPECT_GE(Bytes(), kMegabyte);
  EXPECT_LT(Bytes(), 2 * kMegabyte);
}

TEST_F(TreeSizeTest, LinksLeadNowhere) {
  ASSERT_TRUE(WriteFileAtomic(root_ / "outside", std::string(kMegabyte, 'x')).ok());
  fs::create_symlink(root_, root_ / "tree/out");
  fs::create_symlink(root_ / "outside", root_ / "tree/file");
  EXPECT_LT(Bytes(), kMegabyte);
}

TEST_F(TreeSizeTest, NoDepthHidesAFile) {
  MakeChain(root_ / "tree", 5000);
  EXPECT_GE(Bytes(), kMegabyte + 5000 * kBytesOfAnEntry);
}

TEST_F(TreeSizeTest, MoreDeepFoldersThanCanBeCountedAreSaidToBe) {
  fs::path deep = root_ / "tree";
  for (int i = 0; i < 256; ++i) deep /= "d";
  for (int i = 0; i < 300; ++i) fs::create_directories(deep / std::to_string(i));
  EXPECT_EQ(TreeBytes(root_ / "tree", kNoLimit).status().code(), StatusCode::kOutOfRange);
}

TEST_F(TreeSizeTest, CountingEndsAboveTheLimit) {
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(WriteFileAtomic(root_ / "tree" / std::to_string(i), "").ok());
  }
  const uint64_t bytes = *TreeBytes(root_ / "tree", 10 * kBytesOfAnEntry);
  EXPECT_GT(bytes, 10 * kBytesOfAnEntry);
  EXPECT_LT(bytes, 20 * kBytesOfAnEntry);
}

}  // namespace
}  // namespace csl::archive
