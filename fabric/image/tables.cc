// SPDX-License-Identifier: Apache-2.0
// Tables of one image, for people.
#include <fmt/format.h>

#include <iterator>

#include "fabric/image/reports.h"
#include "fabric/isa/text.h"

namespace csl::image {

std::string SectionTable(const ProgramImage& image) {
  std::string out = fmt::format("{:<16} {:>6} {:>6}\n", "section", "addr", "bytes");
  auto to = std::back_inserter(out);
  for (const Section& s : image.sections) {
    fmt::format_to(to, "{:<16} 0x{:04x} {:>6}{}\n", s.name, s.address, s.size_bytes,
                   s.bytes.empty() ? " zero" : "");
  }
  fmt::format_to(to, "{:<16} 0x{:04x} {:>6}\n", "(stack)", image.stack_top - image.stack_bytes,
                 image.stack_bytes);
  fmt::format_to(to, "{:<16} {:>6} {:>6} nominal, {} instructions\n", "(code)", "-",
                 image.NominalCodeBytes(), image.code.size());
  return out;
}

std::string SymbolTable(const ProgramImage& image) {
  std::string out = fmt::format("{:<8} {:>8} {:>6} {:<6} {:<24} {}\n", "kind", "value", "bytes",
                                "bind", "name", "type");
  for (const Symbol& s : image.symbols) {
    const bool is_function = s.kind == Symbol::Kind::kFunction;
    fmt::format_to(std::back_inserter(out), "{:<8} {:>8} {:>6} {:<6} {:<24} {}\n",
                   is_function ? "func" : "var",
                   is_function ? fmt::format("f{}", s.value) : fmt::format("0x{:04x}", s.value),
                   s.size_bytes, s.is_global ? "global" : "local", s.name, s.type);
  }
  return out;
}

std::string LineTable(const ProgramImage& image) {
  std::string out = fmt::format("{:>11}  {:<24} {}\n", "instruction", "function", "place");
  for (const LineEntry& line : image.lines) {
    const Function* function = image.FunctionAt(line.instruction);
    fmt::format_to(std::back_inserter(out), "{:>11}  {:<24} {}\n", line.instruction,
                   function == nullptr ? "?" : function->name,
                   image.LocationText(line.instruction));
  }
  return out;
}

std::string FrameTable(const ProgramImage& image) {
  std::string out =
      fmt::format("{:<24} {:>6} {:>6} {:<24} {}\n", "function", "offset", "bytes", "name", "type");
  for (const FrameSlot& slot : image.frames) {
    fmt::format_to(std::back_inserter(out), "{:<24} {:>6} {:>6} {:<24} {}\n",
                   image.functions[slot.function].name, slot.offset, slot.size_bytes, slot.name,
                   slot.type);
  }
  return out;
}

std::string Disassembly(const ProgramImage& image) {
  std::string out;
  auto to = std::back_inserter(out);
  for (size_t n = 0; n < image.functions.size(); ++n) {
    const Function& f = image.functions[n];
    fmt::format_to(to, "f{} {}:\n", n, f.name);
    const LineEntry* last = nullptr;
    for (uint32_t i = f.first_instruction; i < f.first_instruction + f.num_instructions; ++i) {
      const LineEntry* line = image.LineAt(i);
      if (line != last && line != nullptr) fmt::format_to(to, "  ; {}\n", image.LocationText(i));
      last = line;
      const isa::Instruction& code = image.code[i];
      fmt::format_to(to, "  {:>4}: {:04x} {:02x} {:02x} {:02x} {:02x} {:04x}  {}\n",
                     i - f.first_instruction, code.op, code.a, code.b, code.c, code.d, code.e,
                     isa::Disassemble(code));
    }
  }
  return out;
}

}  // namespace csl::image
