// SPDX-License-Identifier: Apache-2.0
#include "runtime/python/platform.h"

#include <fmt/format.h>
#include <pybind11/stl.h>

#include "fabric/sim/simulator.h"
#include "runtime/python/arguments.h"
#include "runtime/python/errors.h"
#include "runtime/python/signature.h"

namespace py = pybind11;

namespace csl::runtime::python {
namespace {

SimfabConfig ConfigOrDefault(const py::object& config) {
  if (!config || config.is_none()) return {};
  if (!py::isinstance<SimfabConfig>(config)) {
    ThrowTypeError(fmt::format("config = {}: expected a SimfabConfig", Repr(config)));
  }
  return config.cast<SimfabConfig>();
}

std::optional<isa::Arch> TargetArgument(const py::object& target) {
  if (!target || target.is_none()) return std::nullopt;
  EnumArgument("target", "SdkTarget", target);
  return ArchOfTarget(target);
}

using Given = std::vector<py::object>;

bool IsGiven(const py::object& argument) { return argument && !argument.is_none(); }

bool BoolOr(bool fallback, const char* name, const py::object& argument) {
  return IsGiven(argument) ? BoolArgument(name, argument) : fallback;
}

// Adds a function of the module; `function` gets the arguments that the signature bound.
template <typename Function>
void BindFunction(py::module_& module, const char* name, Signature signature, const char* text,
                  Function function) {
  const std::string doc = signature.Doc(text, false);
  module.def(
      name,
      [signature = std::move(signature), function](const py::args& args, const py::kwargs& keywords)
          -> Platform { return function(signature.Bind(args, keywords)); },
      doc.c_str());
}

Platform MakeSimulator(const py::object& config, const py::object& target) {
  return {std::nullopt, ConfigOrDefault(config), TargetArgument(target)};
}

Platform MakeSystem(const Given& given) {
  std::optional<wire::Address> address = ParseCmaddr(given[0]);
  if (!address) ThrowValueError("cmaddr: expected the address of a CS system, IP:PORT");
  return {std::move(address), ConfigOrDefault(given[1]), TargetArgument(given[2])};
}

Platform MakePlatform(const Given& given) {
  Platform platform = MakeSimulator(given[1], given[2]);
  if (given[0]) platform.system = ParseCmaddr(given[0]);
  return platform;
}

constexpr char kConfigDoc[] = R"doc(
Settings of the simulator.

num_threads: threads the simulator may use, 1..64; never changes a result.
suppress_trace: make no `simfab_traces` folder.
dump_core: stop() leaves a core file even of a program with more than 1,024 PEs.
core_path: where, a str or Path; "out.core" by default. Relative to the folder that is current at
    load().

Raises SdkValueError (ValueError) for a number of threads out of range.
)doc";

SimfabConfig MakeConfig(const Given& given) {
  SimfabConfig config;
  if (IsGiven(given[0])) config.num_threads = ThreadsArgument("num_threads", given[0]);
  config.suppress_trace = BoolOr(false, "suppress_trace", given[1]);
  config.dump_core = BoolOr(false, "dump_core", given[2]);
  if (IsGiven(given[3])) config.core_path = FolderArgument("core_path", given[3]).string();
  return config;
}

void BindConfig(py::module_& module) {
  static const Signature signature("SimfabConfig", {{"num_threads", nullptr, "16"},
                                                    {"suppress_trace", nullptr, "False"},
                                                    {"dump_core", nullptr, "False"},
                                                    {"core_path", nullptr, "None"}});
  const std::string doc = signature.Doc(kConfigDoc, false);
  py::class_<SimfabConfig>(module, "SimfabConfig", doc.c_str())
      .def(py::init([](const py::args& args, const py::kwargs& keywords) {
             return MakeConfig(signature.Bind(args, keywords));
           }),
           signature.InitDoc().c_str())
      .def_readonly("num_threads", &SimfabConfig::num_threads)
      .def_readonly("suppress_trace", &SimfabConfig::suppress_trace)
      .def_readonly("dump_core", &SimfabConfig::dump_core)
      .def_readonly("core_path", &SimfabConfig::core_path);
}

constexpr char kArtifactsDoc[] = R"doc(
A compiled program, by the folder it lies in: what cslc wrote, or what SdkLayout.compile returned.

artifacts_path: a str or Path.
)doc";

