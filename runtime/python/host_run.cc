// SPDX-License-Identifier: Apache-2.0
#include "runtime/python/host_run.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

#include "runtime/core/environment.h"
#include "runtime/device/in_process_device.h"
#include "runtime/device/system_device.h"
#include "runtime/python/bind_debug.h"

namespace py = pybind11;

namespace csl::runtime::python {
namespace {

Program LoadOrThrow(const std::filesystem::path& folder) {
  StatusOr<Program> program = [&] {
    py::gil_scoped_release unlocked;
    return LoadProgram(folder);
  }();
  if (program.status().code() == StatusCode::kNotFound) {
    ThrowFileNotFound(program.status().message());
  }
  return ValueOrThrow(std::move(program));
}

// Messages go to stderr: what scripts print on stdout is theirs.
void PrintMessage(fabric::LogLevel level, const std::string& text) {
  static constexpr const char* kNames[] = {"DEBUG", "INFO", "WARNING", "ERROR"};
  std::fprintf(stderr, "%s: %s\n", kNames[static_cast<int>(level)], text.c_str());
}

std::string_view TargetName(isa::Arch arch) {
  return arch == isa::Arch::kWse2 ? "SdkTarget.WSE2" : "SdkTarget.WSE3";
}

void CheckTarget(const Platform& platform, const Program& program,
                 const std::filesystem::path& folder) {
  const isa::Arch arch = program.artifact.manifest.arch;
  if (platform.target.value_or(arch) == arch) return;
  ThrowValueError(fmt::format(
      "platform: its target is {}, but the program in '{}' was compiled "
      "for {} (--arch={})",
      TargetName(*platform.target), folder.string(), TargetName(arch), isa::ArchName(arch)));
}

DeviceFactory FactoryFor(const Platform& platform) {
  if (!platform.system) return MakeInProcessDevice;
  return [address = *platform.system](DeviceOptions options) {
    return MakeSystemDevice(address, std::move(options));
  };
}

}  // namespace

HostRun::HostRun(const std::filesystem::path& folder, const HostRunOptions& options) {
  RuntimeOptions runtime;
  runtime.make_device = FactoryFor(options.platform);
  runtime.device.num_threads = options.platform.config.num_threads;
  ThrowIfError(
      ApplyEnvironment([](const char* name) { return std::getenv(name); }, &runtime.device));
  ThrowIfError(
      ReadTraceOptions([](const char* name) { return std::getenv(name); }, &runtime.trace));
  if (const auto debugger = DebuggerOfRun(folder)) {
    runtime.device.debugger = [debugger](const DebugTarget& target, const fabric::DebugView& view) {
      return debugger->Visit(target, view);
    };
  }
  runtime.device.check_interrupt = [this] { return PythonInterrupted(); };
  runtime.is_system = options.platform.system.has_value();
  runtime.suppress_trace = options.platform.config.suppress_trace;
  runtime.dump_core = options.platform.config.dump_core;
  runtime.core_path = options.platform.config.core_path.value_or("");
  runtime.memcpy_required = options.memcpy_required;
  runtime.message_level = options.message_level;
  runtime.message_sink = PrintMessage;
  Program program = LoadOrThrow(folder);
  CheckTarget(options.platform, program, folder);
  core_ = ValueOrThrow(SdkRuntime::Create(std::move(program), std::move(runtime)));
}

HostRun::~HostRun() {
  {
    // Leaving a CS system waits for its answer.
    py::gil_scoped_release unlocked;
    core_.reset();
  }
  for (PyObject* object : pending_) Py_XDECREF(object);
}

TaskId HostRun::CheckTask(const Task& task) const {
  if (task.owner.lock() != core_) ThrowTypeError("task: it belongs to another SdkRuntime");
  return task.id;
}

void HostRun::Check(const Status& status) {
  if (pending_[0] != nullptr) {
    PyErr_Restore(std::exchange(pending_[0], nullptr), std::exchange(pending_[1], nullptr),
                  std::exchange(pending_[2], nullptr));
    throw py::error_already_set();
  }
  ThrowIfError(status);
}

bool HostRun::PythonInterrupted() {
  py::gil_scoped_acquire locked;
  if (PyErr_CheckSignals() == 0) return false;
  for (PyObject*& object : pending_) Py_CLEAR(object);
  PyErr_Fetch(&pending_[0], &pending_[1], &pending_[2]);
  return true;
}

std::shared_ptr<void> KeepAlive(py::object object) {
  return std::shared_ptr<void>(object.release().ptr(), [](void* kept) {
    py::gil_scoped_acquire locked;
    Py_DECREF(static_cast<PyObject*>(kept));
  });
}

}  // namespace csl::runtime::python
