// SPDX-License-Identifier: Apache-2.0
// Looking at a child without reaping it, so that its process group keeps its number.
#ifndef WORKER_EXECUTOR_CHILD_PROCESS_H_
#define WORKER_EXECUTOR_CHILD_PROCESS_H_

#include <sys/types.h>
#include <sys/wait.h>

namespace csl::worker {

// Whether the child has ended and is left to be reaped.
inline bool HasEnded(pid_t pid) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == pid;
}

}  // namespace csl::worker

#endif  // WORKER_EXECUTOR_CHILD_PROCESS_H_
