// SPDX-License-Identifier: Apache-2.0
// Blobs between their upload and the disk, and after a power cut in between.
#include "appliance/artifacts/kept_blobs.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <limits>
#include <thread>

#include "base/digest/sha256.h"
#include "base/file.h"

namespace csl::appliance {
namespace {

namespace fs = std::filesystem;

class KeptBlobsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
    Open();
  }
  void Open() {
    blobs_.reset();
    blobs_ = std::move(KeptBlobs::Open(folder_)).value();
  }
  Status Keep(const std::string& text) {
    const fs::path file = folder_ / "coming";
    RETURN_IF_ERROR(WriteFileAtomic(file, text));
    return blobs_->Keep(Sha256Hex(text), file);
  }
  // The state after a power cut: the blob `text` has the bytes `on_disk`.
  void LeaveFresh(const std::string& text, const std::string& on_disk) {
    blobs_.reset();
    ASSERT_TRUE(WriteFileAtomic(folder_ / "fresh" / Sha256Hex(text), on_disk).ok());
  }
  std::string Read(const std::string& text) {
    const auto file = blobs_->Read(Sha256Hex(text));
    if (!file.ok()) return std::string(StatusCodeText(file.status().code()));
    std::string found((*file)->size_bytes(), '\0');
    EXPECT_EQ(::pread((*file)->fd(), found.data(), found.size(), 0),
              static_cast<ssize_t>(found.size()));
    return found;
  }
  bool IsFresh(const std::string& text) const {
    return fs::exists(folder_ / "fresh" / Sha256Hex(text));
  }
  void AwaitSync(const std::string& text) {
    while (!blobs_->IsSynced(Sha256Hex(text))) std::this_thread::yield();
  }

  fs::path folder_;
  std::shared_ptr<KeptBlobs> blobs_;
};

TEST_F(KeptBlobsTest, ABlobIsReadableAtOnceAndSyncsByItself) {
  ASSERT_TRUE(Keep("abc").ok());
  EXPECT_EQ(Read("abc"), "abc");
  AwaitSync("abc");
  EXPECT_FALSE(IsFresh("abc"));
  EXPECT_EQ(Read("abc"), "abc");
  EXPECT_FALSE(fs::exists(folder_ / "coming"));
}

TEST_F(KeptBlobsTest, SyncReturnsWhenTheBlobIsOnTheDisk) {
  for (int i = 0; i < 50; ++i) {
    const std::string text = std::to_string(i);
    ASSERT_TRUE(Keep(text).ok());
    ASSERT_TRUE(blobs_->Sync(Sha256Hex(text)).ok());
    EXPECT_TRUE(blobs_->IsSynced(Sha256Hex(text)));
    EXPECT_FALSE(IsFresh(text));
  }
  EXPECT_EQ(blobs_->Sync(Sha256Hex("none")).code(), StatusCode::kNotFound);
}

TEST_F(KeptBlobsTest, ADamagedBlobIsRemovedAtStartup) {
  LeaveFresh("abcdef", "abc");
  LeaveFresh("whole", "whole");
  Open();
  EXPECT_EQ(Read("abcdef"), "not found");
  EXPECT_FALSE(IsFresh("abcdef"));
  EXPECT_EQ(Read("whole"), "whole");
  AwaitSync("whole");
  EXPECT_FALSE(blobs_->IsSynced(Sha256Hex("abcdef")));
}

TEST_F(KeptBlobsTest, SyncOfADamagedBlobIsNotFound) {
  LeaveFresh("abcdef", std::string("abc\0\0\0", 6));
  Open();
  EXPECT_EQ(blobs_->Sync(Sha256Hex("abcdef")).code(), StatusCode::kNotFound);
  EXPECT_FALSE(blobs_->IsSynced(Sha256Hex("abcdef")));
}

TEST_F(KeptBlobsTest, ADamagedBlobCanBeUploadedAgain) {
  LeaveFresh("abcdef", "abc");
  Open();
  ASSERT_TRUE(Keep("abcdef").ok());
  EXPECT_EQ(Read("abcdef"), "abcdef");
  EXPECT_TRUE(blobs_->Sync(Sha256Hex("abcdef")).ok());
  EXPECT_EQ(Read("abcdef"), "abcdef");
}

TEST_F(KeptBlobsTest, AnExistingBlobIsNotReplaced) {
  ASSERT_TRUE(Keep("abc").ok());
  ASSERT_TRUE(blobs_->Sync(Sha256Hex("abc")).ok());
  const auto before = *blobs_->Read(Sha256Hex("abc"));
  ASSERT_TRUE(Keep("abc").ok());
  EXPECT_FALSE(IsFresh("abc"));
  EXPECT_FALSE(fs::exists(folder_ / "coming"));
  EXPECT_TRUE(fs::equivalent("/proc/self/fd/" + std::to_string(before->fd()),
                             folder_ / Sha256Hex("abc").substr(0, 2) / Sha256Hex("abc")));
}

TEST_F(KeptBlobsTest, AnOpenBlobOutlivesItsName) {
  ASSERT_TRUE(Keep("abc").ok());
  const auto file = *blobs_->Read(Sha256Hex("abc"));
  ASSERT_TRUE(blobs_->Sync(Sha256Hex("abc")).ok());
  blobs_->RemoveIfOlder(Sha256Hex("abc"), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(Read("abc"), "not found");
  char text[3] = {};
  EXPECT_EQ(::pread(file->fd(), text, sizeof text, 0), 3);
  EXPECT_EQ(std::string(text, 3), "abc");
}

}  // namespace
}  // namespace csl::appliance
