// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/job_user.h"

#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <mutex>
#include <random>
#include <set>
#include <sstream>
#include <utility>

namespace csl::worker {
namespace {

// Above what distributions and systemd-nspawn give away; and, where a container maps 65,536 ids
// only, the range that systemd keeps for dynamic users.
constexpr IdRange kRanges[] = {{0x70000000, 1u << 24}, {61184, 4336}};
// Where subordinate ids lie in a namespace of our own.
constexpr IdRange kSubordinate = kRanges[1];
constexpr char kNewUidMap[] = "/usr/bin/newuidmap";
constexpr char kNewGidMap[] = "/usr/bin/newgidmap";

std::mutex g_mutex;
std::set<uint32_t>& Taken() {
  static std::set<uint32_t> taken;
  return taken;
}

// How many ids of the range the map has, from the first on.
uint32_t MappedIn(const std::string& map, const IdRange& range) {
  std::istringstream lines(map);
  uint64_t inside = 0;
  uint64_t outside = 0;
  uint64_t count = 0;
  while (lines >> inside >> outside >> count) {
    if (range.first < inside || range.first >= inside + count) continue;
    return static_cast<uint32_t>(std::min<uint64_t>(range.count, inside + count - range.first));
  }
  return 0;
}

std::string UserName() {
  passwd entry{};
  passwd* found = nullptr;
  char buffer[16384];
  (void)::getpwuid_r(::getuid(), &entry, buffer, sizeof buffer, &found);
  return found == nullptr ? "" : found->pw_name;
}

// One of the programs that may write a map which holds others' ids. Between fork and exec.
void RunMapper(const std::vector<std::string>& words) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

bool RanWell(pid_t pid) {
  int how = 0;
  while (::waitpid(pid, &how, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(how) && WEXITSTATUS(how) == 0;
}

// Waits for the parent to be in its namespace, then has both maps written; exits.
[[noreturn]] void WriteMapsOfParent(int entered, const IdRange& uids, const IdRange& gids) {
  char byte = 0;
  if (::read(entered, &byte, 1) != 1) ::_exit(1);
  const std::string parent = std::to_string(::getppid());
  const auto map = [&parent](const char* program, uint32_t own, const IdRange& range) {
    const std::vector<std::string> words = {program,
                                            parent,
                                            "0",
                                            std::to_string(own),
                                            "1",
                                            std::to_string(kSubordinate.first),
                                            std::to_string(range.first),
                                            std::to_string(range.count)};
    const pid_t pid = ::fork();
    if (pid == 0) RunMapper(words);
    return pid > 0 && RanWell(pid);
  };
  const bool mapped = map(kNewUidMap, ::getuid(), uids) && map(kNewGidMap, ::getgid(), gids);
  ::_exit(mapped ? 0 : 1);
}

StatusOr<IdRange> LargestRange(const char* file, const std::string& text) {
  IdRange largest;
  for (const IdRange& range : SubordinateRangesIn(text, UserName(), ::getuid())) {
    if (range.count > largest.count) largest = range;
  }
  if (largest.count == 0) return Unavailable(std::string("no ids for this user in ") + file);
  largest.count = std::min(largest.count, kSubordinate.count);
  return largest;
}

std::string ReadAll(const char* path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

std::vector<IdRange> SubordinateRangesIn(const std::string& text, const std::string& name,
                                         uint32_t uid) {
  std::vector<IdRange> ranges;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string owner = line.substr(0, first);
    if (owner.empty() || (owner != name && owner != std::to_string(uid))) continue;
    IdRange range;
    const char* end = line.data() + line.size();
    const auto begin = std::from_chars(line.data() + first + 1, line.data() + second, range.first);
    const auto count = std::from_chars(line.data() + second + 1, end, range.count);
    const bool whole = begin.ec == std::errc() && begin.ptr == line.data() + second &&
                       count.ec == std::errc() && count.ptr == end;
    if (whole && range.first > 0 && range.count > 0) ranges.push_back(range);
  }
  return ranges;
}

Status EnterSubordinateIds() {
  if (::geteuid() == 0) return Unavailable("root needs no subordinate ids");
  for (const char* program : {kNewUidMap, kNewGidMap}) {
    if (::access(program, X_OK) != 0) {
      return Unavailable(std::string(program) + " does not exist (package uidmap)");
    }
  }
  ASSIGN_OR_RETURN(const IdRange uids, LargestRange("/etc/subuid", ReadAll("/etc/subuid")));
  ASSIGN_OR_RETURN(const IdRange gids, LargestRange("/etc/subgid", ReadAll("/etc/subgid")));
  int entered[2];
  if (::pipe2(entered, O_CLOEXEC) != 0) return Unavailable("no descriptors");
  // A namespace that was entered cannot be left: a child tries first.
  const auto enter = [&entered, &uids, &gids] {
    const pid_t mapper = ::fork();
    if (mapper == 0) WriteMapsOfParent(entered[0], uids, gids);
    const bool in = mapper > 0 && ::unshare(CLONE_NEWUSER) == 0;
    (void)!::write(entered[1], in ? "1" : "", in ? 1 : 0);
    if (!in && mapper > 0) ::kill(mapper, SIGKILL);
    const bool mapped = mapper > 0 && RanWell(mapper);
    return in && mapped && ::setresgid(0, 0, 0) == 0 && ::setresuid(0, 0, 0) == 0;
  };
  const pid_t trial = ::fork();
  if (trial == 0) ::_exit(enter() ? 0 : 1);
  const bool works = trial > 0 && RanWell(trial) && enter();
  ::close(entered[0]);
  ::close(entered[1]);
  return works ? OkStatus() : Unavailable("newuidmap or a user namespace failed");
}

std::optional<IdRange> JobIdRangeIn(const std::string& uid_map, const std::string& gid_map) {
  for (const IdRange& range : kRanges) {
    const uint32_t count = std::min(MappedIn(uid_map, range), MappedIn(gid_map, range));
    if (count > 0) return IdRange{range.first, count};
  }
  return std::nullopt;
}

std::optional<IdRange> JobIdRange() {
  if (::geteuid() != 0) return std::nullopt;
  return JobIdRangeIn(ReadAll("/proc/self/uid_map"), ReadAll("/proc/self/gid_map"));
}

JobUser JobUser::Take() {
  const auto range = JobIdRange();
  if (!range) return JobUser();
  // At random: workers that share a machine do not know of each other's jobs.
  std::lock_guard lock(g_mutex);
  static std::random_device random;
  while (Taken().size() < range->count) {
    const uint32_t id = range->first + random() % range->count;
    if (Taken().insert(id).second) return JobUser(id);
  }
  return JobUser();
}

JobUser& JobUser::operator=(JobUser&& other) noexcept {
  std::swap(id_, other.id_);
  return *this;
}

JobUser::~JobUser() {
  if (!id_) return;
  std::lock_guard lock(g_mutex);
  Taken().erase(*id_);
}

}  // namespace csl::worker
