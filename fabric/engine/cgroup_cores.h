// SPDX-License-Identifier: Apache-2.0
// How many cores the kernel's control groups let this process use.
#ifndef FABRIC_ENGINE_CGROUP_CORES_H_
#define FABRIC_ENGINE_CGROUP_CORES_H_

#include <filesystem>
#include <optional>
#include <string_view>

namespace csl::fabric::engine {

// The smallest quota of the process's group and those above it, in whole cores, at least 1; none if
// there is no quota. `groups` is the text of /proc/self/cgroup, `mount` usually /sys/fs/cgroup.
// Versions 1 and 2.
std::optional<int> CgroupCores(std::string_view groups, const std::filesystem::path& mount);

// Of `cores`, those that the process may use: no more than its quota. groups_file is usually
// /proc/self/cgroup; where it cannot be read there is no quota.
int CoresWithinQuota(int cores, const std::filesystem::path& groups_file,
                     const std::filesystem::path& mount);

}  // namespace csl::fabric::engine

#endif  // FABRIC_ENGINE_CGROUP_CORES_H_
