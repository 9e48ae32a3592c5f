// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/cgroup.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/file.h"
#include "base/log.h"

namespace csl::worker {
namespace {

namespace fs = std::filesystem;

constexpr char kRoot[] = "/sys/fs/cgroup";
constexpr int64_t kCpuPeriodUs = 100'000;  // the kernel's default
constexpr int kKillTries = 1000;
constexpr char kRecord[] = "cgroups";      // one folder a line
constexpr char kOwnLeaf[] = "cs-worker-";  // and a process id

// "cannot WHAT 'PATH': Read-only file system", or nothing for 0.
std::string Failure(const char* what, const fs::path& path, int error) {
  if (error == 0) return "";
  return std::string("cannot ") + what + " '" + path.string() + "': " + std::strerror(error);
}

// The caller's group in the hierarchy of `controller` ("" is version 2), below /sys/fs/cgroup.
fs::path OwnGroup(ControlFiles& files, const std::string& controller) {
  std::istringstream text(files.OwnGroups());
  for (std::string line; std::getline(text, line);) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string names = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 2);
    const bool matches =
        controller.empty() ? names.empty()
                           : ("," + names + ",").find("," + controller + ",") != std::string::npos;
    if (!matches) continue;
    const fs::path base = controller.empty() ? fs::path(kRoot) : fs::path(kRoot) / names;
    const fs::path alias = controller.empty() ? base : fs::path(kRoot) / controller;
    return files.Exists(base / path) ? base / path : alias / path;
  }
  return {};
}

bool IsVersion2(ControlFiles& files) {
  return files.Read(fs::path(kRoot) / "cgroup.controllers").find("memory") != std::string::npos;
}

// Nothing is left of one that could be made, but not entered.
std::string MakeGroup(ControlFiles& files, const fs::path& folder) {
  if (const int error = files.MakeFolder(folder); error != 0) {
    return Failure("make the control group", folder, error);
  }
  // Moves nobody, but says whether processes may be moved here.
  const int error = files.TryToOpen(folder / "cgroup.procs");
  if (error != 0) (void)files.RemoveFolder(folder);
  return Failure("write", folder / "cgroup.procs", error);
}

std::vector<pid_t> ProcessesIn(ControlFiles& files, const fs::path& folder) {
  std::vector<pid_t> pids;
  std::istringstream text(files.Read(folder / "cgroup.procs"));
  for (pid_t pid; text >> pid;) pids.push_back(pid);
  return pids;
}

// One limit: who holds it, and what is written where. An empty text: it holds.
struct LimitRow {
  const char* name;
  const char* controller;  // of version 1
  int64_t CgroupLimits::*value;
  std::string (*set)(ControlFiles& files, const fs::path& folder, int64_t value, bool version2);
};

std::string WriteTo(ControlFiles& files, const fs::path& file, const std::string& text) {
  return Failure("write", file, files.Write(file, text));
}

