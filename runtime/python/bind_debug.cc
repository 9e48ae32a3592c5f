// SPDX-License-Identifier: Apache-2.0
#include "runtime/python/bind_debug.h"

#include <string>

#include "runtime/debug/program_core.h"
#include "runtime/python/arguments.h"
#include "runtime/python/errors.h"
#include "runtime/python/platform.h"

namespace py = pybind11;
using py::literals::operator""_a;

namespace csl::runtime::python {
namespace {

ProgramCore OpenCore(const py::object& bindir, const py::object& core_path) {
  const std::filesystem::path folder = FolderArgument("bindir", bindir);
  const std::filesystem::path path = FolderArgument("core_path", core_path);
  StatusOr<ProgramCore> core = ProgramCore::Open(folder, path);
  if (core.status().code() == StatusCode::kNotFound) ThrowFileNotFound(core.status().message());
  return ValueOrThrow(std::move(core));
}

py::bytes ToBytes(const std::vector<uint8_t>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string FloatName(const ProgramCore& core) {
  switch (core.fp16_format()) {
    case isa::Fp16Format::kBf16:
      return "bf16";
    case isa::Fp16Format::kCb16:
      return "cb16";
    case isa::Fp16Format::kF16:
      break;
  }
  return "f16";
}

}  // namespace

void BindDebug(py::module_& module) {
  py::class_<ProgramCore>(
      module, "_ProgramCore",
      "A core file and the program it is of; see cerebras.sdk.debug.debug_util.")
      .def(py::init(&OpenCore), "bindir"_a, "core_path"_a)
      .def_property_readonly("cycle", &ProgramCore::cycle)
      .def_property_readonly("fp16_format", &FloatName)
      .def("read_symbol",
           [](const ProgramCore& self, const py::object& x, const py::object& y,
              const py::object& name) {
             return ToBytes(
                 ValueOrThrow(self.ReadSymbol(IntegerArgument("col", x), IntegerArgument("row", y),
                                              StringArgument("symbol", name))));
           })
      .def("read_memory", [](const ProgramCore& self, int64_t x, int64_t y, uint32_t address,
                             uint32_t size_bytes) {
        return ToBytes(ValueOrThrow(self.ReadMemory(x, y, address, size_bytes)));
      });
}

}  // namespace csl::runtime::python
