// SPDX-License-Identifier: Apache-2.0
// Core files, for cerebras.sdk.debug.debug_util.
#ifndef RUNTIME_PYTHON_BIND_DEBUG_H_
#define RUNTIME_PYTHON_BIND_DEBUG_H_

#include <pybind11/pybind11.h>

namespace csl::runtime::python {

// Adds the class _ProgramCore.
void BindDebug(pybind11::module_& module);

}  // namespace csl::runtime::python

#endif  // RUNTIME_PYTHON_BIND_DEBUG_H_
