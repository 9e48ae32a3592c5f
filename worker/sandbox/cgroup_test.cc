// SPDX-License-Identifier: Apache-2.0
// Control groups whose kernel answers with errors: what a worker makes of each.
#include "worker/sandbox/cgroup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <set>

#include "base/file.h"
#include "worker/sandbox/sandbox.h"

namespace csl::worker {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr CgroupLimits kAll{.mem_bytes = 1 << 26, .cpu_milli = 500, .max_pids = 20};

// Files in memory. What a test wants to fail is named by the end of its path.
class FakeFiles : public ControlFiles {
 public:
  FakeFiles(const FakeFiles& other)
      : ControlFiles(), texts(other.texts), own_(other.own_), folders_(other.folders_) {}
  static FakeFiles Version1() {
    FakeFiles files;
    files.own_ = "9:cpu:/w\n8:pids:/w\n4:memory:/w\n0::/\n";
    files.Put("/sys/fs/cgroup/memory/w", {"memory.limit_in_bytes", "memory.memsw.limit_in_bytes"});
    files.Put("/sys/fs/cgroup/pids/w", {"pids.max"});
    files.Put("/sys/fs/cgroup/cpu/w", {"cpu.cfs_period_us", "cpu.cfs_quota_us"});
    return files;
  }
  static FakeFiles Version2() {
    FakeFiles files;
    files.own_ = "0::/w\n";
    files.texts["/sys/fs/cgroup/cgroup.controllers"] = "cpu memory pids\n";
    files.Put("/sys/fs/cgroup/w", {"cgroup.subtree_control", "cgroup.kill", "memory.max",
                                   "memory.swap.max", "pids.max", "cpu.max"});
    return files;
  }

  int MakeFolder(const Path& folder) override {
    if (const int error = ErrorOf("mkdir", folder)) return error;
    if (folders_.contains(folder)) return EEXIST;
    const auto parent = folders_.find(folder.parent_path());
    if (parent == folders_.end()) return ENOENT;
    Put(folder, parent->second);
    return 0;
  }
  int RemoveFolder(const Path& folder) override {
    if (const int error = ErrorOf("rmdir", folder)) return error;
    if (busy_looks_ > 0) {
      --busy_looks_;
      return EBUSY;
    }
    return folders_.erase(folder) > 0 ? 0 : ENOENT;
  }
  int Write(const Path& file, const std::string& text) override {
    if (const int error = ErrorOf("write", file)) return error;
    if (!texts.contains(file)) return ENOENT;
    // As the kernel shows what was asked of it.
    texts[file] = file.filename() == "cgroup.subtree_control" ? "cpu memory pids\n" : text;
    return 0;
  }
  int TryToOpen(const Path& file) override { return ErrorOf("open", file); }
  std::string Read(const Path& file) override {
    const auto it = texts.find(file);
    return it == texts.end() ? "" : it->second;
  }
  bool Exists(const Path& path) override { return folders_.contains(path) || texts.contains(path); }
  std::vector<std::string> FoldersIn(const Path& folder) override {
    std::vector<std::string> names;
    for (const auto& [path, files] : folders_) {
      if (path.parent_path() == folder) names.push_back(path.filename().string());
    }
    return names;
  }
  std::string OwnGroups() override { return own_; }
  void Kill(pid_t process) override {
    killed.insert(process);
    for (auto& [path, text] : texts) {
      if (path.filename() == "cgroup.procs") text.clear();
    }
  }
  void Pause() override { ++pauses; }

  // From now on this fails: "mkdir", "rmdir", "write" or "open" of what ends so.
  void Fail(const std::string& what, const std::string& end, int error) {
    failing_[{what, end}] = error;
  }
  void Heal() { failing_.clear(); }
  void StayBusyFor(int looks) { busy_looks_ = looks; }
  void Without(const std::string& hierarchy) {
    const size_t at = own_.find(":" + hierarchy + ":");
    const size_t start = own_.rfind('\n', at);
    const size_t begin = start == std::string::npos ? 0 : start + 1;
    own_.erase(begin, own_.find('\n', at) + 1 - begin);
  }
  void WithoutFile(const std::string& name) {
    for (auto& [path, files] : folders_) {
      if (std::erase(files, name) > 0) texts.erase(path / name);
    }
  }
  std::vector<std::string> Groups() const {
    std::vector<std::string> names;
    for (const auto& [path, files] : folders_) {
      if (path.filename() != "w") names.push_back(path.string());
    }
    return names;
  }

