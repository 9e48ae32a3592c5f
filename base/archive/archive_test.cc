// SPDX-License-Identifier: Apache-2.0
// Hostile archives: each is refused with a reason, and nothing is left behind or written outside.
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/archive/beneath.h"
#include "base/archive/entry_path.h"
#include "base/archive/extract.h"
#include "base/archive/pack.h"
#include "base/file.h"

namespace csl::archive {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Item {
  std::string name;
  mode_t type = AE_IFREG;
  std::string data;
  std::string target = {};
  mode_t mode = 0644;
  int64_t claimed_size = -1;
};

Item HardLinkTo(std::string name, std::string target) {
  return {std::move(name), 0, "", std::move(target)};
}

class ArchiveTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::path(::testing::TempDir()) /
            ::testing::UnitTest::GetInstance()->current_test_info()->name();
    ASSERT_TRUE(RemoveTree(root_).ok());
    fs::create_directories(root_ / "place");
    target_ = root_ / "place" / "target";
  }

  fs::path Tar(const std::vector<Item>& items) {
    const fs::path path = root_ / "in.tar.gz";
    ::archive* writer = archive_write_new();
    archive_write_set_format_pax(writer);
    archive_write_add_filter_gzip(writer);
    EXPECT_EQ(archive_write_open_filename(writer, path.c_str()), ARCHIVE_OK);
    for (const Item& item : items) Add(writer, item);
    EXPECT_EQ(archive_write_close(writer), ARCHIVE_OK);
    archive_write_free(writer);
    return path;
  }

  static void Add(::archive* writer, const Item& item) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, item.name.c_str());
    archive_entry_set_perm(entry, item.mode);
    archive_entry_set_size(
        entry, item.claimed_size >= 0 ? item.claimed_size : static_cast<int64_t>(item.data.size()));
    if (item.type == 0) {
      archive_entry_set_filetype(entry, AE_IFREG);
      archive_entry_set_hardlink(entry, item.target.c_str());
    } else {
      archive_entry_set_filetype(entry, item.type);
      if (item.type == AE_IFLNK) archive_entry_set_symlink(entry, item.target.c_str());
    }
    EXPECT_EQ(archive_write_header(writer, entry), ARCHIVE_OK) << archive_error_string(writer);
    archive_write_data(writer, item.data.data(), item.data.size());
    archive_entry_free(entry);
  }

  // Refused for the reason, and the place is as empty as before.
  void ExpectRefused(const std::vector<Item>& items, const std::string& reason,
                     const ExtractLimits& limits = {}) {
    const auto result = Extract(Tar(items), target_, limits);
    ASSERT_FALSE(result.ok());
    EXPECT_THAT(result.status().message(), HasSubstr(reason));
    EXPECT_TRUE(fs::is_empty(root_ / "place"));
    EXPECT_FALSE(fs::exists(root_ / "evil"));
  }

  fs::path root_;
  fs::path target_;
};

TEST_F(ArchiveTest, ExtractsFilesFoldersLinksAndExecutableBits) {
  const auto summary = Extract(Tar({{"./", AE_IFDIR, ""},
                                    {"./top/sub/", AE_IFDIR, "", "", 0755},
                                    {"top/sub/a.txt", AE_IFREG, "hello"},
                                    {"top/run", AE_IFREG, "#!/bin/sh\n", "", 0755},
                                    {"top/link", AE_IFLNK, "", "sub/a.txt"},
                                    HardLinkTo("top/hard", "top/run"),
                                    {"top/empty", AE_IFREG, ""}}),
                               target_);
  ASSERT_TRUE(summary.ok()) << summary.status().message();
  EXPECT_THAT(summary->top_level, ElementsAre("top"));
  EXPECT_EQ(summary->files, 3u);
  EXPECT_EQ(summary->bytes, 15u);
  EXPECT_EQ(*ReadTextFile(target_ / "top/link"), "hello");
  EXPECT_EQ(*ReadTextFile(target_ / "top/hard"), "#!/bin/sh\n");
  EXPECT_EQ(*ReadTextFile(target_ / "top/empty"), "");
  EXPECT_EQ(::access((target_ / "top/run").c_str(), X_OK), 0);
}

