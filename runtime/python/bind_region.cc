// SPDX-License-Identifier: Apache-2.0
// CodeRegion.
#include <fmt/format.h>
#include <pybind11/numpy.h>

#include <algorithm>
#include <cstring>

#include "runtime/python/arguments.h"
#include "runtime/python/bound_method.h"
#include "runtime/python/errors.h"
#include "runtime/python/layout_docstrings.h"
#include "runtime/python/layout_state.h"

namespace py = pybind11;

namespace csl::runtime::python {
namespace {

using Arguments = BoundArguments;

// A parameter's name and value from (name, value) or (color).
struct ParamArguments {
  std::string name;
  layout::ParamValue value;
};

ParamArguments TakeParam(PyRegion& self, const std::string& call, py::object name, py::object value,
                         const py::object& color) {
  if (py::isinstance<PyColor>(name) && value.is_none() && color.is_none()) {
    value = name;  // set_param_all(color)
    name = py::none();
  } else if (!color.is_none() && value.is_none()) {
    value = color;
  }
  ParamArguments out;
  if (py::isinstance<PyColor>(value)) {
    const auto& used = value.cast<const PyColor&>();
    out.name = name.is_none() ? used.name : StringArgument((call + ": name").c_str(), name);
    out.value = ValueOrThrow(self.state->layout.Intern(self.state->Use(used)));
    return out;
  }
  if (name.is_none() || value.is_none()) {
    ThrowTypeError(fmt::format("{}: region '{}': a name and a value, or a Color, are expected",
                               call, self.get().name));
  }
  out.name = StringArgument((call + ": name").c_str(), name);
  const std::string what =
      fmt::format("{}: region '{}': the value of '{}'", call, self.get().name, out.name);
  const int64_t number = IntegerArgument(what.c_str(), value);
  if (number < 0) {
    ThrowValueError(fmt::format("{} = {}: must be an unsigned integer or a Color", what, number));
  }
  out.value = static_cast<uint64_t>(number);
  return out;
}

void SetParam(PyRegion& self, const char* call, const layout::Rect& where, const py::object& name,
              const py::object& value, const py::object& color) {
  const ParamArguments taken = TakeParam(self, call, name, value, color);
  ThrowIfError(self.state->layout.SetParam(call, self.id, where, taken.name, taken.value));
}

layout::Rect Whole(const PyRegion& self) { return {0, 0, self.get().width, self.get().height}; }

void Paint(PyRegion& self, const char* call, const layout::Rect& where, const py::object& color,
           const py::object& routes) {
  const layout::ColorName name =
      self.state->Use(ColorArgument((std::string(call) + ": color").c_str(), color));
  const layout::Routes positions = RoutesArgument((std::string(call) + ": routes").c_str(), routes);
  ThrowIfError(self.state->layout.Paint(call, self.id, where, name, positions));
}

void PaintAll(PyRegion& self, const py::object& color, const py::object& routes,
              const py::object& edge_routes) {
  std::vector<PyEdgeRouteInfo> edges;
  if (!edge_routes.is_none()) {
    if (!PyList_Check(edge_routes.ptr()) && !PyTuple_Check(edge_routes.ptr())) {
      ThrowTypeError(fmt::format("paint_all: edge_routes = {}: must be a list of EdgeRouteInfo",
                                 Repr(edge_routes)));
    }
    for (const py::handle edge : edge_routes) {
      if (!py::isinstance<PyEdgeRouteInfo>(edge)) {
        ThrowTypeError(fmt::format(
            "paint_all: edge_routes: {}: must be an EdgeRouteInfo of get_edge_routing()",
            Repr(edge)));
      }
      edges.push_back(edge.cast<PyEdgeRouteInfo>());
    }
  }
  Paint(self, "paint_all", Whole(self), color, routes);
  const layout::ColorName name = ColorArgument("paint_all: color", color).ToName();
  for (const PyEdgeRouteInfo& edge : edges) {
    const layout::Rect where = layout::EdgeRect(edge.edge, self.get().width, self.get().height);
    ThrowIfError(self.state->layout.Paint("paint_all", self.id, where, name, edge.positions));
  }
}

void SetSymbolAll(PyRegion& self, const py::object& symbol, const py::object& data,
                  const py::object& width, const py::object& height) {
  layout::SymbolData out;
  out.symbol = StringArgument("set_symbol_all: symbol", symbol);
  const std::string what =
      fmt::format("set_symbol_all: region '{}', symbol '{}': data", self.get().name, out.symbol);
  if (!py::isinstance<py::array>(data)) {
    ThrowTypeError(fmt::format("{} = {}: must be a NumPy array", what, Repr(data)));
  }
  const auto array = py::array::ensure(data, py::array::c_style);
  const std::string type = py::str(py::handle(array.dtype()));
  if (type != "int16" && type != "uint16" && type != "int32" && type != "uint32" &&
      type != "float32") {
    ThrowTypeError(fmt::format(
        "{}: elements of type {}; must be int16, uint16, int32, uint32 or float32", what, type));
  }
  constexpr int64_t kMost = INT32_MAX;
  out.element_bytes = static_cast<int>(array.itemsize());
  out.width = static_cast<int>(std::min(kMost, IntegerArgument("set_symbol_all: width", width)));
  out.height = static_cast<int>(std::min(kMost, IntegerArgument("set_symbol_all: height", height)));
  out.bytes.resize(static_cast<size_t>(array.nbytes()));
  if (!out.bytes.empty()) std::memcpy(out.bytes.data(), array.data(), out.bytes.size());
  ThrowIfError(self.state->layout.SetSymbol(self.id, std::move(out)));
}

template <bool kInput>
PyPort CreatePort(PyRegion& self, const py::object& color, const py::object& edge,
                  const py::object& routes, const py::object& data_size, const py::object& prefix) {
  constexpr const char* kCall = kInput ? "create_input_port" : "create_output_port";
  const auto name = [](const char* argument) { return std::string(kCall) + ": " + argument; };
  const layout::ColorName used = self.state->Use(ColorArgument(name("color").c_str(), color));
  return {self.state, ValueOrThrow(self.state->layout.CreatePort(
                          self.id, kInput, used, EdgeArgument(name("edge").c_str(), edge),
                          RoutesArgument(name("routes").c_str(), routes),
                          IntegerArgument(name("data_size").c_str(), data_size),
                          prefix.is_none() ? "" : StringArgument(name("prefix").c_str(), prefix)))};
}

using RegionClass = py::class_<PyRegion>;

void BindParams(RegionClass& region) {
  const std::vector<Parameter> param = {Default("name", "None"), Default("value", "None"),
                                        Default("color", "None")};
  const auto with = [&param](const char* first) {
    std::vector<Parameter> all = {{first}};
    all.insert(all.end(), param.begin(), param.end());
    return all;
  };
  BindOn(region, "set_param", with("coord"), kSetParamDoc, [](PyRegion& self, const Arguments& a) {
    SetParam(self, "set_param", PeArgument("set_param: coord", a[0]), a[1], a[2], a[3]);
  });
  BindOn(region, "set_param_all", param, kSetParamAllDoc, [](PyRegion& self, const Arguments& a) {
    SetParam(self, "set_param_all", Whole(self), a[0], a[1], a[2]);
  });
  BindOn(region, "set_param_range", with("rect"), kSetParamRangeDoc,
         [](PyRegion& self, const Arguments& a) {
           SetParam(self, "set_param_range", RectArgument("set_param_range: rect", a[0]), a[1],
                    a[2], a[3]);
         });
  BindOn(region, "set_symbol_all", {{"symbol"}, {"data"}, {"width"}, {"height"}}, kSetSymbolAllDoc,
         [](PyRegion& self, const Arguments& a) { SetSymbolAll(self, a[0], a[1], a[2], a[3]); });
}

void BindPaint(RegionClass& region) {
  BindOn(region, "paint", {{"coord"}, {"color"}, {"routes"}}, kPaintDoc,
         [](PyRegion& self, const Arguments& a) {
           Paint(self, "paint", PeArgument("paint: coord", a[0]), a[1], a[2]);
         });
  BindOn(region, "paint_all", {{"color"}, {"routes"}, Default("edge_routes", "None")}, kPaintAllDoc,
         [](PyRegion& self, const Arguments& a) { PaintAll(self, a[0], a[1], a[2]); });
  BindOn(region, "paint_range", {{"rect"}, {"color"}, {"routes"}}, kPaintRangeDoc,
         [](PyRegion& self, const Arguments& a) {
           Paint(self, "paint_range", RectArgument("paint_range: rect", a[0]), a[1], a[2]);
         });
}

}  // namespace

void BindRegion(py::module_& module) {
  RegionClass region(module, "CodeRegion", kCodeRegionDoc);
  BindOn(region, "color", {{"name"}, Default("value", "None")}, kRegionColorDoc,
         [](PyRegion& self, const Arguments& a) { return MakeColor(a[0], a[1], self.get().name); });
  BindOn(region, "place", {{"x"}, {"y"}}, kPlaceDoc, [](PyRegion& self, const Arguments& a) {
    ThrowIfError(self.state->layout.Place(self.id, IntegerArgument("place: x", a[0]),
                                          IntegerArgument("place: y", a[1])));
  });
  const std::vector<Parameter> port = {
      {"color"}, {"edge"}, {"routes"}, {"data_size"}, Default("prefix", "''")};
  BindOn(region, "create_input_port", port, kCreateInputPortDoc,
         [](PyRegion& self, const Arguments& a) {
           return CreatePort<true>(self, a[0], a[1], a[2], a[3], a[4]);
         });
  BindOn(region, "create_output_port", port, kCreateOutputPortDoc,
         [](PyRegion& self, const Arguments& a) {
           return CreatePort<false>(self, a[0], a[1], a[2], a[3], a[4]);
         });
  region.def("__repr__", [](const PyRegion& self) {
    const layout::CodeRegion& r = self.get();
    return fmt::format("CodeRegion('{}', {} x {} PEs at ({}, {}))", r.name, r.width, r.height,
                       r.origin.x, r.origin.y);
  });
  BindPaint(region);
  BindParams(region);
}

}  // namespace csl::runtime::python
