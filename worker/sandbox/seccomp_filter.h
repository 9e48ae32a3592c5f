// SPDX-License-Identifier: Apache-2.0
// The system calls that no job needs and that widen the kernel's surface, refused.
#ifndef WORKER_SANDBOX_SECCOMP_FILTER_H_
#define WORKER_SANDBOX_SECCOMP_FILTER_H_

#include <string_view>
#include <vector>

#include "base/status.h"

namespace csl::worker {

// A descriptor (close-on-exec) from which the compiled filter can be read, as bubblewrap's
// --seccomp wants it. The caller closes it.
StatusOr<int> MakeSeccompFilter();

// The names of the refused calls, for the documentation and its test.
std::vector<std::string_view> RefusedSystemCalls();

}  // namespace csl::worker

#endif  // WORKER_SANDBOX_SECCOMP_FILTER_H_
