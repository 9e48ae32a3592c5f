// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/job_user.h"

#include <unistd.h>

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

std::mutex g_mutex;
std::set<uint32_t>& Taken() {
  static std::set<uint32_t> taken;
  return taken;
}

bool Maps(const std::string& map, const IdRange& range) {
  std::istringstream lines(map);
  uint64_t inside = 0;
  uint64_t outside = 0;
  uint64_t count = 0;
  while (lines >> inside >> outside >> count) {
    if (range.first >= inside && uint64_t{range.first} + range.count <= inside + count) return true;
  }
  return false;
}

std::string ReadAll(const char* path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

std::optional<IdRange> JobIdRangeIn(const std::string& uid_map, const std::string& gid_map) {
  for (const IdRange& range : kRanges) {
    if (Maps(uid_map, range) && Maps(gid_map, range)) return range;
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
  for (;;) {
    const uint32_t id = range->first + random() % range->count;
    if (Taken().insert(id).second) return JobUser(id);
  }
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
