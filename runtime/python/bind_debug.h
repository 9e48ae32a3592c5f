// SPDX-License-Identifier: Apache-2.0
// Core files, for cerebras.sdk.debug.debug_util, and what csdb is made of.
#ifndef RUNTIME_PYTHON_BIND_DEBUG_H_
#define RUNTIME_PYTHON_BIND_DEBUG_H_

#include <pybind11/pybind11.h>

#include <filesystem>
#include <memory>

#include "runtime/debug/run_debugger.h"

namespace csl::runtime::python {

// The debugger of the run of the program in `folder`, if csdb started the process; else null.
std::shared_ptr<RunDebugger> DebuggerOfRun(const std::filesystem::path& folder);

// Adds _ProgramCore, _ProgramInfo, _StoppedRun and _set_debugger.
void BindDebug(pybind11::module_& module);

}  // namespace csl::runtime::python

#endif  // RUNTIME_PYTHON_BIND_DEBUG_H_
