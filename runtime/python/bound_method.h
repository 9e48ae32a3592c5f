// SPDX-License-Identifier: Apache-2.0
// Methods of bound classes whose arguments a Signature matches.
#ifndef RUNTIME_PYTHON_BOUND_METHOD_H_
#define RUNTIME_PYTHON_BOUND_METHOD_H_

#include <pybind11/pybind11.h>

#include <string>
#include <utility>
#include <vector>

#include "runtime/python/signature.h"

namespace csl::runtime::python {

// By parameter; None where a default is meant.
using BoundArguments = std::vector<pybind11::object>;

inline BoundArguments BindOrNone(const Signature& signature, const pybind11::args& args,
                                 const pybind11::kwargs& keywords) {
  BoundArguments bound = signature.Bind(args, keywords);
  for (pybind11::object& argument : bound) {
    if (!argument) argument = pybind11::none();
  }
  return bound;
}

// A parameter that may be left out.
inline Parameter Default(const char* name, const char* text) {
  return {name, nullptr, text, Parameter::Kind::kAny};
}

// Adds a method: `function` gets the object and its arguments.
template <typename Self, typename Function>
void BindOn(pybind11::class_<Self>& owner, const char* name, std::vector<Parameter> parameters,
            const char* text, Function function) {
  Signature signature(name, std::move(parameters));
  const std::string doc = signature.Doc(text, true);
  owner.def(
      name,
      [signature = std::move(signature), function](Self& self, const pybind11::args& args,
                                                   const pybind11::kwargs& keywords) {
        return function(self, BindOrNone(signature, args, keywords));
      },
      doc.c_str());
}

}  // namespace csl::runtime::python

#endif  // RUNTIME_PYTHON_BOUND_METHOD_H_
