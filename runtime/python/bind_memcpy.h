// SPDX-License-Identifier: Apache-2.0
// SdkRuntime's copies and streams.
#ifndef RUNTIME_PYTHON_BIND_MEMCPY_H_
#define RUNTIME_PYTHON_BIND_MEMCPY_H_

#include <pybind11/pybind11.h>

#include <utility>

#include "runtime/python/host_run.h"
#include "runtime/python/signature.h"

namespace csl::runtime::python {

using RuntimeClass = pybind11::class_<HostRun>;

// Adds a method: `function` gets the run and the arguments that the signature bound.
template <typename Function>
void BindMethod(RuntimeClass& runtime, const char* name, Signature signature, const char* text,
                Function function) {
  const std::string doc = signature.Doc(text, true);
  runtime.def(
      name,
      [signature = std::move(signature), function](HostRun& self, const pybind11::args& args,
                                                   const pybind11::kwargs& keywords) {
        return function(self, signature.Bind(args, keywords));
      },
      doc.c_str());
}

// Adds memcpy_h2d, memcpy_d2h, and the forms of memcpy_h2d with broadcasts and strides.
void BindMemcpy(RuntimeClass& runtime);

}  // namespace csl::runtime::python

#endif  // RUNTIME_PYTHON_BIND_MEMCPY_H_