void BindArtifacts(py::module_& module) {
  static const Signature signature("SdkCompileArtifacts", {{"artifacts_path", "path"}});
  const std::string doc = signature.Doc(kArtifactsDoc, false);
  py::class_<CompileArtifacts>(module, "SdkCompileArtifacts", doc.c_str())
      .def(py::init([](const py::args& args, const py::kwargs& keywords) {
             return CompileArtifacts{
                 FolderArgument("artifacts_path", signature.Bind(args, keywords)[0])};
           }),
           signature.InitDoc().c_str())
      .def("__fspath__", [](const CompileArtifacts& self) { return self.path.string(); })
      .def("__str__", [](const CompileArtifacts& self) { return self.path.string(); })
      .def("__repr__", [](const CompileArtifacts& self) {
        return "SdkCompileArtifacts(" + Repr(py::str(self.path.string())) + ")";
      });
}

constexpr char kSystemDoc[] = R"doc(
The CS system at cmaddr, "IP:PORT". Nothing is connected yet.

config: a SimfabConfig; of the settings, dump_core and core_path hold for a system as well.
target: a SdkTarget, WSE3 by default: what SdkLayout compiles for. One that is given
    must be what a program that runs there was compiled for.

Raises SdkValueError (ValueError) for an empty or malformed address.
)doc";

constexpr char kPlatformDoc[] = R"doc(
The CS system at cmaddr, or the simulator where cmaddr is None or empty.

config: a SimfabConfig; target: a SdkTarget, WSE3 by default: what SdkLayout compiles for.
    One that is given must be what a program that runs there was compiled for.
)doc";

constexpr char kSimulatorDoc[] = R"doc(
The simulator.

config: a SimfabConfig; target: a SdkTarget, WSE3 by default: what SdkLayout compiles for.
    One that is given must be what a program that runs there was compiled for.
)doc";

}  // namespace

isa::Arch ArchOfTarget(py::handle target) {
  const auto wse2 = py::module_::import("cerebras.appliance.pb.sdk.sdk_common_pb2")
                        .attr("SdkTarget")
                        .attr("WSE2");
  return target.equal(wse2) ? isa::Arch::kWse2 : isa::Arch::kWse3;
}

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
    ThrowValueError(fmt::format("{} = {}: must be 1..{}", name, threads, fabric::kMaxThreads));
  }
  return static_cast<int>(threads);
}

std::filesystem::path FolderArgument(const char* name, py::handle value) {
  if (py::isinstance<CompileArtifacts>(value)) return value.cast<CompileArtifacts>().path;
  py::object path = py::reinterpret_steal<py::object>(PyOS_FSPath(value.ptr()));
  if (!path) {
    PyErr_Clear();
    ThrowTypeError(
        fmt::format("{} = {}: expected a str, a Path or SdkCompileArtifacts", name, Repr(value)));
  }
  if (PyUnicode_Check(path.ptr())) {
    path = py::reinterpret_steal<py::object>(PyUnicode_EncodeFSDefault(path.ptr()));
    if (!path) throw py::error_already_set();
  }
  return std::filesystem::path(path.cast<std::string>());
}

void BindPlatform(py::module_& module) {
  BindConfig(module);
  BindArtifacts(module);
  py::class_<Platform>(module, "SdkExecutionPlatform",
                       "What programs run on: the simulator, or a CS system. Made by get_platform, "
                       "get_simulator or get_system.")
      .def(
          "is_simulation", [](const Platform& self) { return !self.system.has_value(); },
          "is_simulation(self)\n--\n\nWhether it is the simulator.")
      .def(
          "is_system", [](const Platform& self) { return self.system.has_value(); },
          "is_system(self)\n--\n\nWhether it is a CS system.");
  const Parameter cmaddr = {"cmaddr"};
  const Parameter config = {"config", nullptr, "None"};
  const Parameter target = {"target", nullptr, "None"};
  BindFunction(module, "get_simulator", Signature("get_simulator", {config, target}), kSimulatorDoc,
               [](const Given& given) { return MakeSimulator(given[0], given[1]); });
  BindFunction(module, "get_system", Signature("get_system", {cmaddr, config, target}), kSystemDoc,
               &MakeSystem);
  BindFunction(module, "get_platform",
               Signature("get_platform", {{"cmaddr", nullptr, "None"}, config, target}),
               kPlatformDoc, &MakePlatform);
}

}  // namespace csl::runtime::python
