// SPDX-License-Identifier: Apache-2.0
// SdkLayout, CodeRegion and PortHandle as Python holds them.
#ifndef RUNTIME_PYTHON_LAYOUT_STATE_H_
#define RUNTIME_PYTHON_LAYOUT_STATE_H_

#include <pybind11/pybind11.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/layout/sdk_layout.h"
#include "runtime/python/layout_values.h"

namespace csl::runtime::python {

// What the Python objects of one layout share.
struct LayoutState {
  explicit LayoutState(isa::Arch arch) : layout(arch) {}
  layout::SdkLayout layout;
  int message_level = 2;  // 0 DEBUG .. 3 ERROR
  // Of every Color that was used: where its number goes when one is chosen.
  std::map<std::string, std::vector<std::shared_ptr<std::optional<int>>>> colors;

  layout::ColorName Use(const PyColor& color) {
    colors[color.global()].push_back(color.assigned);
    return color.ToName();
  }
};

struct PyLayout {
  std::shared_ptr<LayoutState> state;
};
struct PyRegion {
  std::shared_ptr<LayoutState> state;
  layout::RegionId id;
  const layout::CodeRegion& get() const { return state->layout.region(id); }
};
struct PyPort {
  std::shared_ptr<LayoutState> state;
  layout::PortId id;
};

// bind_region.cc
void BindRegion(pybind11::module_& module);

}  // namespace csl::runtime::python

#endif  // RUNTIME_PYTHON_LAYOUT_STATE_H_
