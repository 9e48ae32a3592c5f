// SPDX-License-Identifier: Apache-2.0
// What a Python function takes, as a value: arguments are matched to it here, so that every
// mismatch names the call, the argument and names like it.
//
//   const Signature kGetId("get_id", {{"symbol", "name"}});
//   py::object symbol = kGetId.Bind(args, kwargs)[0];
#ifndef RUNTIME_PYTHON_SIGNATURE_H_
#define RUNTIME_PYTHON_SIGNATURE_H_

#include <pybind11/pybind11.h>

#include <string>
#include <vector>

namespace csl::runtime::python {

struct Parameter {
  enum class Kind {
    kAny,          // by position or keyword
    kKeywordOnly,  // by keyword
    kRest,         // all that is left of the positional ones, as a tuple
  };
  const char* name;
  const char* other_name = nullptr;    // another keyword for it, which scripts use; not shown
  const char* default_text = nullptr;  // as Python writes it; null: must be given
  Kind kind = Kind::kAny;
};

// A keyword that must be given; `default_text` null.
inline Parameter Keyword(const char* name, const char* default_text = nullptr) {
  return {name, nullptr, default_text, Parameter::Kind::kKeywordOnly};
}

class Signature {
 public:
  // `call` is the function's name as users write it; a class for its constructor.
  Signature(std::string call, std::vector<Parameter> parameters)
      : call_(std::move(call)), parameters_(std::move(parameters)) {}

  // An object for each parameter, a null one where its default is meant. Raises SdkTypeError for
  // what is missing, unknown, given twice or too much.
  std::vector<pybind11::object> Bind(const pybind11::args& args,
                                     const pybind11::kwargs& keywords) const;

  // The docstring, with the signature in front as inspect.signature() reads it; of a method if
  // `self`.
  std::string Doc(const char* text, bool self) const;
  // Of a class's constructor.
  std::string InitDoc() const;

 private:
  std::string List(bool self) const;
  void TakePositional(const pybind11::args& args, std::vector<pybind11::object>* bound) const;
  void TakeKeywords(const pybind11::kwargs& keywords, std::vector<pybind11::object>* bound) const;
  [[noreturn]] void ThrowUnknown(const std::string& name) const;
  [[noreturn]] void ThrowMissing(const Parameter& missing) const;

  std::string call_;
  std::vector<Parameter> parameters_;
};

}  // namespace csl::runtime::python

#endif  // RUNTIME_PYTHON_SIGNATURE_H_
