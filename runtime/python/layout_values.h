// SPDX-License-Identifier: Apache-2.0
// The values that layouts are told with, as Python holds them: colors, routing positions, enums,
// and the arguments made of them.
#ifndef RUNTIME_PYTHON_LAYOUT_VALUES_H_
#define RUNTIME_PYTHON_LAYOUT_VALUES_H_

#include <pybind11/pybind11.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/layout/sdk_layout.h"

namespace csl::runtime::python {

// A Color: its region's name stands in front of its global name.
struct PyColor {
  std::string name;
  std::string region;  // "" : of no region
  std::optional<int> given;
  // The number that a compilation gave it; shared by copies of the object.
  std::shared_ptr<std::optional<int>> assigned = std::make_shared<std::optional<int>>();

  std::string global() const { return region.empty() ? name : region + "_" + name; }
  layout::ColorName ToName() const { return {global(), name, given}; }
};

// Raises for names that are not names of parameters, and for values other than 0 to 23.
PyColor MakeColor(const pybind11::object& name, const pybind11::object& value, std::string region);

struct PyRoutingPosition {
  std::vector<int> input;  // values of Route
  std::vector<int> output;
};

struct PyEdgeRouteInfo {
  layout::Edge edge = layout::Edge::kTop;
  layout::Routes positions;
};

// Each raises an error that names the argument.
const PyColor& ColorArgument(const char* name, pybind11::handle value);
layout::Edge EdgeArgument(const char* name, pybind11::handle value);
// A list of RoutingPosition.
layout::Routes RoutesArgument(const char* name, pybind11::handle value);
// An IntVector of cerebras.geometry.geometry.
layout::Point PointArgument(const char* name, pybind11::handle value);
// An IntRectangle: the PEs from its first vector to before its second one.
layout::Rect RectArgument(const char* name, pybind11::handle value);
// Column and row of one PE.
layout::Rect PeArgument(const char* name, pybind11::handle value);
// A member of FP16TYPE: 0 F16, 1 BF16, 2 CB16.
int Fp16Argument(const char* name, pybind11::handle value);

// Color, RoutingPosition, EdgeRouteInfo, Edge, Route, FP16TYPE, get_edge_routing.
void BindLayoutValues(pybind11::module_& module);

}  // namespace csl::runtime::python

#endif  // RUNTIME_PYTHON_LAYOUT_VALUES_H_
