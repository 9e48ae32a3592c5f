// SPDX-License-Identifier: Apache-2.0
#include "runtime/layout/code_region.h"

namespace csl::runtime::layout {

void CodeRegion::SetParam(const Rect& local, const std::string& param, const ParamValue& value) {
  std::map<uint32_t, uint32_t> changed;  // parameters before -> after
  for (int y = local.y; y < local.y + local.height; ++y) {
    for (int x = local.x; x < local.x + local.width; ++x) {
      uint32_t& number = params_of_pe_[IndexOf({x, y})];
      const auto [found, is_new] = changed.try_emplace(number, 0);
      if (is_new) {
        Params params = params_.at(number);
        params[param] = value;
        found->second = params_.Number(params);
      }
      number = found->second;
    }
  }
}

void CodeRegion::Paint(const Rect& local, ColorId color, const Routes& routes) {
  std::vector<uint32_t>& of_pe = painted_[color];
  of_pe.resize(params_of_pe_.size());
  const uint32_t number = routes_.Number(routes) + 1;
  for (int y = local.y; y < local.y + local.height; ++y) {
    for (int x = local.x; x < local.x + local.width; ++x) of_pe[IndexOf({x, y})] = number;
  }
}

}  // namespace csl::runtime::layout
