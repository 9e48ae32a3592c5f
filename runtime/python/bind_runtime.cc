// SPDX-License-Identifier: Apache-2.0
#include "runtime/python/bind_runtime.h"

#include <fmt/format.h>
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <functional>
#include <string_view>

#include "runtime/python/arguments.h"
#include "runtime/python/bind_memcpy.h"
#include "runtime/python/docstrings.h"
#include "runtime/python/host_run.h"

namespace py = pybind11;
using py::literals::operator""_a;

namespace csl::runtime::python {
namespace {

fabric::LogLevel MessageLevel(py::handle value) {
  const std::string text = StringArgument("msg_level", value);
  static constexpr std::string_view kLevels[] = {"DEBUG", "INFO", "WARNING", "ERROR"};
  for (size_t i = 0; i < std::size(kLevels); ++i) {
    if (text == kLevels[i]) return static_cast<fabric::LogLevel>(i);
  }
  ThrowValueError(fmt::format("msg_level = '{}': allowed is DEBUG, INFO, WARNING or ERROR", text));
}

std::unique_ptr<HostRun> MakeRun(const py::object& bindir, const py::object& platform,
                                 const py::object& cmaddr, bool suppress_simfab_trace,
                                 const py::object& simfab_numthreads, const py::object& msg_level,
                                 bool memcpy_required) {
  HostRunOptions options;
  std::optional<wire::Address> address = ParseCmaddr(cmaddr);
  if (platform.is_none()) {
    options.platform.system = std::move(address);
    options.platform.config.num_threads = ThreadsArgument("simfab_numthreads", simfab_numthreads);
  } else if (!py::isinstance<Platform>(platform)) {
    ThrowTypeError(fmt::format("platform = {}: a SdkExecutionPlatform is wanted", Repr(platform)));
  } else if (address) {
    ThrowValueError("cmaddr: a platform is given as well; only one of them is allowed");
  } else {
    options.platform = platform.cast<Platform>();
  }
  if (suppress_simfab_trace) options.platform.config.suppress_trace = true;
  options.message_level = MessageLevel(msg_level);
  options.memcpy_required = memcpy_required;
  return std::make_unique<HostRun>(FolderArgument("bindir", bindir), options);
}

// `launch` alone takes its keyword by hand: what is positional belongs to the launched function.
bool TakeNonblock(const char* call, const py::kwargs& keywords) {
  for (const auto& [name, value] : keywords) {
    if (name.cast<std::string>() != "nonblock") {
      ThrowTypeError(fmt::format("{}: no keyword argument '{}'; allowed is nonblock", call,
                                 name.cast<std::string>()));
    }
  }
  if (!keywords.contains("nonblock")) {
    ThrowTypeError(fmt::format("{}: the keyword argument 'nonblock' is missing", call));
  }
  return BoolArgument("nonblock", keywords["nonblock"]);
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

Task Launch(HostRun& self, const py::object& name, const py::args& arguments,
            const py::kwargs& keywords) {
  const bool nonblock = TakeNonblock("launch", keywords);
  const std::string function = StringArgument("name", name);
  std::vector<HostScalar> scalars;
  for (const py::handle argument : arguments) scalars.push_back(ToHostScalar(argument));
  return SubmittedOrTypeError(
      self, [&](SdkRuntime& core) { return core.Launch(function, scalars, nonblock); });
}

Task Call(HostRun& self, const py::object& name, const py::object& words,
          const py::object& nonblock) {
  if (nonblock.is_none()) ThrowTypeError("call: the keyword argument 'nonblock' is missing");
  const bool nonblocking = BoolArgument("nonblock", nonblock);
  const std::string function = StringArgument("name", name);
  std::vector<uint32_t> raw = WordSequence("words", words);
  return SubmittedOrTypeError(
      self, [&](SdkRuntime& core) { return core.Call(function, std::move(raw), nonblocking); });
}

py::tuple LogicalToPhysical(HostRun& self, const py::object& coord) {
  if (!PySequence_Check(coord.ptr()) || py::len(coord) != 2) {
    ThrowTypeError(fmt::format("coord = {}: a pair (x, y) is wanted", Repr(coord)));
  }
  const py::sequence pair = coord;
  const auto [x, y] = ValueOrThrow(self.core().CoordLogicalToPhysical(
      IntegerArgument("coord[0]", pair[0]), IntegerArgument("coord[1]", pair[1])));
  return py::make_tuple(x, y);
}

py::object ReadSymbol(HostRun& self, const py::object& x, const py::object& y,
                      const py::object& name, const py::object& dtype) {
  const int64_t column = IntegerArgument("x", x);
  const int64_t row = IntegerArgument("y", y);
  const std::string symbol = StringArgument("name", name);
  const py::dtype type = py::dtype::from_args(dtype);
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

void BindControl(RuntimeClass& runtime) {
  runtime
      .def(
          "load",
          [](HostRun& self) { self.Unlocked([](SdkRuntime& core) { return core.Load(); }); },
          kLoadDoc)
      .def(
          "run", [](HostRun& self) { self.Unlocked([](SdkRuntime& core) { return core.Run(); }); },
          kRunDoc)
      .def(
          "stop",
          [](HostRun& self) { self.Unlocked([](SdkRuntime& core) { return core.Stop(); }); },
          kStopDoc)
      .def(
          "is_task_done",
          [](HostRun& self, const Task& task) {
            const TaskId id = self.CheckTask(task);
            return *self.Unlocked([&](SdkRuntime& core) { return core.IsTaskDone(id); });
          },
          "task"_a, kIsTaskDoneDoc)
      .def(
          "task_wait",
          [](HostRun& self, const Task& task) {
            const TaskId id = self.CheckTask(task);
            self.Unlocked([&](SdkRuntime& core) { return core.TaskWait(id); });
          },
          "task"_a, kTaskWaitDoc);
}

void BindNames(RuntimeClass& runtime) {
  const auto get_id = [](HostRun& self, const py::object& name) {
    return ValueOrThrow(self.core().GetId(StringArgument("name", name)));
  };
  runtime.def("get_id", get_id, "name"_a, kGetIdDoc)
      .def("get_symbol", get_id, "name"_a, "The same as get_id.")
      .def("coord_logical_to_physical", &LogicalToPhysical, "coord"_a, kCoordDoc)
      .def(
          "dump_core",
          [](HostRun& self, const py::object& path) {
            const std::filesystem::path target = FolderArgument("corefile", path);
            self.Unlocked([&](SdkRuntime& core) { return core.DumpCore(target); });
          },
          "corefile"_a, kDumpCoreDoc)
      .def("read_symbol", &ReadSymbol, "x"_a, "y"_a, "name"_a, "dtype"_a = "uint8", kReadSymbolDoc);
}

void BindCommands(RuntimeClass& runtime) {
  runtime.def("launch", &Launch, "name"_a, kLaunchDoc)
      .def("call", &Call, "name"_a, "words"_a, "nonblock"_a = py::none(), kCallDoc);
}

void BindUnsupported(RuntimeClass& runtime) {
  for (const char* name : {"send", "receive", "receive_tofile", "get_port_id", "report_port_infos",
                           "dump_core", "dump_elf_core"}) {
    runtime.def(
        name,
        [name](HostRun&, const py::args&, const py::kwargs&) {
          ThrowNotSupported(std::string("SdkRuntime.") + name);
        },
        "Not supported yet: raises NotImplementedError.");
  }
}

}  // namespace

void BindRuntime(py::module_& module) {
  py::class_<Task>(module, "Task",
                   "A command in the queue of a SdkRuntime; see is_task_done and task_wait.");
  RuntimeClass runtime(module, "SdkRuntime", kSdkRuntimeDoc);
  runtime.def(py::init(&MakeRun), "bindir"_a, "platform"_a = py::none(), py::kw_only(),
              "cmaddr"_a = py::none(), "suppress_simfab_trace"_a = false, "simfab_numthreads"_a = 5,
              "msg_level"_a = "WARNING", "memcpy_required"_a = true);
  BindControl(runtime);
  BindNames(runtime);
  BindCommands(runtime);
  BindMemcpy(runtime);
  BindUnsupported(runtime);
}

}  // namespace csl::runtime::python
