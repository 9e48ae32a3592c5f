// SPDX-License-Identifier: Apache-2.0
#include "fabric/image/overrun.h"

#include <fmt/format.h>

namespace csl::image {
namespace {

bool IsVariable(const Symbol& symbol) {
  return symbol.kind == Symbol::Kind::kVariable && symbol.size_bytes > 0;
}

uint32_t EndOf(const Symbol& symbol) { return uint32_t{symbol.value} + symbol.size_bytes; }

uint8_t InitialByte(const ProgramImage& image, const Variant* variant, uint32_t address) {
  if (variant != nullptr) {
    for (const MemoryPatch& patch : variant->memory) {
      if (patch.address == address) return patch.value;
    }
  }
  for (const Section& section : image.sections) {
    if (address >= section.address && address - section.address < section.bytes.size()) {
      return section.bytes[address - section.address];
    }
  }
  return 0;
}

}  // namespace

std::optional<Overrun> FindOverrun(const ProgramImage& image, uint32_t address,
                                   uint32_t size_bytes) {
  // The longest, where several names stand for the same memory.
  const Symbol* array = nullptr;
  for (const Symbol& symbol : image.symbols) {
    if (!IsVariable(symbol) || address < symbol.value || address >= EndOf(symbol)) continue;
    if (array == nullptr || EndOf(symbol) > EndOf(*array)) array = &symbol;
  }
  if (array == nullptr || address + size_bytes <= EndOf(*array)) return std::nullopt;
  Overrun overrun;
  overrun.array = array->name;
  overrun.array_bytes = EndOf(*array) - address;
  uint32_t first = address + size_bytes;
  for (const Symbol& symbol : image.symbols) {
    if (!IsVariable(symbol) || symbol.value < EndOf(*array)) continue;
    if (symbol.value >= address + size_bytes) continue;
    ++overrun.others;
    if (symbol.value >= first) continue;
    first = symbol.value;
    overrun.next = symbol.name;
  }
  if (overrun.others > 0) --overrun.others;
  return overrun;
}

uint16_t InitialHalf(const ProgramImage& image, const Variant* variant, uint32_t address) {
  return static_cast<uint16_t>(InitialByte(image, variant, address) |
                               InitialByte(image, variant, address + 1) << 8);
}

std::string OverrunText(const Overrun& overrun, const std::string& exported, bool to_device,
                        uint32_t size_bytes, const std::string& pe, uint64_t pes) {
  std::string reached =
      overrun.next.empty() ? "memory that no variable has" : fmt::format("'{}'", overrun.next);
  if (overrun.others > 0) {
    reached +=
        fmt::format(" and {} other variable{}", overrun.others, overrun.others == 1 ? "" : "s");
  }
  std::string place = pe;
  if (pes > 1) place += fmt::format(" and {} other PE{}", pes - 1, pes == 2 ? "" : "s");
  return fmt::format("copy {} '{}' {} {} on {}: it is {} bytes long, '{}' has {}",
                     to_device ? "to" : "of", exported, to_device ? "overwrites" : "also reads",
                     reached, place, size_bytes, overrun.array, overrun.array_bytes);
}

}  // namespace csl::image
