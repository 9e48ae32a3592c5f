// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/cgroup.h"

#include <signal.h>
#include <unistd.h>

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
constexpr char kRecord[] = "cgroups";  // one folder a line

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

void LimitVersion1(const std::string& controller, const fs::path& folder,
                   const CgroupLimits& limits) {
  if (controller == "memory" && limits.mem_bytes > 0) {
    Write(folder / "memory.limit_in_bytes", std::to_string(limits.mem_bytes));
    Write(folder / "memory.memsw.limit_in_bytes", std::to_string(limits.mem_bytes));
  } else if (controller == "cpu" && limits.cpu_milli > 0) {
    Write(folder / "cpu.cfs_period_us", std::to_string(kCpuPeriodUs));
    Write(folder / "cpu.cfs_quota_us", std::to_string(limits.cpu_milli * kCpuPeriodUs / 1000));
  } else if (controller == "pids" && limits.max_pids > 0) {
    Write(folder / "pids.max", std::to_string(limits.max_pids));
  }
}

void LimitVersion2(const fs::path& folder, const CgroupLimits& limits) {
  if (limits.mem_bytes > 0) {
    Write(folder / "memory.max", std::to_string(limits.mem_bytes));
    Write(folder / "memory.swap.max", "0");
  }
  if (limits.cpu_milli > 0) {
    Write(folder / "cpu.max", std::to_string(limits.cpu_milli * kCpuPeriodUs / 1000) + " " +
                                  std::to_string(kCpuPeriodUs));
  }
  if (limits.max_pids > 0) Write(folder / "pids.max", std::to_string(limits.max_pids));
}

}  // namespace

Cgroup Cgroup::Create(const std::string& name, const CgroupLimits& limits,
                      const fs::path& records) {
  Cgroup group;
  const bool version2 = IsVersion2();
  const std::vector<std::string> controllers =
      version2 ? std::vector<std::string>{""} : std::vector<std::string>{"memory", "pids", "cpu"};
  for (const std::string& controller : controllers) {
    const fs::path own = OwnGroup(controller);
    if (own.empty()) continue;
    const fs::path folder = own / name;
    std::ofstream(records / kRecord, std::ios::app) << folder.string() << std::endl;
    if (!MakeGroup(folder)) continue;
    version2 ? LimitVersion2(folder, limits) : LimitVersion1(controller, folder, limits);
    group.folders_.push_back(folder);
  }
  return group;
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

bool Cgroup::HadOutOfMemory() const {
  for (const fs::path& folder : folders_) {
    for (const char* file : {"memory.oom_control", "memory.events"}) {
      std::istringstream text(Read(folder / file));
      std::string key;
      for (int64_t value = 0; text >> key >> value;) {
        if (key == "oom_kill" && value > 0) return true;
      }
    }
  }
  return false;
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
  const fs::path own = OwnGroup(IsVersion2() ? "" : "memory");
  const fs::path probe = own / ("probe-" + std::to_string(::getpid()));
  const bool usable = !own.empty() && MakeGroup(probe);
  ::rmdir(probe.c_str());
  return !usable ? "none" : IsVersion2() ? "v2" : "v1";
}

}  // namespace csl::worker
