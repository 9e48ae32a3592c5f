// SPDX-License-Identifier: Apache-2.0
// %CMADDR%, the address of a session's CS system, in the text of a command.
#ifndef WORKER_EXECUTOR_CMADDR_H_
#define WORKER_EXECUTOR_CMADDR_H_

#include <string>
#include <string_view>

namespace csl::worker {

// Puts `address` ("127.0.0.1:PORT") for every %CMADDR%. An empty one means the simulator: a word
// that is empty, '' outside quotes and nothing inside them, so that `--cmaddr %CMADDR%` keeps its
// argument. Every other % stays.
std::string SubstituteCmaddr(std::string_view command, std::string_view address);

}  // namespace csl::worker

#endif  // WORKER_EXECUTOR_CMADDR_H_
