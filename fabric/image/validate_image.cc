// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <set>

#include "fabric/image/program_image.h"
#include "fabric/isa/verify.h"

namespace csl::image {
namespace {

// Names end up in NUL-terminated string tables.
bool IsName(std::string_view name) {
  return !name.empty() && name.find('\0') == std::string_view::npos;
}
bool IsText(std::string_view text) { return text.find('\0') == std::string_view::npos; }

bool LeavesFunction(isa::Opcode opcode) {
  switch (opcode) {
    case isa::Opcode::kIllegal:
    case isa::Opcode::kJmp:
    case isa::Opcode::kRet:
    case isa::Opcode::kTrap:
      return true;
    default:
      return false;
  }
}

Status CheckFunction(const ProgramImage& image, const Function& f) {
  if (!IsName(f.name) || !IsText(f.type)) return DataLoss("a function's name or type is malformed");
  if (f.num_params > f.num_registers || f.num_registers > isa::kMaxRegisters) {
    return DataLoss(fmt::format("function {}: {} parameters, {} registers", f.name, f.num_params,
                                f.num_registers));
  }
  const isa::FunctionBounds bounds = {f.num_registers, f.num_instructions,
                                      static_cast<uint32_t>(image.functions.size())};
  for (uint32_t i = 0; i < f.num_instructions; ++i) {
    const Status status = isa::CheckInstruction(image.code[f.first_instruction + i], bounds);
    if (!status.ok())
      return DataLoss(fmt::format("function {}, instruction {}: {}", f.name, i, status.message()));
  }
  if (!LeavesFunction(image.code[f.first_instruction + f.num_instructions - 1].opcode())) {
    return DataLoss(fmt::format("function {}: execution runs past its end", f.name));
  }
  return OkStatus();
}

Status CheckCode(const ProgramImage& image) {
  if (image.functions.size() > 0xffff)
    return DataLoss(fmt::format("{} functions", image.functions.size()));
  uint64_t next = 0;
  for (const Function& f : image.functions) {
    if (f.first_instruction != next || f.num_instructions == 0) {
      return DataLoss(fmt::format("function {}: instructions {} and {} on", f.name,
                                  f.first_instruction, f.num_instructions));
    }
    next += f.num_instructions;
    if (next > image.code.size())
      return DataLoss(fmt::format("function {}: past the code", f.name));
  }
  if (next != image.code.size())
    return DataLoss(fmt::format("{} instructions in no function", image.code.size() - next));
  for (const Function& f : image.functions) RETURN_IF_ERROR(CheckFunction(image, f));
  return OkStatus();
}

Status CheckSections(const ProgramImage& image) {
  const auto memory = static_cast<uint32_t>(isa::LimitsOf(image.arch).memory_bytes);
  if (image.stack_top > memory || image.stack_bytes > image.stack_top) {
    return DataLoss(
        fmt::format("stack of {} bytes below 0x{:04x}", image.stack_bytes, image.stack_top));
  }
  const uint32_t stack_low = image.stack_top - image.stack_bytes;
  uint32_t end = 0;
  std::set<std::string_view> names;
  for (const Section& s : image.sections) {
    if (!IsName(s.name) || s.name == ".text" || s.name == ".symtab" || s.name == ".strtab" ||
        s.name == ".shstrtab" || s.name.starts_with(".csl.") || !names.insert(s.name).second) {
      return DataLoss(fmt::format("section name '{}'", s.name));
    }
    const uint32_t section_end = s.address + uint32_t{s.size_bytes};
    if (s.address < end || section_end > memory ||
        (!s.bytes.empty() && s.bytes.size() != s.size_bytes)) {
      return DataLoss(
          fmt::format("section {} at 0x{:04x}, {} bytes", s.name, s.address, s.size_bytes));
    }
    if (image.stack_bytes > 0 && s.address < image.stack_top && section_end > stack_low) {
      return DataLoss(fmt::format("section {} lies in the stack", s.name));
    }
    end = section_end;
  }
  return OkStatus();
}

Status CheckSymbols(const ProgramImage& image) {
  const auto memory = static_cast<uint32_t>(isa::LimitsOf(image.arch).memory_bytes);
  const auto key = [](const Symbol& s) {
    return std::tuple(s.kind, s.value, std::string_view(s.name));
  };
  for (size_t i = 0; i < image.symbols.size(); ++i) {
    const Symbol& s = image.symbols[i];
    const bool fits = s.kind == Symbol::Kind::kFunction
                          ? s.value < image.functions.size() && s.size_bytes == 0
                          : s.value + uint32_t{s.size_bytes} <= memory;
    if (!IsName(s.name) || !IsText(s.type) || !fits)
      return DataLoss(fmt::format("symbol '{}' is malformed", s.name));
    if (i > 0 && !(key(image.symbols[i - 1]) < key(s)))
      return DataLoss(fmt::format("symbol '{}' out of order", s.name));
  }
  for (size_t i = 0; i < image.exports.size(); ++i) {
    const ProgramExport& e = image.exports[i];
    const bool fits = e.kind == ProgramExport::Kind::kFunction ? e.value < image.functions.size()
                                                               : e.value + 2u <= memory;
    if (!fits) return DataLoss(fmt::format("export {} names nothing", e.id));
    if (i > 0 && image.exports[i - 1].id >= e.id)
      return DataLoss(fmt::format("export {} out of order", e.id));
  }
  return OkStatus();
}

Status CheckLines(const ProgramImage& image) {
  for (size_t i = 0; i < image.lines.size(); ++i) {
    const LineEntry& l = image.lines[i];
    const bool ordered = i == 0 || image.lines[i - 1].instruction < l.instruction;
    if (!ordered || l.instruction >= image.code.size() ||
        (l.line != 0 && l.file >= image.files.size())) {
      return DataLoss(fmt::format("line table entry {}", i));
    }
  }
  return OkStatus();
}

Status CheckFrames(const ProgramImage& image) {
  for (size_t i = 0; i < image.frames.size(); ++i) {
    const FrameSlot& slot = image.frames[i];
    const auto key = [](const FrameSlot& s) { return std::tuple(s.function, s.offset); };
    const bool ordered = i == 0 || key(image.frames[i - 1]) < key(slot);
    if (!ordered || slot.function >= image.functions.size() || !IsName(slot.name) ||
        !IsText(slot.type) ||
        slot.offset + uint32_t{slot.size_bytes} > image.functions[slot.function].frame_bytes) {
      return DataLoss(fmt::format("frame entry {}", i));
    }
  }
  return OkStatus();
}

}  // namespace

Status ProgramImage::Validate() const {
  RETURN_IF_ERROR(CheckCode(*this));
  RETURN_IF_ERROR(CheckSections(*this));
  RETURN_IF_ERROR(CheckSymbols(*this));
  RETURN_IF_ERROR(CheckLines(*this));
  RETURN_IF_ERROR(CheckFrames(*this));
  return ValidateConfiguration(configuration, arch, functions.size());
}

}  // namespace csl::image
