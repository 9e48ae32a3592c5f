// SPDX-License-Identifier: Apache-2.0
// SdkLayout and what it is told with: CodeRegion, Color, RoutingPosition, ports, enums.
#ifndef RUNTIME_PYTHON_BIND_LAYOUT_H_
#define RUNTIME_PYTHON_BIND_LAYOUT_H_

#include <pybind11/pybind11.h>

namespace csl::runtime::python {

// BindPlatform and BindErrors came before.
void BindLayout(pybind11::module_& module);

}  // namespace csl::runtime::python

#endif  // RUNTIME_PYTHON_BIND_LAYOUT_H_
