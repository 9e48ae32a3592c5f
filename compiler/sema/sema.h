// SPDX-License-Identifier: Apache-2.0
// Sema: from lowered files to the evaluated layout, and to one program per distinct tile.
//
//   sema::Context context = {...};
//   std::optional<layout::Layout> layout = sema::EvaluateLayout(context, root);
//   sema::TileAnalyzer tiles(context, *layout);
//   for (auto batch = tiles.Next(64); !batch.empty(); batch = tiles.Next(64)) { ... }
//   tiles.Check();
//
// Errors go to Context::diagnostics; what comes back after errors is not to be used further.
// The result depends on the sources and options alone, never on threads.
#ifndef COMPILER_SEMA_SEMA_H_
#define COMPILER_SEMA_SEMA_H_

#include <memory>
#include <optional>
#include <vector>

#include "compiler/layout/layout.h"
#include "compiler/sema/context.h"
#include "compiler/sema/tile_program.h"

namespace csl::sema {

// Evaluates the layout block of the root file. nullopt after errors.
std::optional<layout::Layout> EvaluateLayout(const Context& context, source::FileId root);

// Analyses the programs of a layout, some at a time: a caller who compiles each at once need never
// hold the tens of thousands that a layout may have.
class TileAnalyzer {
 public:
  // Both outlive the analyzer.
  TileAnalyzer(const Context& context, const layout::Layout& layout);
  ~TileAnalyzer();
  TileAnalyzer(const TileAnalyzer&) = delete;
  TileAnalyzer& operator=(const TileAnalyzer&) = delete;

  // The next distinct programs, `most` at most, in the order of their first tile; none when there
  // no longer exist. After errors they are incomplete.
  std::vector<TileProgram> Next(size_t most);

  // By layout::ProgramId: the number of the distinct program, as they came out of Next. Programs of
  // the layout that differ only in parameters nobody reads share one. Complete when Next gave none.
  const std::vector<uint32_t>& program_of() const;

  // Reports what is wrong between the layout and all programs together: an export that no program
  // defines, a color that both sides configure. When Next gave none.
  void Check();

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

struct TilePrograms {
  std::vector<TileProgram> programs;
  std::vector<uint32_t> program_of;
};

// All programs at once, checked. After errors the result is incomplete.
TilePrograms AnalyzeTiles(const Context& context, const layout::Layout& layout);

}  // namespace csl::sema

#endif  // COMPILER_SEMA_SEMA_H_
