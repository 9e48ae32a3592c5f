// SPDX-License-Identifier: Apache-2.0
// Running cslc.
#ifndef RUNTIME_LAYOUT_RUN_PROGRAM_H_
#define RUNTIME_LAYOUT_RUN_PROGRAM_H_

#include <string>
#include <vector>

#include "base/status.h"

namespace csl::runtime::layout {

struct ProgramRun {
  int exit_code = 0;   // 128 + the signal that ended it
  std::string errors;  // what it wrote on standard error
};

// Runs args[0] and waits for it. Its standard output is this process's. kNotFound when it cannot be
// started.
StatusOr<ProgramRun> RunProgram(const std::vector<std::string>& args);

}  // namespace csl::runtime::layout

#endif  // RUNTIME_LAYOUT_RUN_PROGRAM_H_
