// SPDX-License-Identifier: Apache-2.0
// Passes, code generation and linking of all tile programs of a compilation, in parallel.
#ifndef COMPILER_DRIVER_BACK_END_H_
#define COMPILER_DRIVER_BACK_END_H_

#include <string>
#include <vector>

#include "compiler/diagnostics/engine.h"
#include "compiler/driver/options.h"
#include "compiler/link/link_program.h"
#include "compiler/sema/tile_program.h"

namespace csl::driver {

struct BackEndOptions {
  link::ProgramOptions program;
  Stage dump = Stage::kNone;  // kIr, kPasses, kAsm
  int max_parallelism = 0;    // 0: one thread a core
};

struct BackEndResult {
  std::vector<image::ProgramImage> images;  // distinct, in the order of the programs
  std::vector<uint32_t> image_of;           // by program
  std::string dump;
  std::vector<Status> failures;  // of the tool
};

// What is wrong with a program goes to `diagnostics`, in an order that does not depend on threads.
// The programs are changed by the passes.
BackEndResult RunBackEnd(std::vector<sema::TileProgram>& programs, const BackEndOptions& options,
                         const source::Sources& sources, diagnostics::Engine& diagnostics);

}  // namespace csl::driver

#endif  // COMPILER_DRIVER_BACK_END_H_
