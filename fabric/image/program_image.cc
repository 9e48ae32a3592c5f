// SPDX-License-Identifier: Apache-2.0
#include "fabric/image/program_image.h"

#include <fmt/format.h>

#include <algorithm>

#include "fabric/isa/text.h"

namespace csl::image {
namespace {

std::string SectionText(const Section& s) {
  std::string out =
      fmt::format("section {} 0x{:04x} {} bytes{}{}\n", s.name, s.address, s.size_bytes,
                  s.is_const ? " const" : "", s.bytes.empty() ? " zero" : "");
  for (size_t i = 0; i < s.bytes.size(); ++i) {
    if (i % 16 == 0) out += fmt::format("  {:04x}:", s.address + i);
    out += fmt::format(" {:02x}", s.bytes[i]);
    if (i % 16 == 15 || i + 1 == s.bytes.size()) out += '\n';
  }
  return out;
}

std::string FrameText(const FrameSlot& slot) {
  return fmt::format("frame +{} {} bytes {}{}", slot.offset, slot.size_bytes, slot.name,
                     slot.type.empty() ? "" : ": " + slot.type);
}

std::string FunctionText(const ProgramImage& image, size_t index) {
  const Function& f = image.functions[index];
  std::string out = fmt::format("function f{} {} params={} registers={} frame={}\n", index, f.name,
                                f.num_params, f.num_registers, f.frame_bytes);
  for (const FrameSlot& slot : image.frames) {
    if (slot.function == index) out += "  " + FrameText(slot) + "\n";
  }
  const LineEntry* last = nullptr;
  for (uint32_t i = f.first_instruction; i < f.first_instruction + f.num_instructions; ++i) {
    const LineEntry* line = image.LineAt(i);
    if (line != last && line != nullptr) out += fmt::format("  ; {}\n", image.LocationText(i));
    last = line;
    out += fmt::format("  {:>4}: {}\n", i - f.first_instruction, isa::Disassemble(image.code[i]));
  }
  return out;
}

}  // namespace

const Symbol* ProgramImage::FindSymbol(std::string_view symbol_name) const {
  const Symbol* found = nullptr;
  for (const Symbol& s : symbols) {
    if (s.name == symbol_name && (found == nullptr || s.is_global)) found = &s;
  }
  return found;
}

const ProgramExport* ProgramImage::FindExport(uint32_t id) const {
  const auto it = std::ranges::lower_bound(exports, id, {}, &ProgramExport::id);
  return it != exports.end() && it->id == id ? &*it : nullptr;
}

const Function* ProgramImage::FunctionAt(uint32_t instruction) const {
  auto it = std::ranges::upper_bound(functions, instruction, {}, &Function::first_instruction);
  if (it == functions.begin()) return nullptr;
  --it;
  return instruction - it->first_instruction < it->num_instructions ? &*it : nullptr;
}

const LineEntry* ProgramImage::LineAt(uint32_t instruction) const {
  auto it = std::ranges::upper_bound(lines, instruction, {}, &LineEntry::instruction);
  if (it == lines.begin()) return nullptr;
  --it;
  return it->line != 0 && it->file < files.size() ? &*it : nullptr;
}

std::string ProgramImage::LocationText(uint32_t instruction) const {
  const LineEntry* entry = LineAt(instruction);
  if (entry == nullptr) return "?";
  if (entry->column == 0) return fmt::format("{}:{}", files[entry->file], entry->line);
  return fmt::format("{}:{}:{}", files[entry->file], entry->line, entry->column);
}

uint32_t ProgramImage::DataBytes() const {
  uint32_t sum = 0;
  for (const Section& s : sections) sum += s.size_bytes;
  return sum;
}

uint32_t ProgramImage::NominalCodeBytes() const {
  uint32_t sum = 0;
  for (const isa::Instruction& i : code) {
    if (i.op < isa::kNumOpcodes) sum += isa::Info(i.opcode()).size_bytes;
  }
  return sum;
}

std::string ProgramImage::ToString() const {
  static constexpr const char* kSymbolKinds[] = {"var", "func"};
  std::string out = fmt::format("program {} arch={} fp16={}\n", name, isa::ArchName(arch),
                                isa::Fp16FormatName(fp16_format));
  out += fmt::format("memory data={} code={} stack={} (0x{:04x}..0x{:04x})\n", DataBytes(),
                     NominalCodeBytes(), stack_bytes, stack_top - stack_bytes, stack_top);
  out += configuration.ToString();
  for (const Section& s : sections) out += SectionText(s);
  for (const Symbol& s : symbols) {
    const std::string where = s.kind == Symbol::Kind::kVariable
                                  ? fmt::format("0x{:04x} {} bytes", s.value, s.size_bytes)
                                  : fmt::format("f{}", s.value);
    out += fmt::format("symbol {} {} {}{}{}\n", kSymbolKinds[static_cast<int>(s.kind)], s.name,
                       where, s.is_global ? " global" : "", s.type.empty() ? "" : " " + s.type);
  }
  for (const ProgramExport& e : exports) {
    out += e.kind == ProgramExport::Kind::kVariable
               ? fmt::format("export {} 0x{:04x}\n", e.id, e.value)
               : fmt::format("export {} f{}\n", e.id, e.value);
  }
  for (size_t i = 0; i < functions.size(); ++i) out += "\n" + FunctionText(*this, i);
  return out;
}

}  // namespace csl::image
