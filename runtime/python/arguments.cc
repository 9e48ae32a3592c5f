// SPDX-License-Identifier: Apache-2.0
#include "runtime/python/arguments.h"

#include <fmt/format.h>

#include <cstring>

#include "runtime/python/errors.h"

namespace py = pybind11;

namespace csl::runtime::python {
namespace {

constexpr size_t kMaxReprChars = 60;
constexpr char kEnumModule[] = "cerebras.appliance.pb.sdk.sdk_common_pb2";

// Memory as C++ reads it: in C order, each element at a multiple of its size.
constexpr int kInOrder = static_cast<int>(py::array::c_style) |
                         static_cast<int>(py::detail::npy_api::NPY_ARRAY_ALIGNED_);

std::string Text(py::handle value) { return py::str(value); }

std::string TypeName(py::handle value) { return Py_TYPE(value.ptr())->tp_name; }

[[noreturn]] void ThrowWanted(const char* name, const std::string& wanted, py::handle value) {
  ThrowTypeError(
      fmt::format("{} = {}: must be {}, not {}", name, Repr(value), wanted, TypeName(value)));
}

// Checks that every element is a 4-byte number of this machine.
py::array FourByteArray(const char* name, py::handle value) {
  if (!py::isinstance<py::array>(value)) ThrowWanted(name, "a NumPy array", value);
  auto array = py::reinterpret_borrow<py::array>(value);
  const py::dtype dtype = array.dtype();
  const char kind = dtype.kind();
  if (kind != 'i' && kind != 'u' && kind != 'f') {
    ThrowTypeError(fmt::format("{}: elements of type {}; expected integers or floats of 4 bytes",
                               name, Text(dtype)));
  }
  if (dtype.itemsize() != 4) {
    ThrowTypeError(fmt::format(
        "{}: elements of {} bytes (dtype {}); expected 4 bytes, for 16-bit data as well "
        "(sdk_utils.input_array_to_u32 and memcpy_view convert)",
        name, dtype.itemsize(), Text(dtype)));
  }
  if (!dtype.attr("isnative").cast<bool>()) {
    ThrowTypeError(fmt::format("{}: elements of type {}; expected the machine's byte order", name,
                               Text(dtype)));
  }
  return array;
}

bool IsNumpyScalar(py::handle value) {
  static PyObject* generic =
      py::module_::import("numpy").attr("generic").cast<py::object>().release().ptr();
  return PyObject_IsInstance(value.ptr(), generic) == 1;
}

// A NumPy scalar with a width: its CSL type and, up to 4 bytes, its bits.
HostScalar FromNumpyScalar(py::handle value, HostScalar out) {
  const py::object dtype = value.attr("dtype");
  const char kind = dtype.attr("kind").cast<std::string>()[0];
  const size_t bytes = dtype.attr("itemsize").cast<size_t>();
  if (kind == 'b') {
    out.kind = HostScalar::Kind::kBool;
    out.integer = PyObject_IsTrue(value.ptr());
    return out;
  }
  if (kind != 'i' && kind != 'u' && kind != 'f') return out;
  out.kind = HostScalar::Kind::kTyped;
  out.type = std::string(1, kind) + std::to_string(8 * bytes);
  const std::string raw = value.attr("tobytes")().cast<py::bytes>();
  std::memcpy(&out.bits, raw.data(), std::min(raw.size(), sizeof(out.bits)));
  return out;
}

}  // namespace

std::string Repr(py::handle value) {
  std::string text = py::repr(value);
  if (text.size() > kMaxReprChars) text = text.substr(0, kMaxReprChars - 3) + "...";
  return text;
}

int64_t IntegerArgument(const char* name, py::handle value) {
  if (!PyIndex_Check(value.ptr())) ThrowWanted(name, "an int", value);
  const py::object index = py::reinterpret_steal<py::object>(PyNumber_Index(value.ptr()));
  if (!index) {  // arrays of several elements only look like indices
    PyErr_Clear();
    ThrowWanted(name, "an int", value);
  }
  int overflow = 0;
  const long long out = PyLong_AsLongLongAndOverflow(index.ptr(), &overflow);
  if (overflow != 0) ThrowValueError(fmt::format("{} = {}: too large", name, Repr(value)));
  return out;
}

uint32_t IdArgument(const char* name, py::handle value) {
  const int64_t id = IntegerArgument(name, value);
  if (id < 0 || id > UINT32_MAX) {
    ThrowValueError(fmt::format("{} = {}: no exported symbol has such an id", name, id));
  }
  return static_cast<uint32_t>(id);
}

bool BoolArgument(const char* name, py::handle value) {
  const bool numpy_bool =
      IsNumpyScalar(value) && value.attr("dtype").attr("kind").cast<std::string>() == "b";
  if (!PyBool_Check(value.ptr()) && !numpy_bool) ThrowWanted(name, "True or False", value);
  return PyObject_IsTrue(value.ptr()) == 1;
}

std::string StringArgument(const char* name, py::handle value) {
  if (!PyUnicode_Check(value.ptr())) ThrowWanted(name, "a str", value);
  return value.cast<std::string>();
}

int EnumArgument(const char* name, const char* enum_name, py::handle value) {
  const py::object type = py::module_::import(kEnumModule).attr(enum_name);
  if (!py::isinstance(value, type)) ThrowWanted(name, enum_name, value);
  return value.cast<int>();
}

py::array SourceArray(const char* name, py::handle value) {
  const py::array array = FourByteArray(name, value);
  py::array in_order = py::array::ensure(array, kInOrder);
  if (!in_order) throw py::error_already_set();
  return in_order;
}

py::array TargetArray(const char* name, py::handle value) {
  py::array array = FourByteArray(name, value);
  if ((array.flags() & kInOrder) != kInOrder) {
    ThrowValueError(
        fmt::format("{}: the array does not lie in memory in one piece in C order; "
                    "copy into a new array first",
                    name));
  }
  if (!array.writeable()) ThrowValueError(fmt::format("{}: the array is read-only", name));
  return array;
}

std::span<uint32_t> WordsOf(py::array& array) {
  auto* words = const_cast<uint32_t*>(static_cast<const uint32_t*>(array.data()));
  return {words, static_cast<size_t>(array.size())};
}

HostScalar ToHostScalar(py::handle value) {
  HostScalar out;
  out.text = Repr(value);
  out.type = TypeName(value);
  if (PyBool_Check(value.ptr())) {
    out.kind = HostScalar::Kind::kBool;
    out.integer = value.ptr() == Py_True;
  } else if (PyLong_Check(value.ptr())) {
    int overflow = 0;
    out.integer = PyLong_AsLongLongAndOverflow(value.ptr(), &overflow);
    out.kind = overflow == 0 ? HostScalar::Kind::kInteger : HostScalar::Kind::kHuge;
  } else if (PyFloat_Check(value.ptr())) {  // numpy.float64 is a float, too
    out.kind = HostScalar::Kind::kReal;
    out.real = PyFloat_AS_DOUBLE(value.ptr());
  } else if (IsNumpyScalar(value)) {
    out.text = fmt::format("{}({})", TypeName(value), out.text);
    return FromNumpyScalar(value, std::move(out));
  }
  return out;
}

std::vector<uint32_t> WordSequence(const char* name, py::handle value) {
  if (py::isinstance<py::array>(value)) {
    py::array array = SourceArray(name, value);
    const std::span<uint32_t> words = WordsOf(array);
    return {words.begin(), words.end()};
  }
  if (!PySequence_Check(value.ptr()) || PyUnicode_Check(value.ptr())) {
    ThrowWanted(name, "a list of 32-bit words", value);
  }
  std::vector<uint32_t> words;
  for (const py::handle item : py::reinterpret_borrow<py::sequence>(value)) {
    const std::string place = fmt::format("{}[{}]", name, words.size());
    const int64_t word = IntegerArgument(place.c_str(), item);
    if (word < 0 || word > UINT32_MAX) {
      ThrowValueError(fmt::format("{} = {}: must be 0..{}", place, word, UINT32_MAX));
    }
    words.push_back(static_cast<uint32_t>(word));
  }
  return words;
}

}  // namespace csl::runtime::python
