// SPDX-License-Identifier: Apache-2.0
#include "compiler/link/link_program.h"

#include <algorithm>
#include <tuple>

#include "compiler/link/configuration.h"
#include "compiler/link/memory_map.h"
#include "compiler/link/reachability.h"
#include "compiler/link/stack_depth.h"

namespace csl::link {
namespace {

using codegen::CodeFunction;
using diagnostics::Kind;
using diagnostics::NoProblem;
using diagnostics::Problem;

// Data and stack above this share of memory draw a warning: code needs room beside them.
constexpr uint32_t kWarnBytes = 40 * 1024;

class Linker {
 public:
  Linker(const sema::TileProgram& program, const codegen::ObjectCode& code,
         const ProgramOptions& options)
      : program_(program), module_(program.module), code_(code), options_(options) {}

  StatusOr<LinkedProgram> Run(ProgramFault* fault);

 private:
  void NumberFunctions();
  Problem AddFunction(const CodeFunction& function);
  void AddLines(const CodeFunction& function, uint32_t first);
  void AddFrame(const CodeFunction& function);
  Problem CheckExternals(ir::Location* where) const;
  Problem Place(ir::Location* where);
  void FillSections();
  void AddSymbols();
  void AddExports();
  void WarnOfSize();
  uint32_t CodeBytes() const;
  int32_t SymbolValue(bool is_function, uint32_t symbol) const {
    return static_cast<int32_t>(is_function ? index_of_[symbol] : map_.address[symbol]);
  }