  std::map<Path, std::string> texts;
  std::set<pid_t> killed;
  int pauses = 0;

 private:
  FakeFiles() = default;

  void Put(const Path& folder, const std::vector<std::string>& files) {
    folders_[folder] = files;
    for (const std::string& name : files) texts[folder / name] = "";
    texts[folder / "cgroup.procs"] = "";
  }
  int ErrorOf(const std::string& what, const Path& path) const {
    for (const auto& [key, error] : failing_) {
      if (key.first == what && path.string().ends_with(key.second)) return error;
    }
    return 0;
  }

  std::string own_;
  std::map<Path, std::vector<std::string>> folders_;
  std::map<std::pair<std::string, std::string>, int> failing_;
  int busy_looks_ = 0;
};

fs::path Records() {
  const fs::path folder = fs::path(::testing::TempDir()) /
                          ::testing::UnitTest::GetInstance()->current_test_info()->name();
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

TEST(CgroupTest, EachVersionHoldsAllLimitsAndLeavesNothing) {
  for (FakeFiles files : {FakeFiles::Version1(), FakeFiles::Version2()}) {
    const bool version2 = files.Exists("/sys/fs/cgroup/cgroup.controllers");
    {
      const Cgroup group = Cgroup::Create("job", kAll, {}, files);
      EXPECT_THAT(group.missing(), IsEmpty());
      EXPECT_EQ(group.why(), "");
      EXPECT_EQ(group.EntryFiles().size(), version2 ? 1u : 3u);
      const fs::path memory = version2 ? "/sys/fs/cgroup/w/job/memory.max"
                                       : "/sys/fs/cgroup/memory/w/job/memory.limit_in_bytes";
      EXPECT_EQ(files.texts[memory], "67108864");
      const fs::path swap = version2 ? "/sys/fs/cgroup/w/job/memory.swap.max"
                                     : "/sys/fs/cgroup/memory/w/job/memory.memsw.limit_in_bytes";
      EXPECT_EQ(files.texts[swap], version2 ? "0" : "67108864");
    }
    EXPECT_THAT(files.Groups(), IsEmpty());
    EXPECT_EQ(Cgroup::Kind(files), version2 ? "v2" : "v1");
    EXPECT_THAT(files.Groups(), IsEmpty());
  }
}

struct Fault {
  const char* what;
  const char* end;
  int error;
  std::vector<std::string> missing;
  const char* why;
};

void ExpectRefused(FakeFiles files, const Fault& fault) {
  files.Fail(fault.what, fault.end, fault.error);
  const Cgroup group = Cgroup::Create("job", kAll, {}, files);
  EXPECT_EQ(group.missing(), fault.missing) << fault.what << " " << fault.end;
  EXPECT_THAT(group.why(), HasSubstr(fault.why));
  EXPECT_THAT(group.why(), HasSubstr(fault.end));
  const Status refused = Sandbox("/usr", Protection::kFull).CheckLimits(group);
  EXPECT_EQ(refused.code(), StatusCode::kUnavailable);
  EXPECT_THAT(refused.message(), HasSubstr(fault.why));
  EXPECT_TRUE(Sandbox("/usr", Protection::kFull, Limits::kAsFarAsPossible).CheckLimits(group).ok());
}

TEST(CgroupTest, ALimitThatTheKernelDoesNotTakeIsMissingAndSaidWhy) {
  const std::vector<std::string> all = {"memory", "processes", "cpu"};
  for (const Fault& fault : {
           Fault{"mkdir", "memory/w/job", ENOSPC, {"memory"}, "No space left"},
           Fault{"mkdir", "pids/w/job", EROFS, {"processes"}, "Read-only file system"},
           Fault{"mkdir", "cpu/w/job", EACCES, {"cpu"}, "Permission denied"},
           Fault{"mkdir", "/w/job", EAGAIN, all, "temporarily unavailable"},
           Fault{"open", "pids/w/job/cgroup.procs", EACCES, {"processes"}, "Permission denied"},
           Fault{"write", "memory.limit_in_bytes", EBUSY, {"memory"}, "busy"},
           Fault{"write", "memory.memsw.limit_in_bytes", EINVAL, {"memory"}, "Invalid argument"},
           Fault{"write", "pids.max", EROFS, {"processes"}, "Read-only file system"},
           Fault{"write", "cpu.cfs_period_us", EINVAL, {"cpu"}, "Invalid argument"},
           Fault{"write", "cpu.cfs_quota_us", EINVAL, {"cpu"}, "Invalid argument"},
       }) {
    ExpectRefused(FakeFiles::Version1(), fault);
  }
  for (const Fault& fault : {
           Fault{"mkdir", "w/job", EROFS, all, "Read-only file system"},
           Fault{"mkdir", "w/job", EAGAIN, all, "temporarily unavailable"},
           Fault{"open", "w/job/cgroup.procs", EACCES, all, "Permission denied"},
           Fault{"write", "memory.max", EBUSY, {"memory"}, "busy"},
           Fault{"write", "memory.swap.max", EROFS, {"memory"}, "Read-only file system"},
           Fault{"write", "pids.max", EACCES, {"processes"}, "Permission denied"},
           Fault{"write", "cpu.max", ENODEV, {"cpu"}, "No such device"},
       }) {
    ExpectRefused(FakeFiles::Version2(), fault);
  }
}

TEST(CgroupTest, AGroupThatCannotBeEnteredIsNotLeftBehind) {
  for (FakeFiles files : {FakeFiles::Version1(), FakeFiles::Version2()}) {
    files.Fail("open", "job/cgroup.procs", EACCES);
    EXPECT_FALSE(Cgroup::Create("job", kAll, {}, files).available());
    EXPECT_THAT(files.Groups(), IsEmpty());
  }
}

TEST(CgroupTest, ControllersThatAreNotThereAreNamed) {
  FakeFiles without_pids = FakeFiles::Version1();
  without_pids.Without("pids");
  EXPECT_THAT(Cgroup::Create("job", kAll, {}, without_pids).missing(), ElementsAre("processes"));
  FakeFiles none = FakeFiles::Version1();
  for (const char* hierarchy : {"memory", "pids", "cpu"}) none.Without(hierarchy);
  const Cgroup group = Cgroup::Create("job", kAll, {}, none);
  EXPECT_FALSE(group.available());
  EXPECT_THAT(group.missing(), ElementsAre("memory", "processes", "cpu"));
  EXPECT_EQ(Cgroup::Kind(none), "none");
}

TEST(CgroupTest, AGroupOfVersion2WithOthersInItPassesNothingOn) {
  FakeFiles files = FakeFiles::Version2();
  files.Fail("write", "w/cgroup.subtree_control", EBUSY);
  // A kernel makes no files of controllers there.
  for (const char* name : {"memory.max", "pids.max", "cpu.max"}) {
    files.Fail("write", name, ENOENT);
  }
  const Cgroup group = Cgroup::Create("job", kAll, {}, files);
  EXPECT_THAT(group.missing(), ElementsAre("memory", "processes", "cpu"));
  // The process is back where it was.
  EXPECT_EQ(files.texts["/sys/fs/cgroup/w/cgroup.procs"], std::to_string(::getpid()));
  EXPECT_THAT(files.Groups(), ElementsAre("/sys/fs/cgroup/w/job"));
}

TEST(CgroupTest, AMachineThatCountsNoSwapHasNone) {
  FakeFiles files = FakeFiles::Version1();
  files.WithoutFile("memory.memsw.limit_in_bytes");
  EXPECT_THAT(Cgroup::Create("job", kAll, {}, files).missing(), IsEmpty());
  FakeFiles newer = FakeFiles::Version2();
  newer.WithoutFile("memory.swap.max");
  EXPECT_THAT(Cgroup::Create("job", kAll, {}, newer).missing(), IsEmpty());
}

TEST(CgroupTest, AGroupThatIsBusyIsWaitedForAndOneThatStaysIsTriedAgainLater) {
  FakeFiles files = FakeFiles::Version2();
  files.StayBusyFor(10);
  Cgroup::Create("one", kAll, {}, files).Remove();
  EXPECT_GE(files.pauses, 10);
  EXPECT_THAT(files.Groups(), IsEmpty());

  files.Fail("rmdir", "w/two", EBUSY);
  Cgroup::Create("two", kAll, {}, files).Remove();
  EXPECT_THAT(files.Groups(), ElementsAre("/sys/fs/cgroup/w/two"));
  files.Heal();
  Cgroup::Create("three", kAll, {}, files).Remove();
  EXPECT_THAT(files.Groups(), IsEmpty());
}

TEST(CgroupTest, AReadOnlyFileSystemIsNotWaitedFor) {
  FakeFiles files = FakeFiles::Version1();
  Cgroup group = Cgroup::Create("job", kAll, {}, files);
  files.Fail("rmdir", "w/job", EROFS);
  group.Remove();
  EXPECT_EQ(files.pauses, 0);
}

TEST(CgroupTest, AllProcessesAreEndedBeforeTheGroupGoes) {
  FakeFiles files = FakeFiles::Version1();
  Cgroup group = Cgroup::Create("job", kAll, {}, files);
  files.texts["/sys/fs/cgroup/memory/w/job/cgroup.procs"] = "41\n42\n";
  group.Remove();
  EXPECT_THAT(files.killed, ElementsAre(41, 42));
  EXPECT_THAT(files.Groups(), IsEmpty());
}

TEST(CgroupTest, WhatIsWrittenDownIsRemovedAndWhatCannotBeIsNotMade) {
  const fs::path records = Records();
  FakeFiles files = FakeFiles::Version1();
  auto* forgotten = new Cgroup(Cgroup::Create("job", kAll, records, files));
  EXPECT_EQ(files.Groups().size(), 3u);
  Cgroup::RemoveRecorded(records, files);
  EXPECT_THAT(files.Groups(), IsEmpty());
  delete forgotten;

  const Cgroup unwritten = Cgroup::Create("job", kAll, records / "nowhere", files);
  EXPECT_FALSE(unwritten.available());
  EXPECT_THAT(unwritten.missing(), ElementsAre("memory", "processes", "cpu"));
  EXPECT_THAT(unwritten.why(), HasSubstr("nowhere/cgroups"));
  EXPECT_THAT(files.Groups(), IsEmpty());
}

TEST(CgroupTest, ADiskWithoutRoomForTheRecordIsAFullDiskAndNotAMissingLimit) {
  const fs::path records = Records();
  fs::create_symlink("/dev/full", records / "cgroups");
  FakeFiles files = FakeFiles::Version1();
  const Cgroup group = Cgroup::Create("job", kAll, records, files);
  EXPECT_TRUE(group.has_full_disk());
  EXPECT_THAT(files.Groups(), IsEmpty());
  const Status refused = Sandbox("/usr", Protection::kFull).CheckLimits(group);
  EXPECT_EQ(refused.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(refused.message(), HasSubstr("No space left"));
}

TEST(CgroupTest, ATrialLeavesNeitherGroupNorRecord) {
  const fs::path records = Records();
  FakeFiles files = FakeFiles::Version1();
  files.Fail("write", "pids.max", EROFS);
  const Cgroup tried = Cgroup::TryHere(records, files);
  EXPECT_THAT(tried.missing(), ElementsAre("processes"));
  EXPECT_THAT(tried.why(), HasSubstr("pids.max"));
  EXPECT_THAT(files.Groups(), IsEmpty());
  EXPECT_TRUE(fs::is_empty(records));
}

}  // namespace
}  // namespace csl::worker
