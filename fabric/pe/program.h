// SPDX-License-Identifier: Apache-2.0
// A program image made ready to run, by PEs that run it as it is and by those that run a variant.
//
// Immutable while PEs run, and outlives them.
#ifndef FABRIC_PE_PROGRAM_H_
#define FABRIC_PE_PROGRAM_H_

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "fabric/image/program_image.h"
#include "fabric/image/variant.h"
#include "fabric/isa/architecture.h"
#include "fabric/isa/arith/arith.h"
#include "fabric/pe/code.h"
#include "fabric/pe/memory.h"
#include "fabric/pe/scheduler.h"

namespace csl::fabric::pe {

inline constexpr int32_t kNoFunction = -1;

struct Program {
  Program(std::shared_ptr<const image::ProgramImage> of_image, Code of_code);

  std::shared_ptr<const image::ProgramImage> shared_image;
  const image::ProgramImage& image;
  isa::Arch arch = isa::Arch::kWse2;
  isa::arith::Fp16Format half = isa::arith::Fp16Format::kF16;
  Code code;
  std::shared_ptr<InitialMemory> memory;
  std::array<int32_t, kNumTaskIds> task_function;         // kNoFunction: nothing bound
  std::array<uint32_t, isa::kNumDsrFiles> num_dsrs = {};  // registers the program names, by file

  // Something is ready to run before the host says anything.
  bool ActiveAtStart() const {
    return (image.configuration.active_tasks & ~image.configuration.blocked_tasks) != 0;
  }
  const std::string& FunctionName(int32_t function) const;
  // "fn_name (pe.csl:12:5)"
  std::string Place(uint32_t position) const;
};

// Decodes a valid image (ProgramImage::Validate). Unimplemented names the first thing in it that
// this fabric cannot run yet.
StatusOr<std::unique_ptr<Program>> LoadProgram(image::ProgramImage image);

// Marks the instructions that valid variants (Variant::Validate) of the programs' images patch. A
// PE that runs a variant needs nothing else of its own.
void MarkPatched(std::span<const std::unique_ptr<Program>> programs,
                 std::span<const image::Variant> variants);

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_PROGRAM_H_
