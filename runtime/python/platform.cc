// SPDX-License-Identifier: Apache-2.0
#include "runtime/python/platform.h"

#include <fmt/format.h>
#include <pybind11/stl.h>

#include "fabric/sim/simulator.h"
#include "runtime/python/arguments.h"
#include "runtime/python/errors.h"

namespace py = pybind11;
using py::literals::operator""_a;

namespace csl::runtime::python {
namespace {

SimfabConfig ConfigOrDefault(const py::object& config) {
  if (config.is_none()) return {};
  if (!py::isinstance<SimfabConfig>(config)) {
    ThrowTypeError(fmt::format("config = {}: a SimfabConfig is wanted", Repr(config)));
  }
  return config.cast<SimfabConfig>();
}

py::object TargetOrDefault(const py::object& target) {
  const py::object type =
      py::module_::import("cerebras.appliance.pb.sdk.sdk_common_pb2").attr("SdkTarget");
  if (target.is_none()) return type.attr("WSE3");
  EnumArgument("target", "SdkTarget", target);
  return target;
}

Platform MakeSimulator(const py::object& config, const py::object& target) {
  return {std::nullopt, ConfigOrDefault(config), TargetOrDefault(target)};
}

Platform MakeSystem(const py::object& cmaddr) {
  std::optional<wire::Address> address = ParseCmaddr(cmaddr);
  if (!address) ThrowValueError("cmaddr: the address of a CS system is wanted, IP:PORT");
  return {std::move(address), {}, py::none()};
}

Platform MakePlatform(const py::object& cmaddr, const py::object& config,
                      const py::object& target) {
  Platform platform = MakeSimulator(config, target);
  platform.system = ParseCmaddr(cmaddr);
  return platform;
}

void BindConfig(py::module_& module) {
  py::class_<SimfabConfig>(module, "SimfabConfig", R"doc(
Settings of the simulator.

num_threads: threads the simulator may use, 1..64; never changes a result.
suppress_trace: make no `simfab_traces` folder.
dump_core: stop() leaves a core file even of a program with more than 1,024 PEs.
core_path: where; "out.core" by default. Relative to the folder that is current at load().
)doc")
      .def(py::init([](const py::object& num_threads, bool suppress_trace, bool dump_core,
                       std::optional<std::string> core_path) {
             return SimfabConfig{ThreadsArgument("num_threads", num_threads), suppress_trace,
                                 dump_core, std::move(core_path)};
           }),
           "num_threads"_a = 16, "suppress_trace"_a = false, "dump_core"_a = false,
           "core_path"_a = py::none())
      .def_readonly("num_threads", &SimfabConfig::num_threads)
      .def_readonly("suppress_trace", &SimfabConfig::suppress_trace)
      .def_readonly("dump_core", &SimfabConfig::dump_core)
      .def_readonly("core_path", &SimfabConfig::core_path);
}

}  // namespace

std::optional<wire::Address> ParseCmaddr(py::handle cmaddr) {
  if (cmaddr.is_none()) return std::nullopt;
  const std::string text = StringArgument("cmaddr", cmaddr);
  if (text.empty()) return std::nullopt;
  StatusOr<wire::Address> address = wire::ParseAddress(text);
  if (!address.ok()) ThrowValueError("cmaddr: " + address.status().message());
  return *std::move(address);
}

int ThreadsArgument(const char* name, py::handle value) {
  const int64_t threads = IntegerArgument(name, value);
  if (threads < 1 || threads > fabric::kMaxThreads) {
    ThrowValueError(fmt::format("{} = {}: allowed is 1..{}", name, threads, fabric::kMaxThreads));
  }
  return static_cast<int>(threads);
}

std::filesystem::path FolderArgument(const char* name, py::handle value) {
  if (py::isinstance<CompileArtifacts>(value)) return value.cast<CompileArtifacts>().path;
  py::object path = py::reinterpret_steal<py::object>(PyOS_FSPath(value.ptr()));
  if (!path) {
    PyErr_Clear();
    ThrowTypeError(
        fmt::format("{} = {}: a str, a Path or SdkCompileArtifacts is wanted", name, Repr(value)));
  }
  if (PyUnicode_Check(path.ptr())) {
    path = py::reinterpret_steal<py::object>(PyUnicode_EncodeFSDefault(path.ptr()));
    if (!path) throw py::error_already_set();
  }
  return std::filesystem::path(path.cast<std::string>());
}

void BindPlatform(py::module_& module) {
  BindConfig(module);
  py::class_<CompileArtifacts>(module, "SdkCompileArtifacts",
                               "A compiled program, by the folder it lies in.")
      .def(py::init([](const py::object& path) {
             return CompileArtifacts{FolderArgument("path", path)};
           }),
           "path"_a)
      .def("__fspath__", [](const CompileArtifacts& self) { return self.path.string(); })
      .def("__str__", [](const CompileArtifacts& self) { return self.path.string(); })
      .def("__repr__", [](const CompileArtifacts& self) {
        return "SdkCompileArtifacts(" + Repr(py::str(self.path.string())) + ")";
      });
  py::class_<Platform>(module, "SdkExecutionPlatform",
                       "What programs run on: the simulator, or a CS system. Made by get_platform, "
                       "get_simulator or get_system.")
      .def("is_simulation", [](const Platform& self) { return !self.system.has_value(); })
      .def("is_system", [](const Platform& self) { return self.system.has_value(); });
  module.def("get_simulator", &MakeSimulator, "config"_a = py::none(), "target"_a = py::none(),
             "The simulator. config: a SimfabConfig; target: a SdkTarget, WSE3 by default.");
  module.def("get_system", &MakeSystem, "cmaddr"_a,
             "The CS system at cmaddr, \"IP:PORT\". Nothing is connected yet.");
  module.def("get_platform", &MakePlatform, "cmaddr"_a = py::none(), "config"_a = py::none(),
             "target"_a = py::none(),
             "The CS system at cmaddr, or the simulator where cmaddr is None or empty.");
}

}  // namespace csl::runtime::python
