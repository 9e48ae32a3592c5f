// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "fabric/image/reports.h"

namespace csl::image {
namespace {

uint32_t NominalBytes(const ProgramImage& image, const Function& f) {
  uint32_t bytes = 0;
  for (uint32_t i = 0; i < f.num_instructions; ++i) {
    bytes += isa::Info(image.code[f.first_instruction + i].opcode()).size_bytes;
  }
  return bytes;
}

}  // namespace

std::string MemoryReport(const ProgramImage& image) {
  const auto memory = static_cast<uint32_t>(isa::LimitsOf(image.arch).memory_bytes);
  std::string out = fmt::format("program {}\n", image.name);
  const auto line = [&out](std::string_view indent, uint32_t address, uint32_t bytes,
                           std::string_view name) {
    fmt::format_to(std::back_inserter(out), "{}0x{:04x} {:6}  {}\n", indent, address, bytes, name);
  };
  for (const Section& s : image.sections) {
    line("  ", s.address, s.size_bytes, s.name);
    for (const Symbol& symbol : image.symbols) {
      if (symbol.kind != Symbol::Kind::kVariable || symbol.value < s.address ||
          symbol.value >= s.address + s.size_bytes) {
        continue;
      }
      line("    ", symbol.value, symbol.size_bytes,
           symbol.type.empty() ? symbol.name : symbol.name + ": " + symbol.type);
    }
  }
  line("  ", image.stack_top - image.stack_bytes, image.stack_bytes, "stack");
  const uint32_t code = image.NominalCodeBytes();
  fmt::format_to(std::back_inserter(out), "         {:6}  code (estimate)\n", code);
  for (const Function& f : image.functions) {
    fmt::format_to(std::back_inserter(out), "           {:6}  {}\n", NominalBytes(image, f),
                   f.name);
  }
  const uint32_t used = image.DataBytes() + image.stack_bytes + code;
  fmt::format_to(std::back_inserter(out), "  {} of {} bytes ({} %), {} left\n", used, memory,
                 100 * used / memory, memory > used ? memory - used : 0);
  return out;
}

}  // namespace csl::image
