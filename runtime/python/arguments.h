// SPDX-License-Identifier: Apache-2.0
// From Python arguments to the runtime's values. Each failure names the argument, what was given
// and what is wanted.
#ifndef RUNTIME_PYTHON_ARGUMENTS_H_
#define RUNTIME_PYTHON_ARGUMENTS_H_

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/launch/arguments.h"

namespace csl::runtime::python {

// repr(), cut to a length that fits into a message.
std::string Repr(pybind11::handle value);

// Anything with __index__: int, NumPy integers.
int64_t IntegerArgument(const char* name, pybind11::handle value);
bool BoolArgument(const char* name, pybind11::handle value);
std::string StringArgument(const char* name, pybind11::handle value);
// An int, without its NumPy forms' widths; for ids.
uint32_t IdArgument(const char* name, pybind11::handle value);

// Whether `value` is a member of the enum `name` of cerebras.appliance.pb.sdk.sdk_common_pb2;
// returns its number.
int EnumArgument(const char* name, const char* enum_name, pybind11::handle value);

// The words of a host array, in C order. The array returned owns them: it is `value` itself, or a
// copy when `value` does not lie in memory like that.
pybind11::array SourceArray(const char* name, pybind11::handle value);
// `value` itself, which must be writable and lie in memory in C order.
pybind11::array TargetArray(const char* name, pybind11::handle value);
std::span<uint32_t> WordsOf(pybind11::array& array);

// One argument of `launch`.
HostScalar ToHostScalar(pybind11::handle value);
// The words of `call`: a NumPy array of 4-byte elements, or a sequence of ints.
std::vector<uint32_t> WordSequence(const char* name, pybind11::handle value);

}  // namespace csl::runtime::python

#endif  // RUNTIME_PYTHON_ARGUMENTS_H_
