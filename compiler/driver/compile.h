// SPDX-License-Identifier: Apache-2.0
// One compilation, from options to the artifact on disk or a stage's text.
#ifndef COMPILER_DRIVER_COMPILE_H_
#define COMPILER_DRIVER_COMPILE_H_

#include <string>

#include "compiler/driver/options.h"

namespace csl::driver {

// The process's environment as far as compilation depends on it; tests set it.
struct Environment {
  std::string import_path;            // CSL_IMPORT_PATH
  std::filesystem::path library_dir;  // of the standard library
};

// Texts are complete; printing is the caller's.
struct Outcome {
  int exit_code = 0;  // 0 ok, 1 errors in the program, 2 bad usage, 3 the tool failed
  std::string out;    // --dump, @comptime_print
  std::string err;    // messages
};

// Writes the artifact unless a stage is dumped. After a failure nothing is written.
Outcome Compile(const Options& options, const Environment& environment);

}  // namespace csl::driver

#endif  // COMPILER_DRIVER_COMPILE_H_
