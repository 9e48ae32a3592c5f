// SPDX-License-Identifier: Apache-2.0
#include "runtime/python/bind_runtime.h"

#include <fmt/format.h>
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <functional>
#include <string_view>

#include "runtime/python/arguments.h"
#include "runtime/python/bind_memcpy.h"
#include "runtime/python/bind_ports.h"
#include "runtime/python/docstrings.h"
#include "runtime/python/host_run.h"
#include "runtime/python/signature.h"

namespace py = pybind11;

namespace csl::runtime::python {
namespace {

// Of a run without a platform; documented.
constexpr int kDefaultThreads = 5;

fabric::LogLevel MessageLevel(py::handle value) {
  const std::string text = StringArgument("msg_level", value);
  static constexpr std::string_view kLevels[] = {"DEBUG", "INFO", "WARNING", "ERROR"};
  for (size_t i = 0; i < std::size(kLevels); ++i) {
    if (text == kLevels[i]) return static_cast<fabric::LogLevel>(i);
  }
  ThrowValueError(fmt::format("msg_level = '{}': must be DEBUG, INFO, WARNING or ERROR", text));
}

// The constructor. Defaults are those of the struct.
const Signature& RuntimeSignature() {
  static const Signature signature("SdkRuntime", {{"bindir", "artifacts"},
                                                  {"platform", nullptr, "None"},
                                                  Keyword("cmaddr", "None"),
                                                  Keyword("suppress_simfab_trace", "False"),
                                                  Keyword("simfab_numthreads", "5"),
                                                  Keyword("msg_level", "'WARNING'"),
                                                  Keyword("memcpy_required", "True")});
  return signature;
}

bool IsGiven(const py::object& argument) { return argument && !argument.is_none(); }

Platform PlatformArgument(const py::object& platform, const py::object& cmaddr) {
  std::optional<wire::Address> address;
  if (cmaddr) address = ParseCmaddr(cmaddr);
  if (!IsGiven(platform)) {
    Platform made;
    made.system = std::move(address);
    made.config.num_threads = kDefaultThreads;
    return made;
  }
  if (!py::isinstance<Platform>(platform)) {
    ThrowTypeError(fmt::format("platform = {}: expected a SdkExecutionPlatform", Repr(platform)));
  }
  if (address) ThrowValueError("cmaddr: a platform is given as well; only one of them is allowed");
  return platform.cast<Platform>();
}

std::unique_ptr<HostRun> MakeRun(const py::args& args, const py::kwargs& keywords) {
  const std::vector<py::object> given = RuntimeSignature().Bind(args, keywords);
  HostRunOptions options;
  options.platform = PlatformArgument(given[1], given[2]);
  if (IsGiven(given[3]) && BoolArgument("suppress_simfab_trace", given[3])) {
    options.platform.config.suppress_trace = true;
  }
  if (IsGiven(given[4])) {
    options.platform.config.num_threads = ThreadsArgument("simfab_numthreads", given[4]);
  }
  if (IsGiven(given[5])) options.message_level = MessageLevel(given[5]);
  if (IsGiven(given[6])) options.memcpy_required = BoolArgument("memcpy_required", given[6]);
  return std::make_unique<HostRun>(FolderArgument("bindir", given[0]), options);
}

// Arguments that do not fit the function's type are a TypeError.
Task SubmittedOrTypeError(HostRun& self, const std::function<StatusOr<TaskId>(SdkRuntime&)>& call) {
  Status mismatch;
  const auto id = self.Unlocked([&](SdkRuntime& core) -> StatusOr<TaskId> {
    StatusOr<TaskId> result = call(core);
    if (result.status().code() == StatusCode::kInvalidArgument) {
      mismatch = result.status();
      return TaskId();
    }
    return result;
  });
  if (!mismatch.ok()) ThrowTypeError(mismatch.message());
  return self.MakeTask(*id);
}

Task Launch(HostRun& self, const std::vector<py::object>& given) {
  const bool nonblock = BoolArgument("nonblock", given[2]);
  const std::string function = StringArgument("symbol", given[0]);
  std::vector<HostScalar> scalars;
  for (const py::handle argument : given[1]) scalars.push_back(ToHostScalar(argument));
  return SubmittedOrTypeError(
      self, [&](SdkRuntime& core) { return core.Launch(function, scalars, nonblock); });
}

Task Call(HostRun& self, const std::vector<py::object>& given) {
  const bool nonblock = BoolArgument("nonblock", given[2]);
  const std::string function = StringArgument("symbol", given[0]);
  std::vector<uint32_t> raw = WordSequence("params", given[1]);
  return SubmittedOrTypeError(
      self, [&](SdkRuntime& core) { return core.Call(function, std::move(raw), nonblock); });
}

py::tuple LogicalToPhysical(HostRun& self, const std::vector<py::object>& given) {
  const py::object& coord = given[0];
  if (!PySequence_Check(coord.ptr()) || py::len(coord) != 2) {
    ThrowTypeError(fmt::format("logical_coords = {}: expected a pair (x, y)", Repr(coord)));
  }
  const py::sequence pair = coord;
  const auto [x, y] = ValueOrThrow(
      self.core().CoordLogicalToPhysical(IntegerArgument("logical_coords[0]", pair[0]),
                                         IntegerArgument("logical_coords[1]", pair[1])));
  return py::make_tuple(x, y);
}

py::dtype DtypeArgument(const py::object& dtype) {
  if (!dtype) return py::dtype("uint8");
  try {
    const py::dtype type = py::dtype::from_args(dtype);
    if (!type.attr("hasobject").cast<bool>()) return type;
  } catch (py::error_already_set&) {
    ThrowTypeError(fmt::format("dtype = {}: expected a NumPy type", Repr(dtype)));
  }
  ThrowTypeError(
      fmt::format("dtype = {}: expected a NumPy type of numbers, not of objects", Repr(dtype)));
}

py::object ReadSymbol(HostRun& self, const std::vector<py::object>& given) {
  const int64_t column = IntegerArgument("x", given[0]);
  const int64_t row = IntegerArgument("y", given[1]);
  const std::string symbol = StringArgument("symbol_name", given[2]);
  const py::dtype type = DtypeArgument(given[3]);
  const auto bytes =
      self.Unlocked([&](SdkRuntime& core) { return core.ReadSymbol(column, row, symbol); });
  const size_t size = static_cast<size_t>(type.itemsize());
  if (size == 0 || bytes->size() % size != 0) {
    ThrowValueError(fmt::format("dtype: '{}' has {} bytes, no multiple of the {} bytes of {}",
                                symbol, bytes->size(), size,
                                std::string(py::str(py::handle(type)))));
  }
  const py::bytes raw(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  return py::module_::import("numpy").attr("frombuffer")(raw, type).attr("copy")();
}

TaskId TaskArgument(const HostRun& self, const py::object& task) {
  if (!py::isinstance<Task>(task)) {
    ThrowTypeError(fmt::format("task_handle = {}: expected a Task", Repr(task)));
  }
  return self.CheckTask(task.cast<Task>());
}

using Given = std::vector<py::object>;

void BindControl(RuntimeClass& runtime) {
  BindMethod(runtime, "load", Signature("load", {}), kLoadDoc, [](HostRun& self, const Given&) {
    self.Unlocked([](SdkRuntime& core) { return core.Load(); });
  });
  BindMethod(runtime, "run", Signature("run", {}), kRunDoc, [](HostRun& self, const Given&) {
    self.Unlocked([](SdkRuntime& core) { return core.Run(); });
  });
  BindMethod(runtime, "stop", Signature("stop", {}), kStopDoc, [](HostRun& self, const Given&) {
    self.Unlocked([](SdkRuntime& core) { return core.Stop(); });
  });
  const std::vector<Parameter> task = {{"task_handle", "task"}};
  BindMethod(runtime, "is_task_done", Signature("is_task_done", task), kIsTaskDoneDoc,
             [](HostRun& self, const Given& given) {
               const TaskId id = TaskArgument(self, given[0]);
               return *self.Unlocked([&](SdkRuntime& core) { return core.IsTaskDone(id); });
             });
  BindMethod(runtime, "task_wait", Signature("task_wait", task), kTaskWaitDoc,
             [](HostRun& self, const Given& given) {
               const TaskId id = TaskArgument(self, given[0]);
               self.Unlocked([&](SdkRuntime& core) { return core.TaskWait(id); });
             });
}

void BindNames(RuntimeClass& runtime) {
  const auto get_id = [](HostRun& self, const Given& given) {
    return ValueOrThrow(self.core().GetId(StringArgument("symbol", given[0])));
  };
  BindMethod(runtime, "get_id", Signature("get_id", {{"symbol", "name"}}), kGetIdDoc, get_id);
  BindMethod(runtime, "get_symbol", Signature("get_symbol", {{"symbol", "name"}}),
             "The older name of get_id.", get_id);
  BindMethod(runtime, "coord_logical_to_physical",
             Signature("coord_logical_to_physical", {{"logical_coords", "coord"}}), kCoordDoc,
             &LogicalToPhysical);
  BindMethod(runtime, "read_symbol",
             Signature("read_symbol",
                       {{"x"}, {"y"}, {"symbol_name", "name"}, {"dtype", nullptr, "'uint8'"}}),
             kReadSymbolDoc, &ReadSymbol);
}

void BindCores(RuntimeClass& runtime) {
  BindMethod(runtime, "dump_core", Signature("dump_core", {{"corefile"}}), kDumpCoreDoc,
             [](HostRun& self, const Given& given) {
               const std::filesystem::path target = FolderArgument("corefile", given[0]);
               self.Unlocked([&](SdkRuntime& core) { return core.DumpCore(target); });
             });
  BindMethod(runtime, "dump_elf_core", Signature("dump_elf_core", {{"corefile"}}), kDumpElfCoreDoc,
             [](HostRun& self, const Given& given) {
               const std::filesystem::path target = FolderArgument("corefile", given[0]);
               self.Unlocked([&](SdkRuntime& core) { return core.DumpElfCore(target); });
             });
}

void BindCommands(RuntimeClass& runtime) {
  BindMethod(runtime, "launch",
             Signature("launch", {{"symbol", "name"},
                                  {"args", nullptr, nullptr, Parameter::Kind::kRest},
                                  Keyword("nonblock")}),
             kLaunchDoc, &Launch);
  BindMethod(runtime, "call",
             Signature("call", {{"symbol", "name"}, {"params", "words"}, {"nonblock"}}), kCallDoc,
             &Call);
}

}  // namespace

void BindRuntime(py::module_& module) {
  py::class_<Task>(module, "Task",
                   "A command in the queue of a SdkRuntime; see is_task_done and task_wait.");
  const std::string doc = RuntimeSignature().Doc(kSdkRuntimeDoc, false);
  RuntimeClass runtime(module, "SdkRuntime", doc.c_str());
  runtime.def(py::init(&MakeRun), RuntimeSignature().InitDoc().c_str());
  BindControl(runtime);
  BindNames(runtime);
  BindCores(runtime);
  BindCommands(runtime);
  BindMemcpy(runtime);
  BindPorts(runtime);
}

}  // namespace csl::runtime::python
