// SPDX-License-Identifier: Apache-2.0
// What a child of a root worker does before it gives up being root: a mount namespace in which the
// job's folders lie where its user can reach them, whatever the folders above them permit.
#ifndef WORKER_SANDBOX_OWN_MOUNTS_H_
#define WORKER_SANDBOX_OWN_MOUNTS_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace csl::worker {

// Where the nth of the folders lies in that namespace.
std::string OwnMountPath(size_t n);

// Between fork and exec: system calls alone, false with errno when one fails. `from[n]` is a folder
// of the host; `to[n]` is OwnMountPath(n).
bool EnterOwnMounts(const std::vector<std::string>& from, const std::vector<std::string>& to);
// Becomes the user and group `id` without any privilege. The order of the signal that comes at a
// parent's death is lost by it.
bool BecomeUser(uint32_t id);

}  // namespace csl::worker

#endif  // WORKER_SANDBOX_OWN_MOUNTS_H_
