// SPDX-License-Identifier: Apache-2.0
#include "runtime/python/bind_debug.h"

#include <pybind11/stl.h>

#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "runtime/debug/program_core.h"
#include "runtime/debug/program_info.h"
#include "runtime/debug/run_debugger.h"
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

std::string FloatName(isa::Fp16Format format) {
  switch (format) {
    case isa::Fp16Format::kBf16:
      return "bf16";
    case isa::Fp16Format::kCb16:
      return "cb16";
    case isa::Fp16Format::kF16:
      break;
  }
  return "f16";
}

using Pe = RunDebugger::Pe;

// The callable that csdb registered, for the runs that are made from then on.
py::object& PromptOfRuns() {
  static auto* const prompt = new py::object(py::none());
  return *prompt;
}

// A run that stands still, as csdb sees it. Of use until the prompt returns.
struct StoppedRun {
  RunDebugger* debugger;
  const DebugTarget* target;
  RunDebugger::Stop stop;
};

using SymbolTuple = std::tuple<std::string, std::string, int, int, std::string>;

std::vector<SymbolTuple> Symbols(const ProgramInfo& info, int64_t x, int64_t y) {
  std::vector<SymbolTuple> out;
  for (const image::Symbol& s : ValueOrThrow(info.ImageAt(x, y))->symbols) {
    const bool is_variable = s.kind == image::Symbol::Kind::kVariable;
    out.emplace_back(s.name, is_variable ? "variable" : "function", s.value, s.size_bytes, s.type);
  }
  return out;
}

std::vector<std::tuple<std::string, uint32_t, uint32_t>> Functions(const ProgramInfo& info,
                                                                   int64_t x, int64_t y) {
  std::vector<std::tuple<std::string, uint32_t, uint32_t>> out;
  for (const image::Function& f : ValueOrThrow(info.ImageAt(x, y))->functions) {
    out.emplace_back(f.name, f.first_instruction, f.num_instructions);
  }
  return out;
}

std::vector<std::pair<int, std::string>> Tasks(const ProgramInfo& info, int64_t x, int64_t y) {
  const image::ProgramImage& image = *ValueOrThrow(info.ImageAt(x, y));
  std::vector<std::pair<int, std::string>> out;
  for (const image::TaskBinding& task : image.configuration.tasks) {
    out.emplace_back(task.id, image.functions[task.function].name);
  }
  return out;
}

std::vector<std::tuple<uint32_t, std::string, std::string>> Disassembled(const ProgramInfo& info,
                                                                         int64_t x, int64_t y,
                                                                         uint32_t first,
                                                                         uint32_t count) {
  const size_t size = ValueOrThrow(info.ImageAt(x, y))->code.size();
  std::vector<std::tuple<uint32_t, std::string, std::string>> out;
  for (uint32_t i = first; i < size && i - first < count; ++i) {
    const int column = static_cast<int>(x);
    const int row = static_cast<int>(y);
    out.emplace_back(i, info.text().Instruction(column, row, i),
                     info.text().Location(column, row, i));
  }
  return out;
}

void BindInfo(py::module_& module) {
  py::class_<ProgramInfo, std::shared_ptr<ProgramInfo>>(module, "_ProgramInfo",
                                                        "A compiled program, as csdb asks for it.")
      .def(py::init([](const py::object& folder) {
             StatusOr<ProgramInfo> info = ProgramInfo::Open(FolderArgument("folder", folder));
             if (info.status().code() == StatusCode::kNotFound) {
               ThrowFileNotFound(info.status().message());
             }
             return std::make_shared<ProgramInfo>(ValueOrThrow(std::move(info)));
           }),
           "folder"_a)
      .def_property_readonly("arch",
                             [](const ProgramInfo& self) {
                               return self.manifest().arch == isa::Arch::kWse2 ? "wse2" : "wse3";
                             })
      .def_property_readonly(
          "fp16_format",
          [](const ProgramInfo& self) { return FloatName(self.manifest().fp16_format); })
      .def_property_readonly("fabric",
                             [](const ProgramInfo& self) {
                               const image::Extent2& e = self.manifest().fabric;
                               return std::pair(e.width, e.height);
                             })
      .def_property_readonly("offset",
                             [](const ProgramInfo& self) {
                               const image::Extent2& e = self.manifest().offset;
                               return std::pair(e.width, e.height);
                             })
      .def_property_readonly("size",
                             [](const ProgramInfo& self) {
                               const image::Extent2& e = self.manifest().rectangle;
                               return std::pair(e.width, e.height);
                             })
      .def("image_name", [](const ProgramInfo& self, int64_t x,
                            int64_t y) { return ValueOrThrow(self.ImageAt(x, y))->name; })
      .def("symbols", &Symbols)
      .def("functions", &Functions)
      .def("tasks", &Tasks)
      .def("disassemble", &Disassembled)
      .def("variable",
           [](const ProgramInfo& self, int64_t x, int64_t y, const std::string& name) {
             const image::Symbol* s = ValueOrThrow(self.Variable(x, y, name));
             return std::tuple<int, int, std::string>(s->value, s->size_bytes, s->type);
           })
      .def("function",
           [](const ProgramInfo& self, int64_t x, int64_t y, const std::string& name) {
             const image::Function* f = ValueOrThrow(self.Function(x, y, name));
             return std::pair(f->first_instruction, f->num_instructions);
           })
      .def("function_at",
           [](const ProgramInfo& self, int64_t x, int64_t y, uint32_t position) {
             const image::ProgramImage* image = ValueOrThrow(self.ImageAt(x, y));
             const image::Function* f =
                 position < image->code.size() ? image->FunctionAt(position) : nullptr;
             return f == nullptr ? std::string("?") : f->name;
           })
      .def("location", [](const ProgramInfo& self, int x, int y, uint32_t position) {
        return self.text().Location(x, y, position);
      });
}

