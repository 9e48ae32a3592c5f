// SPDX-License-Identifier: Apache-2.0
// Sema: from lowered files to the evaluated layout, and to one program per distinct tile.
//
//   sema::Context context = {...};
//   std::optional<layout::Layout> layout = sema::EvaluateLayout(context, root);
//   if (layout) { sema::TilePrograms programs = sema::AnalyzeTiles(context, *layout); ... }
//
// Errors go to Context::diagnostics; what comes back after errors is not to be used further.
// The result depends on the sources and options alone, never on threads.
#ifndef COMPILER_SEMA_SEMA_H_
#define COMPILER_SEMA_SEMA_H_

#include <optional>
#include <vector>

#include "compiler/layout/layout.h"
#include "compiler/sema/context.h"
#include "compiler/sema/tile_program.h"

namespace csl::sema {

// Evaluates the layout block of the root file. nullopt after errors.
std::optional<layout::Layout> EvaluateLayout(const Context& context, source::FileId root);

struct TilePrograms {
  std::vector<TileProgram> programs;  // distinct ones, in the order of their first tile
  // By layout::ProgramId: index into `programs`. Programs of the layout that differ only in
  // parameters nobody reads share one.
  std::vector<uint32_t> program_of;
};

// Analyses every program of the layout. After errors the result is incomplete.
TilePrograms AnalyzeTiles(const Context& context, const layout::Layout& layout);

}  // namespace csl::sema

#endif  // COMPILER_SEMA_SEMA_H_
