// SPDX-License-Identifier: Apache-2.0
// cerebras.sdk.runtime.sdkruntimepybind: the host runtime.
#include <pybind11/pybind11.h>

#include "runtime/python/bind_debug.h"
#include "runtime/python/bind_layout.h"
#include "runtime/python/bind_runtime.h"
#include "runtime/python/errors.h"
#include "runtime/python/platform.h"

PYBIND11_MODULE(sdkruntimepybind, module) {
  using namespace csl::runtime::python;  // NOLINT: the module's own body
  // Docstrings begin with signatures of our own.
  pybind11::options options;
  options.disable_function_signatures();
  module.doc() =
      "The host runtime: runs programs that cslc compiled, on the simulator or a CS system.";
  const pybind11::module_ enums =
      pybind11::module_::import("cerebras.appliance.pb.sdk.sdk_common_pb2");
  for (const char* name : {"MemcpyDataType", "MemcpyOrder", "SdkTarget"}) {
    module.attr(name) = enums.attr(name);
  }
  BindErrors(module);
  BindPlatform(module);
  BindRuntime(module);
  BindDebug(module);
  BindLayout(module);
}