void BindRun(py::module_& module) {
  py::class_<StoppedRun>(module, "_StoppedRun", "A run that stands still, as csdb asks for it.")
      .def_property_readonly("cycle", [](const StoppedRun& self) { return self.stop.cycle; })
      .def_property_readonly("pe", [](const StoppedRun& self) { return self.stop.pe; })
      .def_property_readonly("reason", [](const StoppedRun& self) { return self.stop.reason; })
      .def_property_readonly("info", [](const StoppedRun& self) { return self.debugger->info(); })
      .def("read_memory",
           [](const StoppedRun& self, int x, int y, uint32_t address, uint32_t size) {
             return ToBytes(ValueOrThrow(self.target->PeekMemory(x, y, address, size)));
           })
      .def("state", [](const StoppedRun& self, int x,
                       int y) { return ValueOrThrow(self.target->StateJson(x, y)); })
      .def(
          "break_line",
          [](const StoppedRun& self, const std::string& file, uint32_t line, std::optional<Pe> pe) {
            return ValueOrThrow(self.debugger->BreakAtLine(file, line, pe));
          })
      .def("break_task",
           [](const StoppedRun& self, const std::string& task, std::optional<Pe> pe) {
             return ValueOrThrow(self.debugger->BreakAtTask(task, pe));
           })
      .def("watch",
           [](const StoppedRun& self, int x, int y, const std::string& name) {
             return ValueOrThrow(self.debugger->Watch({x, y}, name));
           })
      .def("delete",
           [](const StoppedRun& self, int number) { return self.debugger->Delete(number); })
      .def("list", [](const StoppedRun& self) { return self.debugger->List(); })
      .def("step",
           [](const StoppedRun& self, int x, int y, bool line) {
             self.debugger->Step({x, y}, line);
           })
      .def("until", [](const StoppedRun& self, int64_t cycle) { self.debugger->Until(cycle); });
  module.def(
      "_set_debugger", [](const py::object& prompt) { PromptOfRuns() = prompt; }, "prompt"_a);
}

}  // namespace

std::shared_ptr<RunDebugger> DebuggerOfRun(const std::filesystem::path& folder) {
  if (PromptOfRuns().is_none()) return nullptr;
  const auto holder = std::make_shared<RunDebugger*>(nullptr);
  const auto prompt = [holder](const RunDebugger::Stop& stop, const DebugTarget& target) {
    const py::gil_scoped_acquire gil;
    try {
      PromptOfRuns()(StoppedRun{*holder, &target, stop});
    } catch (py::error_already_set& error) {
      return Aborted(error.what());
    }
    return OkStatus();
  };
  auto debugger = std::make_shared<RunDebugger>(
      std::make_shared<ProgramInfo>(ValueOrThrow(ProgramInfo::Open(folder))), prompt);
  *holder = debugger.get();
  debugger->StopAtOnce();
  return debugger;
}

void BindDebug(py::module_& module) {
  BindInfo(module);
  BindRun(module);
  py::class_<ProgramCore>(module, "_ProgramCore",
                          "A core file and its program; see cerebras.sdk.debug.debug_util.")
      .def(py::init(&OpenCore), "bindir"_a, "core_path"_a)
      .def_property_readonly("cycle", &ProgramCore::cycle)
      .def_property_readonly("fp16_format",
                             [](const ProgramCore& self) { return FloatName(self.fp16_format()); })
      .def("state",
           [](const ProgramCore& self, int64_t x, int64_t y) -> std::optional<std::string> {
             if (!self.has_states()) return std::nullopt;
             return ValueOrThrow(self.State(x, y));
           })
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
