// SPDX-License-Identifier: Apache-2.0
#include "appliance/artifacts/blob_reader.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <limits>
#include <string>

namespace csl::appliance {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kAll = std::numeric_limits<uint64_t>::max();

char ByteAt(uint64_t offset) { return static_cast<char>(offset * 2654435761u >> 13); }

std::shared_ptr<BlobFile> MakeBlob(uint64_t size, bool is_cached) {
  const fs::path path = fs::path(::testing::TempDir()) / "blob";
  fs::remove(path);
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  std::string bytes(size, '\0');
  for (uint64_t i = 0; i < size; ++i) bytes[i] = ByteAt(i);
  EXPECT_EQ(::write(fd, bytes.data(), size), static_cast<ssize_t>(size));
  if (!is_cached) {
    EXPECT_EQ(::fsync(fd), 0);
    EXPECT_EQ(::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
  }
  return std::make_shared<BlobFile>(fd);
}

void ExpectAll(BlobReader& reader, uint64_t from, uint64_t size, uint64_t most = kAll) {
  uint64_t at = from;
  for (std::string_view piece; !(piece = reader.Read(at, most)).empty(); at += piece.size()) {
    ASSERT_LE(piece.size(), most);
    for (size_t i = 0; i < piece.size(); i += 997) {
      ASSERT_EQ(piece[i], ByteAt(at + i)) << "at " << at + i;
    }
  }
  EXPECT_EQ(at, size);
}

TEST(BlobReaderTest, BlobsOfAnySizeAreReadCompletely) {
  for (const uint64_t size : {0u, 1u, 4096u, 300'001u, (64u << 20) + 5}) {
    for (const bool is_cached : {true, false}) {
      BlobReader reader(MakeBlob(size, is_cached));
      ExpectAll(reader, 0, size);
    }
  }
}

TEST(BlobReaderTest, AReadMayStartAnywhereAndBeShort) {
  const uint64_t size = (65u << 20) + 17;
  BlobReader reader(MakeBlob(size, false));
  for (const uint64_t from : {uint64_t{5}, uint64_t{4097}, size - 1, uint64_t{64} << 20}) {
    ExpectAll(reader, from, size, 100'000);
  }
  EXPECT_TRUE(reader.Read(size, 10).empty());
}

}  // namespace
}  // namespace csl::appliance