std::string LimitMemory(ControlFiles& files, const fs::path& folder, int64_t bytes, bool version2) {
  const std::string text = std::to_string(bytes);
  const fs::path memory = folder / (version2 ? "memory.max" : "memory.limit_in_bytes");
  const fs::path swap = folder / (version2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes");
  if (std::string why = WriteTo(files, memory, text); !why.empty()) return why;
  // A machine may not count swap, and then has none that a group could use.
  if (!files.Exists(swap)) return "";
  return WriteTo(files, swap, version2 ? "0" : text);
}

std::string LimitProcesses(ControlFiles& files, const fs::path& folder, int64_t count, bool) {
  return WriteTo(files, folder / "pids.max", std::to_string(count));
}

std::string LimitCpu(ControlFiles& files, const fs::path& folder, int64_t milli, bool version2) {
  const std::string quota = std::to_string(milli * kCpuPeriodUs / 1000);
  const std::string period = std::to_string(kCpuPeriodUs);
  if (version2) return WriteTo(files, folder / "cpu.max", quota + " " + period);
  std::string why = WriteTo(files, folder / "cpu.cfs_period_us", period);
  return why.empty() ? WriteTo(files, folder / "cpu.cfs_quota_us", quota) : why;
}

constexpr LimitRow kLimits[] = {
    {"memory", "memory", &CgroupLimits::mem_bytes, LimitMemory},
    {"processes", "pids", &CgroupLimits::max_pids, LimitProcesses},
    {"cpu", "cpu", &CgroupLimits::cpu_milli, LimitCpu},
};

// Version 2 gives a group's children no controller that the group does not pass on. Fails where
// processes are in the group itself.
bool PassOnControllers(ControlFiles& files, const fs::path& own) {
  // All at once or none: with some alone the group would be one of threads, and take no children.
  std::string wanted;
  for (const LimitRow& row : kLimits) wanted += "+" + std::string(row.controller) + " ";
  (void)files.Write(own / "cgroup.subtree_control", wanted);
  std::string passed = " " + files.Read(own / "cgroup.subtree_control");
  std::replace(passed.begin(), passed.end(), '\n', ' ');
  return std::all_of(std::begin(kLimits), std::end(kLimits), [&passed](const LimitRow& row) {
    return passed.find(" " + std::string(row.controller) + " ") != std::string::npos;
  });
}

// The group of version 2 below which this process makes others: its own, which it leaves for a
// child of it, so that the group can pass its controllers on. Where others stay in it that is no
// use: then an operator must give the worker a group of its own.
fs::path FindVersion2Base(ControlFiles& files) {
  fs::path own = OwnGroup(files, "");
  if (own.empty() || PassOnControllers(files, own)) return own;
  for (const std::string& name : files.FoldersIn(own)) {
    // Of a process before this one; the kernel keeps what is in use.
    if (name.starts_with(kOwnLeaf)) (void)files.RemoveFolder(own / name);
  }
  const std::string self = std::to_string(::getpid());
  const fs::path leaf = own / (kOwnLeaf + self);
  const bool moved =
      MakeGroup(files, leaf).empty() && files.Write(leaf / "cgroup.procs", self) == 0;
  if (!moved || !PassOnControllers(files, own)) {
    (void)files.Write(own / "cgroup.procs", self);
    (void)files.RemoveFolder(leaf);
  }
  return own;
}

fs::path BaseOf(ControlFiles& files, const std::string& hierarchy) {
  if (!hierarchy.empty()) return OwnGroup(files, hierarchy);
  std::lock_guard lock(files.mutex);
  if (!files.version2_base) files.version2_base = FindVersion2Base(files);
  return *files.version2_base;
}

// What a worker after this one must remove, should this one not come to it.
int WriteDown(const fs::path& records, const fs::path& folder) {
  if (records.empty()) return 0;
  const std::string line = folder.string() + "\n";
  const fs::path record = records / kRecord;
  const int fd = ::open(record.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return errno;
  const ssize_t put = ::write(fd, line.data(), line.size());
  const int error = put == static_cast<ssize_t>(line.size()) ? 0 : put < 0 ? errno : ENOSPC;
  ::close(fd);
  return error;
}

}  // namespace

Cgroup Cgroup::Create(const std::string& name, const CgroupLimits& limits, const fs::path& records,
                      ControlFiles& files) {
  RetryLeftBehind(files);
  Cgroup group(files);
  const bool version2 = IsVersion2(files);
  const std::vector<std::string> hierarchies =
      version2 ? std::vector<std::string>{""} : std::vector<std::string>{"memory", "pids", "cpu"};
  for (const std::string& hierarchy : hierarchies) {
    const fs::path own = BaseOf(files, hierarchy);
    if (own.empty()) continue;
    const fs::path folder = own / name;
    const int error = WriteDown(records, folder);
    if (IsDiskFull(error)) group.has_full_disk_ = true;
    std::string why =
        error == 0 ? MakeGroup(files, folder) : Failure("write", records / kRecord, error);
    if (!why.empty()) {
      group.Note(std::move(why));
      continue;
    }
    group.folders_.push_back(folder);
    group.hierarchies_.push_back(hierarchy);
    for (const char* file : {"memory.oom_control", "memory.events"}) {
      if (files.Exists(folder / file)) group.kill_files_.push_back(folder / file);
    }
  }
  group.SetLimits(limits);
  return group;
}

void Cgroup::Note(std::string why) {
  if (why_.empty()) why_ = std::move(why);
}

void Cgroup::SetLimits(const CgroupLimits& limits) {
  missing_.clear();
  for (const LimitRow& row : kLimits) {
    if (limits.*row.value <= 0) continue;
    bool is_held = false;
    for (size_t i = 0; i < folders_.size(); ++i) {
      const bool version2 = hierarchies_[i].empty();
      if (!version2 && hierarchies_[i] != row.controller) continue;
      std::string why = row.set(*files_, folders_[i], limits.*row.value, version2);
      is_held = why.empty();
      Note(std::move(why));
    }
    if (!is_held) missing_.emplace_back(row.name);
  }
}

Cgroup Cgroup::TryHere(const fs::path& records, ControlFiles& files) {
  const CgroupLimits all{.mem_bytes = int64_t{1} << 30, .cpu_milli = 1000, .max_pids = 100};
  Cgroup group = Create("limits-" + std::to_string(::getpid()), all, records, files);
  group.Remove();
  std::error_code error;
  fs::remove(records / kRecord, error);
  return group;
}

void Cgroup::RemoveRecorded(const fs::path& records, ControlFiles& files) {
  std::ifstream file(records / kRecord);
  Cgroup left(files);
  for (std::string line; std::getline(file, line);) {
    if (files.Exists(line)) left.folders_.emplace_back(line);
  }
  left.Remove();
}

void Cgroup::RetryLeftBehind(ControlFiles& files) {
  std::lock_guard lock(files.mutex);
  std::erase_if(files.left_behind, [&files](const fs::path& folder) {
    const int error = files.RemoveFolder(folder);
    return error == 0 || error == ENOENT;
  });
}

std::vector<std::string> Cgroup::EntryFiles() const {
  std::vector<std::string> files;
  for (const fs::path& folder : folders_) files.push_back((folder / "cgroup.procs").string());
  return files;
}

void Cgroup::Kill() {
  for (const fs::path& folder : folders_) {
    (void)files_->Write(folder / "cgroup.kill", "1");
    for (int i = 0; i < kKillTries; ++i) {
      const auto pids = ProcessesIn(*files_, folder);
      if (pids.empty()) break;
      for (const pid_t pid : pids) files_->Kill(pid);
      files_->Pause();
    }
  }
}

int64_t Cgroup::MemoryKills() const {
  int64_t kills = 0;
  for (const fs::path& file : kill_files_) {
    std::istringstream text(files_->Read(file));
    std::string key;
    for (int64_t value = 0; text >> key >> value;) {
      if (key == "oom_kill") kills += value;
    }
  }
  return kills;
}

int64_t Cgroup::PeakMemoryBytes() const {
  for (const fs::path& folder : folders_) {
    for (const char* file : {"memory.max_usage_in_bytes", "memory.peak"}) {
      std::istringstream text(files_->Read(folder / file));
      int64_t value = 0;
      if (text >> value) return value;
    }
  }
  return 0;
}

void Cgroup::Remove() {
  if (folders_.empty()) return;
  Kill();
  for (const fs::path& folder : folders_) {
    // The last process is gone from the list a moment before the kernel lets the group go.
    int error = files_->RemoveFolder(folder);
    for (int i = 0; i < kKillTries && error == EBUSY; ++i) {
      files_->Pause();
      error = files_->RemoveFolder(folder);
    }
    if (error == 0 || error == ENOENT) continue;
    Log(LogLevel::kWarning,
        Failure("remove the control group", folder, error) + "; it is tried again later");
    std::lock_guard lock(files_->mutex);
    files_->left_behind.push_back(folder);
  }
  folders_.clear();
}

std::string Cgroup::Kind(ControlFiles& files) {
  const bool version2 = IsVersion2(files);
  const fs::path own = BaseOf(files, version2 ? "" : "memory");
  const fs::path probe = own / ("probe-" + std::to_string(::getpid()));
  const bool usable = !own.empty() && MakeGroup(files, probe).empty();
  if (usable) (void)files.RemoveFolder(probe);
  return !usable ? "none" : version2 ? "v2" : "v1";
}

}  // namespace csl::worker
