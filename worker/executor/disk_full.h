// SPDX-License-Identifier: Apache-2.0
// A full disk is a cause of its own, wherever a job meets it.
#ifndef WORKER_EXECUTOR_DISK_FULL_H_
#define WORKER_EXECUTOR_DISK_FULL_H_

#include <cerrno>
#include <string>
#include <system_error>

#include "base/status.h"

namespace csl::worker {

// kResourceExhausted for a disk that is full, else kUnavailable: "WHAT: No space left on device".
inline Status DiskFailure(const std::string& what, const std::error_code& error) {
  const bool full = error == std::errc::no_space_on_device ||
                    error == std::error_code(EDQUOT, std::generic_category());
  return {full ? StatusCode::kResourceExhausted : StatusCode::kUnavailable,
          what + ": " + error.message()};
}

}  // namespace csl::worker

#endif  // WORKER_EXECUTOR_DISK_FULL_H_
