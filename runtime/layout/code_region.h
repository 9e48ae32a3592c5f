// SPDX-License-Identifier: Apache-2.0
// What a layout says of the PEs of one region: parameters, routes, initial data. Plain values; the
// checks are SdkLayout's.
#ifndef RUNTIME_LAYOUT_CODE_REGION_H_
#define RUNTIME_LAYOUT_CODE_REGION_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/strong_id.h"
#include "fabric/image/color_config.h"
#include "runtime/layout/geometry.h"

namespace csl::runtime::layout {

using ColorId = StrongId<struct ColorTag>;    // a name of a color, as the user knows it
using RegionId = StrongId<struct RegionTag>;  // in the order of creation
using PortId = StrongId<struct PortTag>;

// A parameter of a tile program: a number, or the number that a color gets.
using ParamValue = std::variant<uint64_t, ColorId>;
using Params = std::map<std::string, ParamValue>;

// The routes of one color on one PE, by switch position.
using Routes = std::vector<image::Route>;

// Distinct values by number, so that PEs hold numbers.
template <typename T>
class Numbered {
 public:
  uint32_t Number(const T& value) {
    const auto [found, is_new] = numbers_.try_emplace(value, static_cast<uint32_t>(values_.size()));
    if (is_new) values_.push_back(value);
    return found->second;
  }
  const T& at(uint32_t number) const { return values_[number]; }
  size_t size() const { return values_.size(); }

 private:
  std::map<T, uint32_t> numbers_;
  std::vector<T> values_;
};

// Of set_symbol_all: rows of `row_bytes` bytes for the whole region, the first row at its top.
struct SymbolData {
  std::string symbol;
  int width = 0;  // elements
  int height = 0;
  int element_bytes = 4;
  std::vector<uint8_t> bytes;  // row by row
};

class CodeRegion {
 public:
  CodeRegion(std::string name, std::string source, int width, int height)
      : name(std::move(name)),
        source(std::move(source)),
        width(width),
        height(height),
        params_of_pe_(static_cast<size_t>(width) * static_cast<size_t>(height)) {
    params_.Number({});
  }

  std::string name;
  std::string source;  // as the user wrote it
  int width = 1;
  int height = 1;
  Point origin;
  std::vector<SymbolData> symbols;

  Rect place() const { return {origin.x, origin.y, width, height}; }
  size_t IndexOf(Point local) const {
    return static_cast<size_t>(local.y) * static_cast<size_t>(width) + static_cast<size_t>(local.x);
  }

  void SetParam(const Rect& local, const std::string& param, const ParamValue& value);
  // Replaces what was painted there in this color.
  void Paint(const Rect& local, ColorId color, const Routes& routes);

  const Params& params_at(size_t pe) const { return params_.at(params_of_pe_[pe]); }
  uint32_t params_number(size_t pe) const { return params_of_pe_[pe]; }
  const std::map<ColorId, std::vector<uint32_t>>& painted() const { return painted_; }
  const Routes& routes(uint32_t number) const { return routes_.at(number - 1); }

 private:
  Numbered<Params> params_;
  std::vector<uint32_t> params_of_pe_;
  Numbered<Routes> routes_;
  // By PE: 0, or 1 + the number of the routes.
  std::map<ColorId, std::vector<uint32_t>> painted_;
};

}  // namespace csl::runtime::layout

#endif  // RUNTIME_LAYOUT_CODE_REGION_H_
