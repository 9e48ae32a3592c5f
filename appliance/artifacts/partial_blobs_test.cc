// SPDX-License-Identifier: Apache-2.0
#include "appliance/artifacts/partial_blobs.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace csl::appliance {
namespace {

namespace fs = std::filesystem;
using Spans = std::vector<ByteSpan>;

class PartialBlobsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
    Open();
  }
  void Open() { blobs_ = std::move(PartialBlobs::Open(folder_ / "partial")).value(); }
  std::shared_ptr<PartialBlob> Get(const std::string& owner = "ada") {
    return std::move(blobs_->Get(owner, digest_, text_.size())).value();
  }
  Status Put(PartialBlob& blob, uint64_t begin, uint64_t end) {
    RETURN_IF_ERROR(blob.Reserve({begin, end}));
    RETURN_IF_ERROR(blob.Write(begin, text_.substr(begin, end - begin)));
    return blob.Release({begin, end}, end - begin);
  }
  size_t Files() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(folder_ / "partial"), fs::directory_iterator()));
  }
  StatusOr<bool> Finish(const std::shared_ptr<PartialBlob>& blob) {
    fs::create_directories(folder_ / "kept");
    return blobs_->Finish(blob, [this](const fs::path& file) {
      fs::rename(file, folder_ / "kept" / digest_);
      return OkStatus();
    });
  }

  const std::string text_ = "abcdefghij";
  const std::string digest_ = Sha256Hex(text_);
  fs::path folder_;
  std::unique_ptr<PartialBlobs> blobs_;
};

TEST_F(PartialBlobsTest, PartsInAnyOrderMakeTheBlob) {
  const auto blob = Get();
  ASSERT_TRUE(Put(*blob, 6, 10).ok());
  ASSERT_TRUE(Put(*blob, 0, 3).ok());
  EXPECT_EQ(blob->Received(), (Spans{{0, 3}, {6, 10}}));
  EXPECT_FALSE(blob->IsWhole());
  ASSERT_TRUE(Put(*blob, 3, 6).ok());
  ASSERT_TRUE(blob->IsWhole());
  EXPECT_TRUE(*Finish(blob));
  EXPECT_FALSE(*Finish(blob)) << "the first alone";
  EXPECT_EQ(*ReadTextFile(folder_ / "kept" / digest_), text_);
  EXPECT_EQ(Files(), 0u);
  EXPECT_EQ(blobs_->Find("ada", digest_), nullptr);
}

TEST_F(PartialBlobsTest, WhatIsThereIsNeverWrittenAgain) {
  const auto blob = Get();
  ASSERT_TRUE(Put(*blob, 0, 5).ok());
  EXPECT_EQ(blob->Reserve({4, 6}).code(), StatusCode::kAlreadyExists);
  ASSERT_TRUE(blob->Reserve({5, 8}).ok());
  EXPECT_EQ(blob->Reserve({7, 10}).code(), StatusCode::kUnavailable) << "it is on its way";
  ASSERT_TRUE(blob->Release({5, 8}, 0).ok());
  EXPECT_TRUE(Put(*blob, 7, 10).ok());
  EXPECT_EQ(blob->Reserve({5, 11}).code(), StatusCode::kOutOfRange);
  EXPECT_EQ(blob->Reserve({5, 5}).code(), StatusCode::kOutOfRange);
}

TEST_F(PartialBlobsTest, APartThatWasCutCountsAsFarAsItCame) {
  const auto blob = Get();
  ASSERT_TRUE(blob->Reserve({0, 8}).ok());
  ASSERT_TRUE(blob->Write(0, "abc").ok());
  ASSERT_TRUE(blob->Release({0, 8}, 3).ok());
  EXPECT_EQ(blob->Received(), (Spans{{0, 3}}));
}

TEST_F(PartialBlobsTest, TheNextServiceContinuesWithThem) {
  ASSERT_TRUE(Put(*Get(), 2, 5).ok());
  Open();
  const auto blob = Get();
  EXPECT_EQ(blob->Received(), (Spans{{2, 5}}));
  ASSERT_TRUE(Put(*blob, 0, 2).ok() && Put(*blob, 5, 10).ok());
  EXPECT_TRUE(*Finish(blob));
  EXPECT_EQ(*ReadTextFile(folder_ / "kept" / digest_), text_);
}

TEST_F(PartialBlobsTest, FilesThatNoRecordNamesAreRemoved) {
  ASSERT_TRUE(Put(*Get(), 2, 5).ok());
  ASSERT_TRUE(WriteFileAtomic(folder_ / "partial" / "x.data", std::string_view("x")).ok());
  ASSERT_TRUE(WriteFileAtomic(folder_ / "partial" / "y.parts", std::string_view("y\nz 5\n")).ok());
  Open();
  EXPECT_EQ(Files(), 2u);
}

TEST_F(PartialBlobsTest, OtherBytesThanPromisedAreNotKept) {
  const auto blob = Get();
  ASSERT_TRUE(blob->Reserve({0, 10}).ok());
  ASSERT_TRUE(blob->Write(0, "abcdefghiX").ok());
  ASSERT_TRUE(blob->Release({0, 10}, 10).ok());
  EXPECT_EQ(Finish(blob).status().code(), StatusCode::kInvalidArgument);
  EXPECT_FALSE(fs::exists(folder_ / "kept" / digest_));
  EXPECT_EQ(Files(), 0u);
  EXPECT_EQ(Get()->Received(), Spans{});
}

TEST_F(PartialBlobsTest, EachSenderHasItsOwn) {
  ASSERT_TRUE(Put(*Get("ada"), 0, 10).ok());
  EXPECT_EQ(Get("eve")->Received(), Spans{});
  EXPECT_EQ(blobs_->Find("bob", digest_), nullptr);
  EXPECT_EQ(blobs_->Get("ada", digest_, 11).status().code(), StatusCode::kInvalidArgument);
}

TEST_F(PartialBlobsTest, ASenderHasSoManyAndNoMore) {
  for (size_t i = 0; i < PartialBlobs::kMaxEach; ++i) {
    ASSERT_TRUE(blobs_->Get("ada", Sha256Hex(std::to_string(i)), 10).ok());
  }
  EXPECT_EQ(blobs_->OtherBytes("ada", Sha256Hex("0")), 10 * (PartialBlobs::kMaxEach - 1));
  EXPECT_EQ(blobs_->Get("ada", digest_, 10).status().code(), StatusCode::kResourceExhausted);
  EXPECT_TRUE(blobs_->Get("eve", digest_, 10).ok());
}

TEST_F(PartialBlobsTest, WhatNobodySendsAnyMoreIsForgotten) {
  const auto blob = Get();
  ASSERT_TRUE(Put(*blob, 0, 5).ok());
  blobs_->ForgetOlder(0);
  EXPECT_NE(blobs_->Find("ada", digest_), nullptr);
  ASSERT_TRUE(blob->Reserve({5, 6}).ok());
  constexpr int64_t kNever = int64_t{1} << 60;
  blobs_->ForgetOlder(kNever);
  EXPECT_NE(blobs_->Find("ada", digest_), nullptr) << "a part is on its way";
  ASSERT_TRUE(blob->Release({5, 6}, 0).ok());
  blobs_->ForgetOlder(kNever);
  EXPECT_EQ(blobs_->Find("ada", digest_), nullptr);
  EXPECT_EQ(Files(), 0u);
}

}  // namespace
}  // namespace csl::appliance
