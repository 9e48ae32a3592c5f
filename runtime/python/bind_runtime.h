// SPDX-License-Identifier: Apache-2.0
// The Python classes SdkRuntime and Task, over runtime/core.
#ifndef RUNTIME_PYTHON_BIND_RUNTIME_H_
#define RUNTIME_PYTHON_BIND_RUNTIME_H_

#include <pybind11/pybind11.h>

namespace csl::runtime::python {

void BindRuntime(pybind11::module_& module);

}  // namespace csl::runtime::python

#endif  // RUNTIME_PYTHON_BIND_RUNTIME_H_
