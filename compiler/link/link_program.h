// SPDX-License-Identifier: Apache-2.0
// Joins one tile program's object code and configuration to a program image: function indices,
// addresses, sections, stack, symbols, exports, lines.
#ifndef COMPILER_LINK_LINK_PROGRAM_H_
#define COMPILER_LINK_LINK_PROGRAM_H_

#include <string>
#include <vector>

#include "base/status.h"
#include "compiler/codegen/object_code.h"
#include "compiler/diagnostics/problem.h"
#include "compiler/link/memory_map.h"
#include "compiler/sema/tile_program.h"
#include "fabric/image/program_image.h"

namespace csl::link {

struct ProgramOptions {
  isa::Arch arch = isa::Arch::kWse2;
  isa::Fp16Format fp16_format = isa::Fp16Format::kF16;
  bool lines = true;  // line tables and frame layouts; false with -g0
  SectionStarts section_starts;
};

struct LinkedProgram {
  image::ProgramImage image;
  std::vector<diagnostics::Problem> warnings;
};

// What is wrong with the program, such as more than 48 KB of data and stack.
struct ProgramFault {
  diagnostics::Problem problem;
  ir::Location where;  // of an extern symbol that nothing defines
};

// kInvalidArgument: the program is wrong; where not null, `fault` says how.
StatusOr<LinkedProgram> LinkProgram(const sema::TileProgram& program,
                                    const codegen::ObjectCode& code, const ProgramOptions& options,
                                    ProgramFault* fault = nullptr);

}  // namespace csl::link

#endif  // COMPILER_LINK_LINK_PROGRAM_H_
