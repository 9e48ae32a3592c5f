// SPDX-License-Identifier: Apache-2.0
#include "runtime/python/layout_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "runtime/python/arguments.h"
#include "runtime/python/bound_method.h"
#include "runtime/python/errors.h"

namespace py = pybind11;
using py::literals::operator""_a;

namespace csl::runtime::python {
namespace {

// In the order of the values of Route.
constexpr std::array<const char*, 5> kRouteNames = {"RAMP", "EAST", "WEST", "NORTH", "SOUTH"};
constexpr std::array<uint8_t, 5> kRouteBits = {image::kRamp, image::kEast, image::kWest,
                                               image::kNorth, image::kSouth};
constexpr std::array<const char*, 4> kEdgeMembers = {"TOP", "BOTTOM", "LEFT", "RIGHT"};
constexpr std::array<const char*, 3> kFp16Members = {"F16", "BF16", "CB16"};

template <size_t N>
void BindEnum(py::module_& module, const char* name, const std::array<const char*, N>& members,
              const char* doc) {
  py::dict values;
  for (size_t i = 0; i < N; ++i) values[members[i]] = static_cast<int>(i);
  py::object made =
      py::module_::import("enum").attr("Enum")(name, values, "module"_a = module.attr("__name__"));
  made.attr("__doc__") = doc;
  module.attr(name) = made;
}

// The value of a member of an enum of this module.
template <size_t N>
int MemberArgument(const char* argument, const char* type, const std::array<const char*, N>& names,
                   py::handle value) {
  const py::object made = py::module_::import("cerebras.sdk.runtime.sdkruntimepybind").attr(type);
  if (py::isinstance(value, made)) return value.attr("value").cast<int>();
  std::string allowed;
  for (const char* name : names) {
    allowed += fmt::format("{}{}.{}", allowed.empty() ? "" : ", ", type, name);
  }
  ThrowTypeError(fmt::format("{} = {}: must be one of {}", argument, Repr(value), allowed));
}

std::vector<int> RouteList(const char* name, py::handle value) {
  if (!PyList_Check(value.ptr()) && !PyTuple_Check(value.ptr())) {
    ThrowTypeError(fmt::format("{} = {}: must be a list of Route", name, Repr(value)));
  }
  std::vector<int> routes;
  for (const py::handle item : value) {
    routes.push_back(MemberArgument(name, "Route", kRouteNames, item));
  }
  return routes;
}

// A side twice in one position is the side once.
uint8_t MaskOf(const std::vector<int>& routes) {
  uint8_t mask = 0;
  for (const int route : routes) {
    mask = static_cast<uint8_t>(mask | kRouteBits[static_cast<size_t>(route)]);
  }
  return mask;
}

py::list ToPython(const std::vector<int>& routes) {
  const py::object type =
      py::module_::import("cerebras.sdk.runtime.sdkruntimepybind").attr("Route");
  py::list out;
  for (const int route : routes) out.append(type(route));
  return out;
}

std::string PositionText(const PyRoutingPosition& p) {
  const auto side = [](const std::vector<int>& routes) {
    std::string text;
    for (const int route : routes) {
      text +=
          fmt::format("{}{}", text.empty() ? "" : ", ", kRouteNames[static_cast<size_t>(route)]);
    }
    return text;
  };
  return fmt::format("RoutingPosition([{}] -> [{}])", side(p.input), side(p.output));
}

const Signature& ColorSignature() {
  static const Signature* const signature =
      new Signature("Color", {{"name"}, Default("value", "None")});
  return *signature;
}

void BindColor(py::module_& module) {
  const std::string doc = ColorSignature().Doc(R"doc(
A color by name, with a value from 0 to 23 or one that compile() chooses.

Two colors of one global name are one color. The name is also the parameter that set_param* without
a name sets.
)doc",
                                               false);
  py::class_<PyColor>(module, "Color", doc.c_str())
      .def(py::init([](const py::args& args, const py::kwargs& keywords) {
             const BoundArguments a = BindOrNone(ColorSignature(), args, keywords);
             return MakeColor(a[0], a[1], "");
           }),
           ColorSignature().InitDoc().c_str())
      .def("get_global_name", &PyColor::global,
           "The global name; for a region's color it begins with the region's name and '_'.")
      .def(
          "get_local_param_name", [](const PyColor& self) { return self.name; },
          "The local name, which is the parameter that the color sets.")
      .def(
          "get_value",
          [](const PyColor& self) -> py::object {
            const std::optional<int>& value = self.given ? self.given : *self.assigned;
            return value ? py::object(py::int_(*value)) : py::object(py::none());
          },
          "The given value, or the one that compile() chose; None before that.")
      .def("__repr__", [](const PyColor& self) {
        return fmt::format("Color('{}'{})", self.global(),
                           self.given ? fmt::format(", {}", *self.given) : "");
      });
}

void BindPosition(py::module_& module) {
  using Self = PyRoutingPosition;
  py::class_<Self> position(module, "RoutingPosition", R"doc(
Where wavelets of a color may come from and go to, in one position of a router's switch.

Setters return the position, so that they can be chained.
)doc");
  position.def(py::init<>());
  // The Python object of `self`, which is known by its address.
  const auto same = [](Self& self) { return py::cast(&self, py::return_value_policy::reference); };
  BindOn(position, "set_input", {{"routes"}}, "Replaces the inputs, a list of Route.",
         [same](Self& self, const BoundArguments& a) {
           self.input = RouteList("set_input: routes", a[0]);
           return same(self);
         });
  BindOn(position, "set_output", {{"routes"}}, "Replaces the outputs, a list of Route.",
         [same](Self& self, const BoundArguments& a) {
           self.output = RouteList("set_output: routes", a[0]);
           return same(self);
         });
  BindOn(position, "add_input", {{"route"}}, "Adds an input.",
         [same](Self& self, const BoundArguments& a) {
           self.input.push_back(MemberArgument("add_input: route", "Route", kRouteNames, a[0]));
           return same(self);
         });
  BindOn(position, "add_output", {{"route"}}, "Adds an output.",
         [same](Self& self, const BoundArguments& a) {
           self.output.push_back(MemberArgument("add_output: route", "Route", kRouteNames, a[0]));
           return same(self);
         });
  position
      .def(
          "get_input", [](const Self& self) { return ToPython(self.input); },
          "The inputs, a list of Route.")
      .def(
          "get_output", [](const Self& self) { return ToPython(self.output); },
          "The outputs, a list of Route.")
      .def("__repr__", &PositionText);
}

}  // namespace

