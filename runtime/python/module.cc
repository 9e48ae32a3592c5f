// SPDX-License-Identifier: Apache-2.0
// cerebras.sdk.runtime.sdkruntimepybind: the host runtime.
#include <pybind11/pybind11.h>

#include "runtime/python/bind_debug.h"
#include "runtime/python/bind_runtime.h"
#include "runtime/python/errors.h"
#include "runtime/python/platform.h"

namespace py = pybind11;

namespace csl::runtime::python {
namespace {

// A name whose feature is not there: it can be imported, and says so when it is used.
struct Unsupported {
  std::string name;
};

void BindUnsupportedNames(py::module_& module) {
  py::class_<Unsupported>(module, "_Unsupported")
      .def("__call__", [](const Unsupported& self, const py::args&,
                          const py::kwargs&) { ThrowNotSupported(self.name); })
      .def("__getattr__", [](const Unsupported& self, const std::string& member) {
        // Python itself asks for such names; it takes AttributeError for "no".
        if (member.starts_with("__")) throw py::attribute_error(member);
        ThrowNotSupported(self.name + "." + member);
      });
  for (const char* name : {"SdkLayout", "CodeRegion", "Color", "Edge", "EdgeRouteInfo", "FP16TYPE",
                           "PortHandle", "Route", "RoutingPosition", "get_edge_routing"}) {
    module.attr(name) = py::cast(Unsupported{name});
  }
}

}  // namespace
}  // namespace csl::runtime::python

PYBIND11_MODULE(sdkruntimepybind, module) {
  using namespace csl::runtime::python;  // NOLINT: the module's own body
  // Docstrings begin with signatures of our own.
  pybind11::options options;
  options.disable_function_signatures();
  module.doc() =
      "The host runtime: runs programs that cslc compiled, on the simulator or a CS system.";
  const py::module_ enums = py::module_::import("cerebras.appliance.pb.sdk.sdk_common_pb2");
  for (const char* name : {"MemcpyDataType", "MemcpyOrder", "SdkTarget"}) {
    module.attr(name) = enums.attr(name);
  }
  BindErrors(module);
  BindPlatform(module);
  BindRuntime(module);
  BindDebug(module);
  BindUnsupportedNames(module);
}