TEST_F(ArchiveTest, RefusesPathsThatLeaveTheFolder) {
  ExpectRefused({{"../evil", AE_IFREG, "x"}}, "leaves the folder by '..'");
  ExpectRefused({{"/tmp/evil", AE_IFREG, "x"}}, "absolute");
  ExpectRefused({{"a/../../evil", AE_IFREG, "x"}}, "leaves the folder by '..'");
  ExpectRefused({{"a//../evil", AE_IFREG, "x"}}, "component");
  ExpectRefused({{"C:\\evil", AE_IFREG, "x"}}, "backslash");
  ExpectRefused({{"C:/evil", AE_IFREG, "x"}}, "drive");
  ExpectRefused({{std::string(4096, 'p'), AE_IFREG, "x"}}, "must be at most 1024");
}

TEST_F(ArchiveTest, RefusesLinksThatLeaveTheFolderOrChain) {
  ExpectRefused({{"out", AE_IFLNK, "", ".."}, {"ok", AE_IFREG, "x"}}, "leaves the folder");
  ExpectRefused({{"out", AE_IFLNK, "", "/etc/passwd"}}, "relative path");
  ExpectRefused({{"d/out", AE_IFLNK, "", "../../evil"}}, "leaves the folder");
  ExpectRefused({{"d/", AE_IFDIR, ""}, {"a", AE_IFLNK, "", "d"}, {"b", AE_IFLNK, "", "a/.."}},
                "through another link");
  ExpectRefused({{"d/e/", AE_IFDIR, ""}, {"a", AE_IFLNK, "", "d"}, {"b", AE_IFLNK, "", "a/e"}},
                "through another link");
}

TEST_F(ArchiveTest, RefusesWritingThroughALink) {
  ExpectRefused({{"d", AE_IFLNK, "", "."}, {"d/evil", AE_IFREG, "x"}}, "is not a folder");
  ExpectRefused({{"f", AE_IFREG, "x"}, {"f/evil", AE_IFREG, "x"}}, "is not a folder");
}

TEST_F(ArchiveTest, RefusesHardLinksToWhatTheArchiveDidNotGive) {
  ExpectRefused({HardLinkTo("evil", "/etc/passwd")}, "absolute");
  ExpectRefused({HardLinkTo("evil", "../in.tar.gz")}, "'..'");
  ExpectRefused({HardLinkTo("evil", "later"), {"later", AE_IFREG, "x"}},
                "which is not a file that came earlier in the archive");
}

TEST_F(ArchiveTest, RefusesSpecialFiles) {
  for (const mode_t type : {AE_IFIFO, AE_IFCHR, AE_IFBLK}) {
    ExpectRefused({{"evil", type, ""}}, "neither file, folder nor link");
  }
}

