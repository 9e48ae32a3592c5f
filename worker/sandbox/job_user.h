// SPDX-License-Identifier: Apache-2.0
// User ids that jobs run under. A job of a root worker must not be root on the host, nor the same
// user as its neighbour: what the host's root owns, such as sysctls, would be its own.
#ifndef WORKER_SANDBOX_JOB_USER_H_
#define WORKER_SANDBOX_JOB_USER_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace csl::worker {

// A range of ids that jobs get theirs from.
struct IdRange {
  uint32_t first = 0;
  uint32_t count = 0;
};

// The ids that this process can give away; nullopt when it is not root, or when its user namespace
// maps none of the ranges that are left to such use.
std::optional<IdRange> JobIdRange();

// The same, from the texts of /proc/self/uid_map and /proc/self/gid_map.
std::optional<IdRange> JobIdRangeIn(const std::string& uid_map, const std::string& gid_map);

// An id, used as user and as group, that no other job of this process has; kept until it goes.
class JobUser {
 public:
  // No id where there is none to give: the job then runs as the worker does, in its user namespace.
  static JobUser Take();
  JobUser() = default;
  JobUser(JobUser&& other) noexcept : id_(other.id_) { other.id_.reset(); }
  JobUser& operator=(JobUser&& other) noexcept;
  ~JobUser();

  std::optional<uint32_t> id() const { return id_; }

 private:
  explicit JobUser(uint32_t id) : id_(id) {}
  std::optional<uint32_t> id_;
};

}  // namespace csl::worker

#endif  // WORKER_SANDBOX_JOB_USER_H_