  const sema::TileProgram& program_;
  const ir::Module& module_;
  const codegen::ObjectCode& code_;
  const ProgramOptions& options_;
  Reachability reachable_;
  MemoryMap map_;
  bool is_recursive_ = false;
  std::vector<uint32_t> index_of_;  // by ir::FunctionId
  LinkedProgram out_;
};

void Linker::NumberFunctions() {
  index_of_.assign(module_.functions.size(), 0);
  uint32_t next = 0;
  for (const CodeFunction& f : code_.functions) {
    if (reachable_.functions[f.id.index]) index_of_[f.id.index] = next++;
  }
}

Problem Linker::CheckExternals(ir::Location* where) const {
  for (uint32_t i = 0; i < module_.functions.size(); ++i) {
    if (reachable_.functions[i] && module_.functions[i].is_external) {
      *where = module_.functions[i].location;
      return {Kind::kExternUndefined, {"function", module_.functions[i].name}};
    }
  }
  for (uint32_t i = 0; i < module_.globals.size(); ++i) {
    if (reachable_.globals[i] && module_.globals[i].linkage == ir::Linkage::kExtern) {
      *where = module_.globals[i].location;
      return {Kind::kExternUndefined, {"variable", module_.globals[i].name}};
    }
  }
  return NoProblem();
}

void Linker::AddFrame(const CodeFunction& function) {
  if (!options_.lines) return;
  for (const codegen::FrameSlot& slot : function.frame) {
    if (slot.name.empty()) continue;  // values that found no register
    out_.image.frames.push_back({static_cast<uint16_t>(index_of_[function.id.index]),
                                 static_cast<uint16_t>(slot.offset),
                                 static_cast<uint16_t>(slot.size_bytes), slot.name, slot.type});
  }
}

void Linker::AddLines(const CodeFunction& function, uint32_t first) {
  if (!options_.lines) return;
  for (const codegen::Line& line : function.lines) {
    out_.image.lines.push_back(
        {first + line.instruction, line.location.file, line.location.column, line.location.line});
  }
}

Problem Linker::AddFunction(const CodeFunction& function) {
  image::ProgramImage& image = out_.image;
  const ir::Function& source = module_.function(function.id);
  if (function.frame_bytes > 0xffff) {
    return {Kind::kFrameTooLarge, {module_.name, source.name, function.frame_bytes}};
  }
  image::Function f;
  f.name = source.name;
  f.type = source.type_text;
  f.first_instruction = static_cast<uint32_t>(image.code.size());
  f.num_instructions = static_cast<uint32_t>(function.instructions.size());
  f.num_registers = function.num_registers;
  f.num_params = function.num_params;
  f.frame_bytes = static_cast<uint16_t>(function.frame_bytes);
  AddLines(function, f.first_instruction);
  AddFrame(function);
  image.code.insert(image.code.end(), function.instructions.begin(), function.instructions.end());
  for (const codegen::Relocation& r : function.relocations) {
    isa::Instruction& instruction = image.code[f.first_instruction + r.instruction];
    const int32_t value = SymbolValue(r.is_function, r.symbol);
    if (r.field == codegen::Relocation::Field::kE) {
      instruction.e = static_cast<uint16_t>(instruction.e + value);
    } else {
      instruction.set_imm(instruction.imm() + value);
    }
  }
  image.functions.push_back(std::move(f));
  return NoProblem();
}

void Linker::FillSections() {
  for (size_t i = 0; i < map_.sections.size(); ++i) {
    image::Section& section = map_.sections[i];
    std::vector<uint8_t> bytes(section.size_bytes);
    bool any = false;
    for (uint32_t member : map_.members[i]) {
      const ir::Global& g = module_.globals[member];
      const size_t at = map_.address[member] - section.address;
      std::copy(g.bytes.begin(), g.bytes.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
      for (const ir::Relocation& r : g.relocations) {
        const int32_t value = SymbolValue(r.is_function, r.symbol) + r.addend;
        bytes[at + r.offset] = static_cast<uint8_t>(value);
        bytes[at + r.offset + 1] = static_cast<uint8_t>(value >> 8);
      }
      any = any || !g.bytes.empty() || !g.relocations.empty();
    }
    if (any) section.bytes = std::move(bytes);
  }
  out_.image.sections = map_.sections;
}

void Linker::AddSymbols() {
  auto& symbols = out_.image.symbols;
  for (uint32_t i = 0; i < module_.globals.size(); ++i) {
    if (!reachable_.globals[i]) continue;
    const ir::Global& g = module_.globals[i];
    symbols.push_back({g.name, image::Symbol::Kind::kVariable,
                       static_cast<uint16_t>(map_.address[i]), static_cast<uint16_t>(g.size_bytes),
                       g.linkage == ir::Linkage::kExport, g.type_text});
  }
  for (uint32_t i = 0; i < module_.functions.size(); ++i) {
    if (!reachable_.functions[i]) continue;
    const ir::Function& f = module_.functions[i];
    symbols.push_back({f.name, image::Symbol::Kind::kFunction, static_cast<uint16_t>(index_of_[i]),
                       0, f.linkage == ir::Linkage::kExport, f.type_text});
  }
  std::sort(symbols.begin(), symbols.end(), [](const image::Symbol& a, const image::Symbol& b) {
    return std::tie(a.kind, a.value, a.name) < std::tie(b.kind, b.value, b.name);
  });
}

void Linker::AddExports() {
  for (const sema::ExportedSymbol& symbol : program_.exports) {
    const bool is_function = symbol.kind == layout::ExportKind::kFunc;
    const uint32_t id = is_function ? symbol.function.index : symbol.global.index;
    out_.image.exports.push_back({symbol.export_id,
                                  is_function ? image::ProgramExport::Kind::kFunction
                                              : image::ProgramExport::Kind::kVariable,
                                  static_cast<uint16_t>(SymbolValue(is_function, id))});
  }
  std::sort(out_.image.exports.begin(), out_.image.exports.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
}

void Linker::WarnOfSize() {
  const image::ProgramImage& image = out_.image;
  const uint32_t data = image.DataBytes() + image.stack_bytes;
  const uint32_t memory = static_cast<uint32_t>(isa::LimitsOf(options_.arch).memory_bytes);
  const uint32_t code = image.NominalCodeBytes();
  if (data + code > memory) {
    out_.warnings.push_back({Kind::kCodeMayNotFit, {module_.name, data, code, memory}});
  } else if (!is_recursive_ && data > kWarnBytes) {
    out_.warnings.push_back({Kind::kMemoryNearlyFull, {module_.name, data, memory}});
  }
}

uint32_t Linker::CodeBytes() const {
  uint32_t bytes = 0;
  for (const CodeFunction& f : code_.functions) {
    if (!reachable_.functions[f.id.index]) continue;
    for (const isa::Instruction& i : f.instructions) bytes += isa::Info(i.opcode()).size_bytes;
  }
  return bytes;
}

// Everything that can be wrong with the program.
Problem Linker::Place(ir::Location* where) {
  reachable_ = FindReachable(program_, code_);
  RETURN_IF_PROBLEM(CheckExternals(where));
  const StackDepth stack = ComputeStackDepth(module_, code_, reachable_);
  is_recursive_ = stack.is_recursive;
  const auto memory = static_cast<uint32_t>(isa::LimitsOf(options_.arch).memory_bytes);
  ASSIGN_OR_RETURN(map_, PlaceInMemory(module_, reachable_, stack,
                                       {memory, CodeBytes(), options_.section_starts}));
  NumberFunctions();
  image::ProgramImage& image = out_.image;
  image.arch = options_.arch;
  image.fp16_format = options_.fp16_format;
  image.name = module_.name;
  image.files = module_.files;
  image.stack_top = map_.stack_top;
  image.stack_bytes = map_.stack_bytes;
  for (const CodeFunction& f : code_.functions) {
    if (reachable_.functions[f.id.index]) RETURN_IF_PROBLEM(AddFunction(f));
  }
  return NoProblem();
}

StatusOr<LinkedProgram> Linker::Run(ProgramFault* fault) {
  ProgramFault found;
  found.problem = Place(&found.where);
  if (!found.problem.ok()) {
    if (fault != nullptr) *fault = found;
    return InvalidArgument(found.problem.message());
  }
  image::ProgramImage& image = out_.image;
  FillSections();
  AddSymbols();
  AddExports();
  ASSIGN_OR_RETURN(image.configuration, LinkConfiguration(program_, code_, reachable_, index_of_,
                                                          map_.address, options_.arch));
  WarnOfSize();
  if (Status status = image.Validate(); !status.ok()) {
    return Internal("linking " + module_.name + ": " + status.message());
  }
  return std::move(out_);
}

}  // namespace

StatusOr<LinkedProgram> LinkProgram(const sema::TileProgram& program,
                                    const codegen::ObjectCode& code, const ProgramOptions& options,
                                    ProgramFault* fault) {
  return Linker(program, code, options).Run(fault);
}

}  // namespace csl::link
