// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/cgroup.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

namespace csl::worker {
namespace {

namespace fs = std::filesystem;

constexpr char kRoot[] = "/sys/fs/cgroup";
constexpr int64_t kCpuPeriodUs = 100'000;  // the kernel's default
constexpr std::chrono::milliseconds kKillPause{5};
constexpr int kKillTries = 1000;
constexpr char kRecord[] = "cgroups";      // one folder a line
constexpr char kOwnLeaf[] = "cs-worker-";  // and a process id

bool Write(const fs::path& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  file.flush();
  return file.good();
}

std::string Read(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// The caller's group in the hierarchy of `controller` ("" is version 2), below /sys/fs/cgroup.
fs::path OwnGroup(const std::string& controller) {
  std::ifstream file("/proc/self/cgroup");
  std::string line;
  while (std::getline(file, line)) {
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
    std::error_code error;
    return fs::is_directory(base / path, error) ? base / path : alias / path;
  }
  return {};
}

bool IsVersion2() {
  std::error_code error;
  return fs::exists(fs::path(kRoot) / "cgroup.controllers", error) &&
         Read(fs::path(kRoot) / "cgroup.controllers").find("memory") != std::string::npos;
}

bool MakeGroup(const fs::path& folder) {
  std::error_code error;
  return !folder.empty() && fs::create_directory(folder, error) &&
         ::access((folder / "cgroup.procs").c_str(), W_OK) == 0;
}

std::vector<pid_t> ProcessesIn(const fs::path& folder) {
  std::vector<pid_t> pids;
  std::istringstream text(Read(folder / "cgroup.procs"));
  for (pid_t pid; text >> pid;) pids.push_back(pid);
  return pids;
}

// One limit: who holds it, and what is written where.
struct LimitRow {
  const char* name;
  const char* controller;  // of version 1
  int64_t CgroupLimits::*value;
  bool (*set)(const fs::path& folder, int64_t value, bool version2);
};

bool LimitMemory(const fs::path& folder, int64_t bytes, bool version2) {
  const std::string text = std::to_string(bytes);
  // Swap: a machine may not count it, and then has none that a group could use.
  if (version2) {
    Write(folder / "memory.swap.max", "0");
    return Write(folder / "memory.max", text);
  }
  const bool limited = Write(folder / "memory.limit_in_bytes", text);
  Write(folder / "memory.memsw.limit_in_bytes", text);
  return limited;
}

bool LimitProcesses(const fs::path& folder, int64_t count, bool) {
  return Write(folder / "pids.max", std::to_string(count));
}

bool LimitCpu(const fs::path& folder, int64_t milli, bool version2) {
  const std::string quota = std::to_string(milli * kCpuPeriodUs / 1000);
  const std::string period = std::to_string(kCpuPeriodUs);
  if (version2) return Write(folder / "cpu.max", quota + " " + period);
  return Write(folder / "cpu.cfs_period_us", period) && Write(folder / "cpu.cfs_quota_us", quota);
}

constexpr LimitRow kLimits[] = {
    {"memory", "memory", &CgroupLimits::mem_bytes, LimitMemory},
    {"processes", "pids", &CgroupLimits::max_pids, LimitProcesses},
    {"cpu", "cpu", &CgroupLimits::cpu_milli, LimitCpu},
};

// Version 2 gives a group's children no controller that the group does not pass on. Fails where
// processes are in the group itself.
bool PassOnControllers(const fs::path& own) {
  // All at once or none: with some alone the group would be one of threads, and take no children.
  std::string wanted;
  for (const LimitRow& row : kLimits) wanted += "+" + std::string(row.controller) + " ";
  Write(own / "cgroup.subtree_control", wanted);
  std::string passed = " " + Read(own / "cgroup.subtree_control");
  std::replace(passed.begin(), passed.end(), '\n', ' ');
  return std::all_of(std::begin(kLimits), std::end(kLimits), [&passed](const LimitRow& row) {
    return passed.find(" " + std::string(row.controller) + " ") != std::string::npos;
  });
}

// The group of version 2 below which this process makes others: its own, which it leaves for a
// child of it, so that the group can pass its controllers on. Where others stay in it that is no
// use: then an operator must give the worker a group of its own.
fs::path Version2Base() {
  static const fs::path base = [] {
    const fs::path own = OwnGroup("");
    if (own.empty() || PassOnControllers(own)) return own;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(own, error)) {
      // Of a process before this one; the kernel keeps what is in use.
      if (entry.path().filename().string().starts_with(kOwnLeaf)) ::rmdir(entry.path().c_str());
    }
    const std::string self = std::to_string(::getpid());
    const fs::path leaf = own / (kOwnLeaf + self);
    const bool moved = MakeGroup(leaf) && Write(leaf / "cgroup.procs", self);
    if (!moved || !PassOnControllers(own)) {
      Write(own / "cgroup.procs", self);
      ::rmdir(leaf.c_str());
    }
    return own;
  }();
  return base;
}

fs::path BaseOf(const std::string& hierarchy) {
  return hierarchy.empty() ? Version2Base() : OwnGroup(hierarchy);
}

}  // namespace

Cgroup Cgroup::Create(const std::string& name, const CgroupLimits& limits,
                      const fs::path& records) {
  Cgroup group;
  const bool version2 = IsVersion2();
  std::vector<std::string> held;
  const std::vector<std::string> hierarchies =
      version2 ? std::vector<std::string>{""} : std::vector<std::string>{"memory", "pids", "cpu"};
  for (const std::string& hierarchy : hierarchies) {
    const fs::path own = BaseOf(hierarchy);
    if (own.empty()) continue;
    const fs::path folder = own / name;
    if (!records.empty()) {
      std::ofstream(records / kRecord, std::ios::app) << folder.string() << std::endl;
    }
    if (!MakeGroup(folder)) continue;
    for (const LimitRow& row : kLimits) {
      if (limits.*row.value <= 0 || (!version2 && hierarchy != row.controller)) continue;
      if (row.set(folder, limits.*row.value, version2)) held.emplace_back(row.name);
    }
    group.folders_.push_back(folder);
  }
  for (const LimitRow& row : kLimits) {
    const bool wanted = limits.*row.value > 0;
    if (wanted && std::find(held.begin(), held.end(), row.name) == held.end()) {
      group.missing_.emplace_back(row.name);
    }
  }
  return group;
}

std::vector<std::string> Cgroup::MissingHere() {
  const CgroupLimits all{.mem_bytes = int64_t{1} << 30, .cpu_milli = 1000, .max_pids = 100};
  return Create("limits-" + std::to_string(::getpid()), all, {}).missing();
}

void Cgroup::RemoveRecorded(const fs::path& records) {
  std::ifstream file(records / kRecord);
  Cgroup left;
  std::error_code error;
  for (std::string line; std::getline(file, line);) {
    if (fs::is_directory(line, error)) left.folders_.emplace_back(line);
  }
  left.Remove();
}

std::vector<std::string> Cgroup::EntryFiles() const {
  std::vector<std::string> files;
  for (const fs::path& folder : folders_) files.push_back((folder / "cgroup.procs").string());
  return files;
}

void Cgroup::Kill() {
  for (const fs::path& folder : folders_) {
    (void)Write(folder / "cgroup.kill", "1");
    for (int i = 0; i < kKillTries; ++i) {
      const auto pids = ProcessesIn(folder);
      if (pids.empty()) break;
      for (const pid_t pid : pids) ::kill(pid, SIGKILL);
      std::this_thread::sleep_for(kKillPause);
    }
  }
}

int64_t Cgroup::MemoryKills() const {
  int64_t kills = 0;
  for (const fs::path& folder : folders_) {
    for (const char* file : {"memory.oom_control", "memory.events"}) {
      std::istringstream text(Read(folder / file));
      std::string key;
      for (int64_t value = 0; text >> key >> value;) {
        if (key == "oom_kill") kills += value;
      }
    }
  }
  return kills;
}

int64_t Cgroup::PeakMemoryBytes() const {
  for (const fs::path& folder : folders_) {
    for (const char* file : {"memory.max_usage_in_bytes", "memory.peak"}) {
      std::istringstream text(Read(folder / file));
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
    for (int i = 0; i < kKillTries && ::rmdir(folder.c_str()) != 0 && errno == EBUSY; ++i) {
      std::this_thread::sleep_for(kKillPause);
    }
  }
  folders_.clear();
}

std::string Cgroup::Kind() {
  const fs::path own = BaseOf(IsVersion2() ? "" : "memory");
  const fs::path probe = own / ("probe-" + std::to_string(::getpid()));
  const bool usable = !own.empty() && MakeGroup(probe);
  ::rmdir(probe.c_str());
  return !usable ? "none" : IsVersion2() ? "v2" : "v1";
}

}  // namespace csl::worker
