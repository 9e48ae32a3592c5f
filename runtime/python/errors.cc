// SPDX-License-Identifier: Apache-2.0
#include "runtime/python/errors.h"

namespace py = pybind11;

namespace csl::runtime::python {
namespace {

// Alive as long as the process: exceptions may be raised until the very end.
struct Classes {
  PyObject* SdkError = nullptr;
#define PYTHON_EXCEPTION(name, base, doc) PyObject* name = nullptr;
#include "runtime/python/exceptions.def"
#undef PYTHON_EXCEPTION
};
Classes g_classes;

PyObject* NewClass(py::module_& module, const char* name, py::object bases, const char* doc) {
  const std::string full = module.attr("__name__").cast<std::string>() + "." + name;
  PyObject* made = PyErr_NewExceptionWithDoc(full.c_str(), doc, bases.ptr(), nullptr);
  if (made == nullptr) throw py::error_already_set();
  module.add_object(name, made);
  return made;
}

[[noreturn]] void Raise(PyObject* exception, const std::string& message) {
  PyErr_SetString(exception, message.c_str());
  throw py::error_already_set();
}

}  // namespace

void BindErrors(py::module_& module) {
  g_classes.SdkError =
      NewClass(module, "SdkError", py::reinterpret_borrow<py::object>(PyExc_RuntimeError),
               "What this module raises; the message names what is wrong and what is allowed.");
#define PYTHON_EXCEPTION(name, base, doc) \
  g_classes.name = NewClass(              \
      module, #name, py::make_tuple(py::handle(g_classes.SdkError), py::handle(base)), doc);
#include "runtime/python/exceptions.def"
#undef PYTHON_EXCEPTION
}

py::handle ExceptionFor(StatusCode code) {
  switch (code) {
    case StatusCode::kInvalidArgument:
    case StatusCode::kOutOfRange:
      return g_classes.SdkValueError;
    case StatusCode::kNotFound:
      return g_classes.SdkLookupError;
    case StatusCode::kUnavailable:
      return g_classes.SdkConnectionError;
    case StatusCode::kUnimplemented:
      return g_classes.SdkNotImplementedError;
    default:
      return g_classes.SdkError;
  }
}

void Throw(const Status& status) { Raise(ExceptionFor(status.code()).ptr(), status.message()); }

void ThrowTypeError(const std::string& message) { Raise(g_classes.SdkTypeError, message); }
void ThrowValueError(const std::string& message) { Raise(g_classes.SdkValueError, message); }
void ThrowFileNotFound(const std::string& message) {
  Raise(g_classes.SdkFileNotFoundError, message);
}
void ThrowNotSupported(const std::string& what) {
  Raise(g_classes.SdkNotImplementedError, "not supported yet: " + what);
}

}  // namespace csl::runtime::python
