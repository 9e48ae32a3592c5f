// SPDX-License-Identifier: Apache-2.0
// User ids that jobs run under. A job of a root worker must not be root on the host, nor the same
// user as its neighbour: what the host's root owns, such as sysctls, would be its own.
#ifndef WORKER_SANDBOX_JOB_USER_H_
#define WORKER_SANDBOX_JOB_USER_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"

namespace csl::worker {

// A range of ids that jobs get theirs from.
struct IdRange {
  uint32_t first = 0;
  uint32_t count = 0;
};

// Makes the calling process root of a user namespace of its own, in which the subordinate ids of
// its user (/etc/subuid, /etc/subgid) are ids that it can give away; what lies outside belongs to
// it as before. Before any thread is started. kUnavailable says what is missing; then nothing has
// changed.
Status EnterSubordinateIds();

// The ranges that a text like /etc/subuid gives a user, by name or number.
std::vector<IdRange> SubordinateRangesIn(const std::string& text, const std::string& name,
                                         uint32_t uid);

// The ids that this process can give away; nullopt when it is not root, or when its user namespace
// maps none of the ranges that are left to such use.
std::optional<IdRange> JobIdRange();

// The same, from the texts of /proc/self/uid_map and /proc/self/gid_map.
std::optional<IdRange> JobIdRangeIn(const std::string& uid_map, const std::string& gid_map);

// An id, used as user and as group, that no other job of this process has; kept until it goes.
class JobUser {
 public:
  // No id where there is none to give, or none left. A worker that has none at all runs jobs as it
  // runs itself, in user namespaces.
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
