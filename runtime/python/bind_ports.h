// SPDX-License-Identifier: Apache-2.0
// Ports of programs that SdkLayout made: send, receive, get_port_id, report_port_infos.
#ifndef RUNTIME_PYTHON_BIND_PORTS_H_
#define RUNTIME_PYTHON_BIND_PORTS_H_

#include "runtime/python/bind_memcpy.h"

namespace csl::runtime::python {

void BindPorts(RuntimeClass& runtime);

}  // namespace csl::runtime::python

#endif  // RUNTIME_PYTHON_BIND_PORTS_H_