PyColor MakeColor(const py::object& name, const py::object& value, std::string region) {
  PyColor color;
  color.name = StringArgument("name", name);
  const bool starts_well = !color.name.empty() && (color.name[0] < '0' || color.name[0] > '9');
  const bool is_name = starts_well && std::all_of(color.name.begin(), color.name.end(), [](char c) {
                         return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                                (c >= 'A' && c <= 'Z');
                       });
  if (!is_name) {
    ThrowValueError(
        fmt::format("Color: name = '{}': must be letters, digits and underscores, and "
                    "begin with no digit",
                    color.name));
  }
  color.region = std::move(region);
  if (value.is_none()) return color;
  const int64_t number = IntegerArgument("value", value);
  if (number < 0 || number >= layout::kNumColors) {
    ThrowValueError(fmt::format("Color '{}': value = {}: must be 0 to {}", color.global(), number,
                                layout::kNumColors - 1));
  }
  color.given = static_cast<int>(number);
  return color;
}

const PyColor& ColorArgument(const char* name, py::handle value) {
  if (!py::isinstance<PyColor>(value)) {
    ThrowTypeError(fmt::format("{} = {}: must be a Color", name, Repr(value)));
  }
  return value.cast<const PyColor&>();
}

layout::Edge EdgeArgument(const char* name, py::handle value) {
  return static_cast<layout::Edge>(MemberArgument(name, "Edge", kEdgeMembers, value));
}

int Fp16Argument(const char* name, py::handle value) {
  return MemberArgument(name, "FP16TYPE", kFp16Members, value);
}

layout::Routes RoutesArgument(const char* name, py::handle value) {
  if (!PyList_Check(value.ptr()) && !PyTuple_Check(value.ptr())) {
    ThrowTypeError(fmt::format("{} = {}: must be a list of RoutingPosition", name, Repr(value)));
  }
  layout::Routes routes;
  for (const py::handle item : value) {
    if (!py::isinstance<PyRoutingPosition>(item)) {
      ThrowTypeError(fmt::format("{}: {}: must be a RoutingPosition", name, Repr(item)));
    }
    const auto& position = item.cast<const PyRoutingPosition&>();
    routes.push_back({MaskOf(position.input), MaskOf(position.output)});
  }
  return routes;
}

layout::Point PointArgument(const char* name, py::handle value) {
  const py::object type = py::module_::import("cerebras.geometry.geometry").attr("IntVector");
  if (!py::isinstance(value, type)) {
    ThrowTypeError(fmt::format("{} = {}: must be an IntVector", name, Repr(value)));
  }
  const auto side = [&](const char* member) {
    const int64_t number = IntegerArgument(name, value.attr(member));
    return static_cast<int>(std::clamp<int64_t>(number, INT32_MIN / 2, INT32_MAX / 2));
  };
  return {side("x"), side("y")};
}

layout::Rect PeArgument(const char* name, py::handle value) {
  const layout::Point at = PointArgument(name, value);
  return {at.x, at.y, 1, 1};
}

layout::Rect RectArgument(const char* name, py::handle value) {
  const py::object type = py::module_::import("cerebras.geometry.geometry").attr("IntRectangle");
  if (!py::isinstance(value, type)) {
    ThrowTypeError(fmt::format("{} = {}: must be an IntRectangle", name, Repr(value)));
  }
  const layout::Point first = PointArgument(name, value.attr("origin"));
  const layout::Point end = PointArgument(name, value.attr("dims"));
  return {first.x, first.y, end.x - first.x, end.y - first.y};
}

void BindLayoutValues(py::module_& module) {
  BindEnum(module, "Edge", kEdgeMembers, "An edge of a code region.");
  BindEnum(module, "Route", kRouteNames, "A side of a router: its own PE (RAMP) or a neighbour.");
  BindEnum(module, "FP16TYPE", kFp16Members,
           "The 16-bit floating-point format of a compilation: IEEE 754, bfloat16, cb16.");
  BindColor(module);
  BindPosition(module);
  py::class_<PyEdgeRouteInfo>(module, "EdgeRouteInfo",
                              "Routing positions for one edge of a region: get_edge_routing().");
  static const Signature* const signature =
      new Signature("get_edge_routing", {{"edge"}, {"routes"}});
  module.def(
      "get_edge_routing",
      [](const py::args& args, const py::kwargs& keywords) {
        const BoundArguments a = BindOrNone(*signature, args, keywords);
        return PyEdgeRouteInfo{EdgeArgument("get_edge_routing: edge", a[0]),
                               RoutesArgument("get_edge_routing: routes", a[1])};
      },
      signature->Doc("Routing positions for the PEs of an edge, for paint_all().", false).c_str());
}

}  // namespace csl::runtime::python
