// SPDX-License-Identifier: Apache-2.0
// SdkRuntime's copies and streams.
#ifndef RUNTIME_PYTHON_BIND_MEMCPY_H_
#define RUNTIME_PYTHON_BIND_MEMCPY_H_

#include <pybind11/pybind11.h>

#include "runtime/python/host_run.h"

namespace csl::runtime::python {

using RuntimeClass = pybind11::class_<HostRun>;

// Adds memcpy_h2d, memcpy_d2h, and the forms of memcpy_h2d with broadcasts and strides.
void BindMemcpy(RuntimeClass& runtime);

}  // namespace csl::runtime::python

#endif  // RUNTIME_PYTHON_BIND_MEMCPY_H_
