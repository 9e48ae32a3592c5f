// SPDX-License-Identifier: Apache-2.0
// The one place where a Status becomes a Python exception.
#ifndef RUNTIME_PYTHON_ERRORS_H_
#define RUNTIME_PYTHON_ERRORS_H_

#include <pybind11/pybind11.h>

#include <string>

#include "base/status.h"

namespace csl::runtime::python {

// Makes the exception classes and adds them to the module.
void BindErrors(pybind11::module_& module);

// The class a failure of this code becomes. BindErrors came before.
pybind11::handle ExceptionFor(StatusCode code);

[[noreturn]] void Throw(const Status& status);
inline void ThrowIfError(const Status& status) {
  if (!status.ok()) Throw(status);
}
template <typename T>
T ValueOrThrow(StatusOr<T> value) {
  ThrowIfError(value.status());
  return std::move(value).value();
}

[[noreturn]] void ThrowTypeError(const std::string& message);
[[noreturn]] void ThrowValueError(const std::string& message);
[[noreturn]] void ThrowFileNotFound(const std::string& message);
// "not supported yet: <what>".
[[noreturn]] void ThrowNotSupported(const std::string& what);

}  // namespace csl::runtime::python

#endif  // RUNTIME_PYTHON_ERRORS_H_
