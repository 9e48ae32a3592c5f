// SPDX-License-Identifier: Apache-2.0
#include "worker/agent/blob_cache.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace csl::worker {
namespace {

namespace fs = std::filesystem;

class BlobCacheTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  fs::path File(const std::string& name, size_t size_bytes) {
    EXPECT_TRUE(WriteFileAtomic(folder_ / name, std::string(size_bytes, name[0])).ok());
    return folder_ / name;
  }
  bool Has(BlobCache& cache, const std::string& digest) {
    return cache.Link(digest, folder_ / ("got-" + std::to_string(next_++)));
  }
  fs::path folder_;
  int next_ = 0;
};

TEST_F(BlobCacheTest, ABlobOutlivesTheFileThatItCameFrom) {
  BlobCache cache(folder_ / "blobs", 100);
  EXPECT_FALSE(cache.Link("a", folder_ / "got"));
  cache.Keep("a", File("a", 10));
  fs::remove(folder_ / "a");
  ASSERT_TRUE(cache.Link("a", folder_ / "got"));
  EXPECT_EQ(*ReadTextFile(folder_ / "got"), "aaaaaaaaaa");
}

TEST_F(BlobCacheTest, WhatWasWantedLongestAgoGoesFirst) {
  BlobCache cache(folder_ / "blobs", 40);
  for (const char* name : {"a", "b", "c", "d"}) cache.Keep(name, File(name, 10));
  EXPECT_TRUE(Has(cache, "a"));
  cache.Keep("e", File("e", 10));
  EXPECT_TRUE(Has(cache, "a") && Has(cache, "e"));
  EXPECT_FALSE(Has(cache, "b"));
  EXPECT_FALSE(fs::exists(folder_ / "blobs" / "b"));
}

TEST_F(BlobCacheTest, OneThatIsTooLargeIsNotKeptAndTakesNobodysPlace) {
  BlobCache cache(folder_ / "blobs", 40);
  cache.Keep("a", File("a", 10));
  cache.Keep("large", File("large", 11));
  EXPECT_TRUE(Has(cache, "a"));
  EXPECT_FALSE(Has(cache, "large"));
  BlobCache none(folder_ / "none", 0);
  none.Keep("a", File("a", 1));
  EXPECT_FALSE(Has(none, "a"));
}

}  // namespace
}  // namespace csl::worker
