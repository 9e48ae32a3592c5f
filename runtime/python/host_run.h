// SPDX-License-Identifier: Apache-2.0
// HostRun: one SdkRuntime core as Python holds it: the interpreter's lock is given up while a call
// waits, Ctrl-C ends the wait, and a Status becomes an exception.
#ifndef RUNTIME_PYTHON_HOST_RUN_H_
#define RUNTIME_PYTHON_HOST_RUN_H_

#include <pybind11/pybind11.h>

#include <filesystem>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "runtime/core/sdk_runtime.h"
#include "runtime/python/errors.h"
#include "runtime/python/platform.h"

namespace csl::runtime::python {

struct HostRunOptions {
  Platform platform;
  fabric::LogLevel message_level = fabric::LogLevel::kWarning;
  bool memcpy_required = true;
};

// A task of a HostRun; outlives it.
struct Task {
  TaskId id;
  std::weak_ptr<SdkRuntime> owner;
};

class HostRun {
 public:
  // Reads the program. Raises SdkFileNotFoundError where there is none.
  HostRun(const std::filesystem::path& folder, const HostRunOptions& options);
  ~HostRun();
  HostRun(const HostRun&) = delete;
  HostRun& operator=(const HostRun&) = delete;

  SdkRuntime& core() { return *core_; }

  // Calls `what` on the core without the interpreter's lock; raises what it returns as a failure,
  // and passes a value on.
  template <typename Function>
  auto Unlocked(Function what) {
    auto result = [&] {
      pybind11::gil_scoped_release unlocked;
      return what(*core_);
    }();
    Check(result);
    if constexpr (!std::is_same_v<decltype(result), Status>) return result;
  }

  Task MakeTask(TaskId id) const { return {id, core_}; }
  // The id of a task of this run; TypeError for another's.
  TaskId CheckTask(const Task& task) const;

 private:
  void Check(const Status& status);
  template <typename T>
  void Check(const StatusOr<T>& result) {
    Check(result.status());
  }
  // Whether a signal handler of Python's raised: then the wait ends and the exception is kept.
  bool PythonInterrupted();

  std::shared_ptr<SdkRuntime> core_;
  PyObject* pending_[3] = {nullptr, nullptr, nullptr};  // type, value, traceback
};

// Keeps `object` alive; may be dropped by any thread.
std::shared_ptr<void> KeepAlive(pybind11::object object);

}  // namespace csl::runtime::python

#endif  // RUNTIME_PYTHON_HOST_RUN_H_
