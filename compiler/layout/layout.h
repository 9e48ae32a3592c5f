// SPDX-License-Identifier: Apache-2.0
// Layout: what evaluating a `layout` block yields. A plain value, printed by `cslc --dump=layout`.
//
// Tiles are stored as runs along rows, so that a full wafer of equal tiles is one run a row;
// programs are distinct (file, parameters) pairs, in the order of their first tile. Coordinates: x
// grows east, y grows south, the north-west tile of the rectangle is (0, 0).
#ifndef COMPILER_LAYOUT_LAYOUT_H_
#define COMPILER_LAYOUT_LAYOUT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/strong_id.h"
#include "compiler/source/location.h"
#include "compiler/types/type_store.h"
#include "compiler/types/value.h"
#include "fabric/image/color_config.h"

namespace csl::layout {

using ProgramId = StrongId<struct ProgramTag>;

struct Binding {
  std::string name;
  types::Value value;
  source::Span span;  // of the binding; nowhere for command line parameters
  // The number of a color: a color where the parameter is of that type, else an integer.
  bool is_color_number = false;
};

// What a tile runs, as the layout asked for it.
struct Program {
  source::FileId file;
  std::string file_name;          // as artifacts may hold it (File::stable_name)
  std::vector<Binding> bindings;  // in the order of the struct given to @set_tile_code
  source::Span span;              // of the first @set_tile_code that names it
};

// Tiles (x .. x+count-1, y) run `program`. Runs are sorted by y, then x, and never touch when they
// have one program.
struct TileRun {
  uint16_t x = 0;
  uint16_t y = 0;
  uint16_t count = 0;
  ProgramId program;
};

enum class ExportKind : uint8_t { kVar, kFunc };

struct ExportInput {
  std::string name;  // "" where the type does not give one
  std::string type;  // CSL spelling
};

// One @export_name. Its position in Layout::exports is its id, the number hosts and programs name
// it by.
struct ExportedName {
  std::string name;
  ExportKind kind = ExportKind::kVar;
  types::TypeId type;
  std::string type_text;            // CSL spelling: "[*]f32", "fn(f32)void"
  bool is_mutable = false;          // kVar
  std::vector<ExportInput> inputs;  // kFunc: parameters
  source::Span span;
};

// The routers of tiles (x .. x+count-1, y) have color_configs[config] for `color`.
struct ColorRun {
  uint16_t x = 0;
  uint16_t y = 0;
  uint16_t count = 0;
  uint16_t color = 0;
  uint32_t config = 0;
  source::Span span;  // of the @set_color_config of its first tile
};

// Sizes in PEs. The rectangle is what programs may ask for with @get_rectangle.
struct Rectangle {
  uint16_t width = 0;
  uint16_t height = 0;
  uint16_t fabric_width = 0;
  uint16_t fabric_height = 0;
  uint16_t offset_x = 0;
  uint16_t offset_y = 0;
};

struct Layout {
  Rectangle rectangle;
  std::vector<Program> programs;
  std::vector<TileRun> tiles;  // cover the rectangle
  std::vector<ExportedName> exports;
  std::vector<image::ColorConfig> color_configs;  // distinct ones, in the order of their first use
  std::vector<ColorRun> color_runs;  // by color, y, x; each tile and color at most once
  // Parameters and colors of the root file that the command line set: name, value.
  std::vector<Binding> root_bindings;
};

// Text form; values are printed as CSL spells them.
std::string ToString(const Layout& layout, const types::TypeStore& types);

}  // namespace csl::layout

#endif  // COMPILER_LAYOUT_LAYOUT_H_