TEST_F(ArchiveTest, DropsPrivilegeBits) {
  ASSERT_TRUE(Extract(Tar({{"run", AE_IFREG, "x", "", 07755}}), target_).ok());
  struct stat info {};
  ASSERT_EQ(::stat((target_ / "run").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0755u);
}

TEST_F(ArchiveTest, RefusesAPathGivenTwice) {
  ExpectRefused({{"a", AE_IFREG, "1"}, {"a", AE_IFREG, "2"}}, "twice");
  ExpectRefused({{"a", AE_IFREG, "1"}, {"a/", AE_IFDIR, ""}}, "twice");
}

TEST_F(ArchiveTest, LimitsHoldAtTheLimitAndFailOnePast) {
  const std::vector<Item> ten = {{"a", AE_IFREG, std::string(10, 'x')}};
  EXPECT_TRUE(Extract(Tar(ten), root_ / "ten", {.max_total_bytes = 10}).ok());
  ExpectRefused(ten, "larger than 9 bytes", {.max_total_bytes = 9});
  const std::vector<Item> two = {{"a", AE_IFREG, "x"}, {"b", AE_IFREG, "x"}};
  EXPECT_TRUE(Extract(Tar(two), root_ / "two", {.max_entries = 2}).ok());
  ExpectRefused(two, "more than 1 entries", {.max_entries = 1});
  const std::vector<Item> deep = {{"a/b/c", AE_IFREG, "x"}};
  EXPECT_TRUE(Extract(Tar(deep), root_ / "deep", {.max_depth = 3}).ok());
  ExpectRefused(deep, "3 folders deep; must be at most 2", {.max_depth = 2});
}

TEST_F(ArchiveTest, RefusesABomb) {
  ExpectRefused({{"zeros", AE_IFREG, std::string(8 << 20, '\0')}}, "grows more than 100 times",
                {.max_ratio = 100, .ratio_free_bytes = 1 << 20});
}

TEST_F(ArchiveTest, DamagedAndForeignFilesAreRefused) {
  const fs::path path = root_ / "in.tar.gz";
  ASSERT_TRUE(WriteFileAtomic(path, std::string_view("this is not an archive")).ok());
  EXPECT_EQ(Extract(path, target_).status().code(), StatusCode::kInvalidArgument);
  auto bytes = *ReadBinaryFile(Tar({{"a", AE_IFREG, std::string(100000, 'x')}}));
  bytes.resize(bytes.size() / 2);
  ASSERT_TRUE(WriteFileAtomic(path, bytes).ok());
  EXPECT_FALSE(Extract(path, target_).ok());
  EXPECT_EQ(Extract("/nowhere.tar", target_).status().code(), StatusCode::kNotFound);
  EXPECT_TRUE(fs::is_empty(root_ / "place"));
}

TEST_F(ArchiveTest, AnExistingTargetIsLeftAlone) {
  fs::create_directories(target_);
  EXPECT_EQ(Extract(Tar({{"a", AE_IFREG, "x"}}), target_).status().code(),
            StatusCode::kAlreadyExists);
  EXPECT_TRUE(fs::is_empty(target_));
}

TEST_F(ArchiveTest, PackIsTheSameBytesForTheSameContents) {
  for (const char* folder : {"one", "two"}) {
    fs::create_directories(root_ / folder / "sub");
    ASSERT_TRUE(WriteFileAtomic(root_ / folder / "sub" / "b", std::string_view("b")).ok());
    ASSERT_TRUE(WriteFileAtomic(root_ / folder / "a", std::string_view("a")).ok());
  }
  fs::last_write_time(root_ / "two" / "a",
                      fs::file_time_type::clock::now() - std::chrono::hours(9));
  ASSERT_TRUE(Pack(root_ / "one", root_ / "1.tar.gz", {.prefix = "p"}).ok());
  ASSERT_TRUE(Pack(root_ / "two", root_ / "2.tar.gz", {.prefix = "p"}).ok());
  EXPECT_EQ(*ReadBinaryFile(root_ / "1.tar.gz"), *ReadBinaryFile(root_ / "2.tar.gz"));
  ASSERT_TRUE(Extract(root_ / "1.tar.gz", target_).ok());
  EXPECT_EQ(*ReadTextFile(target_ / "p/sub/b"), "b");
}

TEST_F(ArchiveTest, PackRefusesWhatALaterExtractWouldRefuse) {
  fs::create_directories(root_ / "in");
  fs::create_symlink("/etc/passwd", root_ / "in" / "out.txt");
  EXPECT_THAT(Pack(root_ / "in", root_ / "x.tar.gz").message(), HasSubstr("outside"));
  fs::remove(root_ / "in" / "out.txt");
  ASSERT_EQ(::mkfifo((root_ / "in" / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(Pack(root_ / "in", root_ / "x.tar.gz").message(), HasSubstr("neither file"));
  EXPECT_FALSE(fs::exists(root_ / "x.tar.gz"));
}

TEST_F(ArchiveTest, BeneathNeverFollowsALinkOrWaitsForAPipe) {
  fs::create_directories(root_ / "in");
  fs::create_symlink("/etc", root_ / "in" / "etc");
  fs::create_symlink("/etc/passwd", root_ / "in" / "out.txt");
  ASSERT_EQ(::mkfifo((root_ / "in" / "pipe").c_str(), 0600), 0);
  const auto folder = BeneathFolder::Open(root_ / "in");
  ASSERT_TRUE(folder.ok());
  EXPECT_EQ(folder->OpenFile({"etc", "passwd"}).status().code(), StatusCode::kPermissionDenied);
  EXPECT_EQ(folder->OpenFile({"out.txt"}).status().code(), StatusCode::kPermissionDenied);
  EXPECT_EQ(folder->OpenFile({"pipe"}).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(folder->CreateFile({"etc", "evil"}).status().code(), StatusCode::kPermissionDenied);
}

TEST_F(ArchiveTest, ATreeOfAnyDepthIsRemoved) {
  constexpr int kDepth = 2'000;
  constexpr rlim_t kDescriptors = 200;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few{kDescriptors, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  fs::create_directories(root_ / "deep");
  int at = ::open((root_ / "deep").c_str(), O_RDONLY | O_DIRECTORY);
  for (int i = 0; i < kDepth; ++i) {
    ASSERT_EQ(::mkdirat(at, "d", 0700), 0);
    const int next = ::openat(at, "d", O_RDONLY | O_DIRECTORY);
    ::close(at);
    at = next;
  }
  ::close(at);
  ASSERT_TRUE(WriteFileAtomic(root_ / "deep" / ".deep-0", std::string_view("in the way")).ok());
  fs::create_directories(root_ / "deep" / "closed" / "inner");
  fs::permissions(root_ / "deep" / "closed", fs::perms::none);
  EXPECT_TRUE(RemoveTree(root_ / "deep").ok());
  EXPECT_FALSE(fs::exists(root_ / "deep"));
  EXPECT_TRUE(RemoveTree(root_ / "deep").ok());
  ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST(PrintableTest, EscapesWhatATerminalWouldObey) {
  EXPECT_EQ(Printable("a\x1b]0;pwn\x07\xff\xc3\xa9"), "a\\x1b]0;pwn\\x07\\xff\xc3\xa9");
}

TEST_F(ArchiveTest, NamesThatAreNotAsciiTravelInTheCLocaleAndOtherBytesAreRefusedByName) {
  const std::string name = "gr\xc3\xbcn/\xe6\x97\xa5\xe6\x9c\xac";
  fs::create_directories(root_ / "in" / "gr\xc3\xbcn");
  ASSERT_TRUE(WriteFileAtomic(root_ / "in" / name, std::string_view("x")).ok());
  ASSERT_TRUE(Pack(root_ / "in", root_ / "x.tar.gz").ok());
  ASSERT_TRUE(Extract(root_ / "x.tar.gz", target_).ok());
  EXPECT_EQ(*ReadTextFile(target_ / name), "x");
  ASSERT_TRUE(WriteFileAtomic(root_ / "in" / "bad\xff", std::string_view("x")).ok());
  EXPECT_THAT(Pack(root_ / "in", root_ / "y.tar.gz").message(),
              ::testing::AllOf(HasSubstr("bad\\xff"), HasSubstr("not UTF-8")));
}

TEST_F(ArchiveTest, PackingIsBoundedAndCanBeStopped) {
  fs::create_directories(root_ / "in" / "a" / "b" / "c");
  ASSERT_TRUE(WriteFileAtomic(root_ / "in" / "a" / "file", std::string_view("12345")).ok());
  const auto pack = [this](const PackLimits& limits) {
    return Pack(root_ / "in", root_ / "x.tar.gz", {.prefix = "", .keep = {}, .limits = limits});
  };
  EXPECT_TRUE(pack({.max_depth = 3, .max_entries = 4, .max_bytes = 5}).ok());
  EXPECT_THAT(pack({.max_depth = 2}).message(), HasSubstr("more than 2 folders deep"));
  EXPECT_THAT(pack({.max_entries = 3}).message(), HasSubstr("more than 3 entries"));
  EXPECT_THAT(pack({.max_bytes = 4}).message(), HasSubstr("more than 4 bytes"));
  EXPECT_EQ(pack({.stop = [] { return true; }}).code(), StatusCode::kCancelled);
}

TEST_F(ArchiveTest, ExtractionAndRemovalCanBeStopped) {
  const fs::path archive = Tar({{"a/x", AE_IFREG, "1"}, {"a/y", AE_IFREG, "2"}});
  int asked = 0;
  ExtractLimits limits;
  limits.stop = [&asked] { return ++asked > 1; };
  EXPECT_EQ(Extract(archive, target_, limits).status().code(), StatusCode::kCancelled);
  EXPECT_FALSE(fs::exists(target_));
  ASSERT_TRUE(Extract(archive, target_).ok());
  EXPECT_EQ(RemoveTree(target_, [] { return true; }).code(), StatusCode::kCancelled);
  EXPECT_TRUE(RemoveTree(target_).ok());
  EXPECT_FALSE(fs::exists(target_));
}

}  // namespace
}  // namespace csl::archive
