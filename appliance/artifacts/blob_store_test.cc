// SPDX-License-Identifier: Apache-2.0
#include "appliance/artifacts/blob_store.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <limits>

#include "base/file.h"

namespace csl::appliance {
namespace {

namespace fs = std::filesystem;

std::string TextOf(BlobStore& store, const std::string& digest) {
  const auto file = store.kept().Read(digest);
  if (!file.ok()) return file.status().message();
  std::string text((*file)->size_bytes(), '\0');
  EXPECT_EQ(::pread((*file)->fd(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  return text;
}

class BlobStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
    store_ = std::move(BlobStore::Open(folder_, 10)).value();
  }
  size_t Incoming() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(folder_ / "incoming"), fs::directory_iterator()));
  }
  fs::path folder_;
  std::unique_ptr<BlobStore> store_;
};

TEST_F(BlobStoreTest, ABlobIsFoundByTheDigestOfItsBytes) {
  const std::string digest = Sha256Hex("abc");
  EXPECT_EQ(store_->kept().Read(digest).status().code(), StatusCode::kNotFound);
  for (int i = 0; i < 2; ++i) {
    auto writer = std::move(store_->Begin()).value();
    ASSERT_TRUE(writer->Append("a").ok());
    ASSERT_TRUE(writer->Append("bc").ok());
    ASSERT_TRUE(writer->Commit(digest).ok());
  }
  EXPECT_EQ(TextOf(*store_, digest), "abc");
  EXPECT_EQ(Incoming(), 0u);
}

TEST_F(BlobStoreTest, OtherBytesThanPromisedAreNotKept) {
  auto writer = std::move(store_->Begin()).value();
  ASSERT_TRUE(writer->Append("abd").ok());
  EXPECT_EQ(writer->Commit(Sha256Hex("abc")).code(), StatusCode::kInvalidArgument);
  writer.reset();
  EXPECT_EQ(Incoming(), 0u);
  EXPECT_FALSE(store_->kept().Read(Sha256Hex("abd")).ok());
}

TEST_F(BlobStoreTest, TheLimitHoldsAndFailsOnePast) {
  auto writer = std::move(store_->Begin()).value();
  EXPECT_TRUE(writer->Append(std::string(10, 'x')).ok());
  EXPECT_EQ(writer->Append("x").code(), StatusCode::kResourceExhausted);
}

TEST_F(BlobStoreTest, OpeningRemovesUnfinishedUploads) {
  ASSERT_TRUE(WriteFileAtomic(folder_ / "incoming" / "left", std::string_view("x")).ok());
  store_ = std::move(BlobStore::Open(folder_)).value();
  EXPECT_EQ(Incoming(), 0u);
}

TEST_F(BlobStoreTest, OldOnesGoUnlessTheyWereWantedAgain) {
  const auto store = std::move(BlobStore::Open(folder_)).value();
  std::vector<std::string> digests;
  for (const std::string& text : {std::string("a"), std::string("b"), std::string("c")}) {
    auto writer = std::move(store->Begin()).value();
    ASSERT_TRUE(writer->Append(text).ok());
    digests.push_back(Sha256Hex(text));
    ASSERT_TRUE(writer->Commit(digests.back()).ok());
    ASSERT_TRUE(store->kept().Sync(digests.back()).ok());
    const timespec old[2] = {{1'000, 0}, {1'000, 0}};
    ASSERT_EQ(::futimens((*store->kept().Read(digests.back()))->fd(), old), 0);
  }
  constexpr int64_t kLater = 2'000'000;
  EXPECT_TRUE(store->OlderThan(1'000'000).empty());
  EXPECT_EQ(store->OlderThan(kLater).size(), 3u);
  ASSERT_TRUE(store->kept().Touch(digests[0]).ok());
  auto again = std::move(store->Begin()).value();
  ASSERT_TRUE(again->Append("b").ok());
  ASSERT_TRUE(again->Commit(digests[1]).ok());
  EXPECT_EQ(store->OlderThan(kLater), std::vector<std::string>{digests[2]});
  for (const std::string& digest : digests) store->RemoveIfOlder(digest, kLater);
  store->RemoveIfOlder(std::string(64, 'f'), kLater);
  EXPECT_TRUE(store->kept().Read(digests[0]).ok() && store->kept().Read(digests[1]).ok());
  EXPECT_EQ(store->kept().Read(digests[2]).status().code(), StatusCode::kNotFound);
}

TEST_F(BlobStoreTest, AnExistingBlobIsNotWrittenAgain) {
  const std::string digest = Sha256Hex("abc");
  auto first = std::move(store_->Begin(digest)).value();
  ASSERT_TRUE(first->Append("abc").ok());
  ASSERT_TRUE(first->Commit(digest).ok());
  auto again = std::move(store_->Begin(digest)).value();
  EXPECT_EQ(Incoming(), 0u);
  ASSERT_TRUE(again->Append("abc").ok());
  EXPECT_TRUE(again->Commit(digest).ok());
  auto liar = std::move(store_->Begin(digest)).value();
  ASSERT_TRUE(liar->Append("abd").ok());
  EXPECT_EQ(liar->Commit(digest).code(), StatusCode::kInvalidArgument)
      << "the sender must have the bytes";
  EXPECT_EQ(TextOf(*store_, digest), "abc");
}

TEST_F(BlobStoreTest, ABlobRemovedDuringItsUploadIsUnavailable) {
  const std::string digest = Sha256Hex("abc");
  auto first = std::move(store_->Begin(digest)).value();
  ASSERT_TRUE(first->Append("abc").ok());
  ASSERT_TRUE(first->Commit(digest).ok());
  ASSERT_TRUE(store_->kept().Sync(digest).ok());
  auto again = std::move(store_->Begin(digest)).value();
  ASSERT_TRUE(again->Append("abc").ok());
  store_->RemoveIfOlder(digest, std::numeric_limits<int64_t>::max());
  EXPECT_EQ(again->Commit(digest).code(), StatusCode::kUnavailable);
}

}  // namespace
}  // namespace csl::appliance
