// SPDX-License-Identifier: Apache-2.0
// Rules that hold between the layout and all tile programs together.
#ifndef COMPILER_SEMA_TILE_CHECKS_H_
#define COMPILER_SEMA_TILE_CHECKS_H_

#include <cstdint>
#include <vector>

#include "compiler/layout/layout.h"
#include "compiler/sema/context.h"
#include "compiler/sema/tile_program.h"

namespace csl::sema {

// What the checks ask of a program, kept when the program itself is gone.
struct ProgramSummary {
  struct LocalColor {
    uint8_t color = 0;
    source::Span span;
  };
  std::vector<LocalColor> local_colors;  // that the program configures itself
  std::vector<uint32_t> exports;         // ids of the names it defines
};

ProgramSummary Summarize(const TileProgram& program);

// Every exported name is defined by some tile; no tile's color is configured by both sides.
// program_of: by layout::ProgramId, the index of its summary.
void CheckTogether(const Context& context, const layout::Layout& layout,
                   const std::vector<ProgramSummary>& summaries,
                   const std::vector<uint32_t>& program_of);

}  // namespace csl::sema

#endif  // COMPILER_SEMA_TILE_CHECKS_H_
