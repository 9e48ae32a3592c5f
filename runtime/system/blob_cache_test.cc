// SPDX-License-Identifier: Apache-2.0
#include "runtime/system/blob_cache.h"

#include <gtest/gtest.h>

namespace csl::runtime {
namespace {

Blob Bytes(size_t count) { return std::make_shared<const std::vector<uint8_t>>(count); }

TEST(BlobCacheTest, ForgetsWhatWasUnusedForLongest) {
  BlobCache cache(10);
  cache.Add("a", Bytes(4));
  cache.Add("b", Bytes(4));
  EXPECT_NE(cache.Find("a"), nullptr);
  cache.Add("c", Bytes(4));
  EXPECT_EQ(cache.Find("b"), nullptr);
  EXPECT_NE(cache.Find("a"), nullptr);
  EXPECT_NE(cache.Find("c"), nullptr);
  EXPECT_EQ(cache.size_bytes(), 8u);
}

TEST(BlobCacheTest, KeepsNothingLargerThanItself) {
  BlobCache cache(10);
  cache.Add("a", Bytes(10));
  cache.Add("b", Bytes(11));
  EXPECT_NE(cache.Find("a"), nullptr);
  EXPECT_EQ(cache.Find("b"), nullptr);
  cache.Add("a", Bytes(10));
  EXPECT_EQ(cache.size_bytes(), 10u);
}

}  // namespace
}  // namespace csl::runtime
