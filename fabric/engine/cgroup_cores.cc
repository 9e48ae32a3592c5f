// SPDX-License-Identifier: Apache-2.0
#include "fabric/engine/cgroup_cores.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include "base/file.h"

namespace csl::fabric::engine {
namespace {

namespace fs = std::filesystem;

std::optional<int> WholeCores(int64_t quota_us, int64_t period_us) {
  if (quota_us <= 0 || period_us <= 0) return std::nullopt;
  return static_cast<int>(std::clamp<int64_t>(quota_us / period_us, 1, 1 << 20));
}

// cpu.max: "150000 100000", or "max 100000".
std::optional<int> QuotaV2(const fs::path& group) {
  int64_t quota = 0;
  int64_t period = 0;
  std::ifstream file(group / "cpu.max");
  if (!(file >> quota >> period)) return std::nullopt;
  return WholeCores(quota, period);
}

std::optional<int> QuotaV1(const fs::path& group) {
  int64_t quota = 0;
  int64_t period = 0;
  if (!(std::ifstream(group / "cpu.cfs_quota_us") >> quota)) return std::nullopt;
  if (!(std::ifstream(group / "cpu.cfs_period_us") >> period)) return std::nullopt;
  return WholeCores(quota, period);
}

// The smallest quota from the root down to `path`.
std::optional<int> SmallestQuota(const fs::path& root, const fs::path& path,
                                 std::optional<int> (*quota)(const fs::path&)) {
  std::optional<int> smallest = quota(root);
  fs::path group = root;
  for (const fs::path& part : path.relative_path()) {
    group /= part;
    const std::optional<int> own = quota(group);
    if (own && (!smallest || *own < *smallest)) smallest = own;
  }
  return smallest;
}

bool HasController(const std::string& controllers, std::string_view wanted) {
  std::istringstream list(controllers);
  for (std::string name; std::getline(list, name, ',');) {
    if (name == wanted) return true;
  }
  return false;
}

}  // namespace

std::optional<int> CgroupCores(std::string_view groups, const fs::path& mount) {
  std::istringstream lines{std::string(groups)};
  std::optional<int> smallest;
  for (std::string line; std::getline(lines, line);) {
    // hierarchy:controllers:path
    const size_t first = line.find(':');
    const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path path = line.substr(second + 1);
    std::optional<int> cores;
    if (controllers.empty()) {
      cores = SmallestQuota(mount, path, QuotaV2);
    } else if (HasController(controllers, "cpu")) {
      cores = SmallestQuota(mount / "cpu", path, QuotaV1);
    }
    if (cores && (!smallest || *cores < *smallest)) smallest = cores;
  }
  return smallest;
}

int CoresWithinQuota(int cores, const fs::path& groups_file, const fs::path& mount) {
  const StatusOr<std::string> groups = ReadTextFile(groups_file.string());
  if (!groups.ok()) return cores;
  return std::min(cores, CgroupCores(*groups, mount).value_or(cores));
}

}  // namespace csl::fabric::engine
