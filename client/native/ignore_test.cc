// SPDX-License-Identifier: Apache-2.0
#include "client/native/ignore.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"

namespace csl::client {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

struct Case {
  const char* patterns;
  const char* path;
  bool is_folder;
  int decides;
};

class PatternTest : public ::testing::TestWithParam<Case> {};

TEST_P(PatternTest, Decides) {
  const Case& one = GetParam();
  const auto file = IgnoreFile::Parse(one.patterns, kIgnoreFile);
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_EQ(file->Decides(one.path, one.is_folder), one.decides)
      << one.patterns << " on " << one.path;
}

constexpr Case kCases[] = {
    // Names, at any depth.
    {"*.npy", "a.npy", false, 1},
    {"*.npy", "sub/deep/a.npy", false, 1},
    {"*.npy", "a.npyx", false, -1},
    {"core.?", "core.1", false, 1},
    {"core.?", "core.12", false, -1},
    {"[a-c].csl", "b.csl", false, 1},
    {"[!a-c].csl", "b.csl", false, -1},
    // With a slash they count from the file's folder.
    {"/notes.txt", "notes.txt", false, 1},
    {"/notes.txt", "sub/notes.txt", false, -1},
    {"data/*.bin", "data/a.bin", false, 1},
    {"data/*.bin", "data/sub/a.bin", false, -1},
    {"data/*.bin", "sub/data/a.bin", false, -1},
    // Folders.
    {"data/", "data", true, 1},
    {"data/", "data", false, -1},
    {"data/", "sub/data", true, 1},
    // Any number of folders.
    {"runs/**/core", "runs/core", false, 1},
    {"runs/**/core", "runs/a/b/core", false, 1},
    {"runs/**/core", "core", false, -1},
    {"**/big/*", "a/big/x", false, 1},
    {"big/**", "big", true, -1},
    {"big/**", "big/x", true, 1},
    {"**", "anything", false, 1},
    // The last that fits decides.
    {"*.npy\n!small.npy", "small.npy", false, 0},
    {"!small.npy\n*.npy", "small.npy", false, 1},
    // Comments, blanks, and line ends of another system.
    {"# *.csl\n\n*.npy\r\n", "a.csl", false, -1},
    {"# *.csl\n\n*.npy\r\n", "a.npy", false, 1},
    {"\\#odd", "#odd", false, 1},
};
INSTANTIATE_TEST_SUITE_P(Cases, PatternTest, ::testing::ValuesIn(kCases));

TEST(IgnoreTest, WhatIsNotAPatternIsNamedWithItsLine) {
  for (const char* text : {"ok\n[a\n", "ok\n\\\n", "ok\n/\n", "ok\n!\n", "ok\n../up\n"}) {
    const auto file = IgnoreFile::Parse(text, "x/.csignore");
    ASSERT_FALSE(file.ok()) << text;
    EXPECT_THAT(file.status().message(), HasSubstr("x/.csignore:2: '"));
  }
}

TEST(IgnoreTest, ManyStarsTakeNoTime) {
  std::string pattern;
  std::string path;
  for (int i = 0; i < 100; ++i) {
    pattern += "**/a/";
    path += "a/";
  }
  EXPECT_EQ(IgnoreFile::Parse(pattern + "b", kIgnoreFile)->Decides(path + "c", false), -1);
}

TEST(IgnoreTest, TheNearestFileThatSaysSomethingDecides) {
  const fs::path folder = fs::path(::testing::TempDir()) / "nearest";
  fs::remove_all(folder);
  fs::create_directories(folder / "sub" / "deep");
  ASSERT_TRUE(WriteFileAtomic(folder / kIgnoreFile, "*.npy\nout/\n").ok());
  ASSERT_TRUE(WriteFileAtomic(folder / "sub" / kIgnoreFile, "!/keep.npy\n/*.txt\n").ok());
  const auto files = IgnoreFiles::In(folder);
  ASSERT_TRUE(files.ok());
  EXPECT_TRUE(files->LeavesOut("keep.npy", false));
  EXPECT_FALSE(files->LeavesOut("sub/keep.npy", false));
  EXPECT_TRUE(files->LeavesOut("sub/other.npy", false));
  EXPECT_TRUE(files->LeavesOut("sub/a.txt", false));
  EXPECT_FALSE(files->LeavesOut("sub/deep/a.txt", false));
  EXPECT_FALSE(files->LeavesOut("a.txt", false));
  EXPECT_TRUE(files->LeavesOutFile("out/deep/layout.csl"));
  EXPECT_FALSE(files->LeavesOutFile("sub/deep/layout.csl"));
}

}  // namespace
}  // namespace csl::client
