// SPDX-License-Identifier: Apache-2.0
// Passes, code generation and linking of the tile programs of a compilation, in parallel, while the
// caller analyses the next ones.
#ifndef COMPILER_DRIVER_BACK_END_H_
#define COMPILER_DRIVER_BACK_END_H_

#include <memory>
#include <string>
#include <vector>

#include "compiler/diagnostics/engine.h"
#include "compiler/driver/options.h"
#include "compiler/link/link_program.h"
#include "compiler/sema/tile_program.h"
#include "fabric/image/image_set.h"

namespace csl::driver {

struct BackEndOptions {
  link::ProgramOptions program;
  Stage dump = Stage::kNone;  // kIr and what follows it
  int max_parallelism = 0;    // 0: one thread a core
  bool optimise = true;
};

struct BackEndResult {
  std::vector<image::ProgramImage> images;
  std::vector<image::Variant> variants;
  std::vector<uint32_t> image_of;  // by program: what placement calls it
  std::string dump;
  std::vector<Status> failures;  // of the tool
};

// Programs go in as they are analysed; only what is left of them stays in memory. What comes out,
// messages included, does not depend on threads.
class BackEnd {
 public:
  // What is wrong with a program goes to `diagnostics`. All references outlive the back end.
  BackEnd(BackEndOptions options, const source::Sources& sources, diagnostics::Engine& diagnostics);
  ~BackEnd();
  BackEnd(const BackEnd&) = delete;
  BackEnd& operator=(const BackEnd&) = delete;

  // Waits for the programs added before, then starts on these and returns.
  void Add(std::vector<sema::TileProgram> programs);
  BackEndResult Finish();

 private:
  class Batch;
  void Collect();

  const BackEndOptions options_;
  const source::Sources& sources_;
  diagnostics::Engine& diagnostics_;
  std::unique_ptr<Batch> running_;
  image::ImageSet images_;
  std::vector<image::ImageSet::Ref> refs_;
  BackEndResult out_;
};

}  // namespace csl::driver

#endif  // COMPILER_DRIVER_BACK_END_H_
