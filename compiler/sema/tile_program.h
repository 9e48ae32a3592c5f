// SPDX-License-Identifier: Apache-2.0
// TileProgram: what semantic analysis makes of one distinct tile program: IR, tile configuration,
// exported symbols.
#ifndef COMPILER_SEMA_TILE_PROGRAM_H_
#define COMPILER_SEMA_TILE_PROGRAM_H_

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/ir/ir.h"
#include "compiler/layout/layout.h"
#include "compiler/sema/tile_config.h"

namespace csl::sema {

// One @export_symbol that matches Layout::exports[export_id] in name, kind, type and mutability.
struct ExportedSymbol {
  uint32_t export_id = 0;
  layout::ExportKind kind = layout::ExportKind::kVar;
  ir::GlobalId global;  // kVar: the pointer VARIABLE (or the scalar itself where the exported type
                        // is not a pointer)
  ir::FunctionId function;  // kFunc
};

struct TileProgram {
  ir::Module module;  // functions of tasks and exports are is_entry, exported variables is_used
  TileConfig config;
  std::vector<ExportedSymbol> exports;  // by export_id
};

}  // namespace csl::sema

#endif  // COMPILER_SEMA_TILE_PROGRAM_H_
