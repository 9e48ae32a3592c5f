// SPDX-License-Identifier: Apache-2.0
// Thousands of damaged archives: none may crash the extractor, and a refused one leaves nothing
// behind.
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "base/archive/beneath.h"
#include "base/archive/extract.h"
#include "base/archive/pack.h"
#include "base/file.h"

namespace csl::archive {
namespace {

namespace fs = std::filesystem;

// A plain tar of two files and a link, by hand so that a flipped byte hits a header field and not a
// compressor.
std::vector<uint8_t> PlainTar() {
  std::vector<uint8_t> out;
  const auto add = [&out](const std::string& name, char type, const std::string& link,
                          const std::string& data) {
    std::vector<uint8_t> block(512, 0);
    const auto put = [&block](size_t at, const std::string& text) {
      std::copy(text.begin(), text.end(), block.begin() + static_cast<ptrdiff_t>(at));
    };
    char size[12];
    std::snprintf(size, sizeof size, "%011zo", data.size());
    put(0, name);
    put(100, "0000644");
    put(124, size);
    put(148, "        ");
    block[156] = static_cast<uint8_t>(type);
    put(157, link);
    put(257, std::string("ustar\0", 6) + "00");
    unsigned sum = 0;
    for (const uint8_t byte : block) sum += byte;
    char checksum[8];
    std::snprintf(checksum, sizeof checksum, "%06o", sum);
    put(148, checksum);
    out.insert(out.end(), block.begin(), block.end());
    out.insert(out.end(), data.begin(), data.end());
    out.resize((out.size() + 511) / 512 * 512);
  };
  add("d/", '5', "", "");
  add("d/a", '0', "", "hello");
  add("l", '2', "d/a", "");
  add("h", '1', "d/a", "");
  out.resize(out.size() + 1024);
  return out;
}

TEST(ArchiveFuzzSmokeTest, MutatedArchivesNeverCrashAndLeaveNothing) {
  const fs::path root = fs::path(::testing::TempDir()) / "fuzz";
  ASSERT_TRUE(RemoveTree(root).ok());
  fs::create_directories(root / "place");
  const std::vector<uint8_t> seed = PlainTar();
  ASSERT_TRUE(WriteFileAtomic(root / "in.tar", seed).ok());
  ASSERT_TRUE(Extract(root / "in.tar", root / "place" / "t").ok());
  ASSERT_TRUE(RemoveTree(root / "place" / "t").ok());
  std::mt19937 random(20);
  int refused = 0;
  for (int round = 0; round < 2000; ++round) {
    std::vector<uint8_t> bytes = seed;
    const int flips = 1 + static_cast<int>(random() % 4);
    for (int i = 0; i < flips; ++i) bytes[random() % bytes.size()] = static_cast<uint8_t>(random());
    if (round % 5 == 0) bytes.resize(random() % bytes.size());
    ASSERT_TRUE(WriteFileAtomic(root / "in.tar", bytes).ok());
    if (!Extract(root / "in.tar", root / "place" / "t").ok()) ++refused;
    ASSERT_TRUE(RemoveTree(root / "place" / "t").ok());
    ASSERT_TRUE(fs::is_empty(root / "place"));
  }
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace csl::archive
