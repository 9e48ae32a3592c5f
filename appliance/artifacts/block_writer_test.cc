// SPDX-License-Identifier: Apache-2.0
#include "appliance/artifacts/block_writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "base/digest/sha256.h"

namespace csl::appliance {
namespace {

namespace fs = std::filesystem;

constexpr size_t kBlockBytes = 1 << 20;

struct Freeing {
  void operator()(char* bytes) const { std::free(bytes); }
};

// Writes `size` bytes in blocks of a megabyte that begin at `offset` in aligned memory.
void WriteAndCompare(const fs::path& file, size_t size, size_t offset = 0) {
  const std::unique_ptr<char, Freeing> bytes(
      static_cast<char*>(std::aligned_alloc(BlockWriter::kAlignment, 2 * kBlockBytes)));
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  ASSERT_GE(fd, 0);
  BlockWriter writer(fd);
  Sha256 hash;
  for (size_t done = 0; done < size;) {
    const size_t count = std::min(kBlockBytes, size - done);
    for (size_t i = 0; i < count; ++i)
      bytes.get()[offset + i] = static_cast<char>((done + i) % 251);
    const std::string_view block(bytes.get() + offset, count);
    hash.Update(block);
    ASSERT_EQ(writer.Write(block), 0);
    done += count;
  }
  ::close(fd);
  EXPECT_EQ(fs::file_size(file), size);
  EXPECT_EQ(*Sha256HexOfFile(file), hash.FinishHex()) << size << " bytes";
}

TEST(BlockWriterTest, FilesOfAnyLengthHoldWhatWasWritten) {
  const fs::path file = fs::path(::testing::TempDir()) / "blocks";
  for (const size_t size : {size_t{0}, size_t{1}, size_t{4096}, kBlockBytes - 1, kBlockBytes,
                            3 * kBlockBytes + 4096, 3 * kBlockBytes + 5}) {
    WriteAndCompare(file, size);
  }
}

TEST(BlockWriterTest, ALongFileIsWrittenInBothWays) {
  WriteAndCompare(fs::path(::testing::TempDir()) / "blocks", 70 * kBlockBytes + 17);
}

TEST(BlockWriterTest, MemoryThatIsNotAlignedIsWrittenToo) {
  WriteAndCompare(fs::path(::testing::TempDir()) / "blocks", 2 * kBlockBytes, 8);
}

TEST(BlockWriterTest, AFileSystemInMemoryIsWrittenToo) {
  const int fd = ::memfd_create("blocks", MFD_CLOEXEC);
  ASSERT_GE(fd, 0);
  WriteAndCompare("/proc/self/fd/" + std::to_string(fd), 2 * kBlockBytes + 1);
  ::close(fd);
}

TEST(BlockWriterTest, AFullDiskIsAnError) {
  const int fd = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  EXPECT_EQ(BlockWriter(fd).Write("x"), ENOSPC);
  ::close(fd);
}

}  // namespace
}  // namespace csl::appliance
