// SPDX-License-Identifier: Apache-2.0
#include "compiler/link/memory_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace csl::link {
namespace {

// Address 0 stays free, so that no variable has it.
constexpr uint32_t kFirstAddress = 4;
// Stack of a recursive program that leaves less than this is refused.
constexpr uint32_t kMinRecursiveStack = 256;

std::string SectionOf(const ir::Global& g) {
  if (!g.section.empty()) return g.section;
  if (g.is_const) return ".rodata";
  return g.bytes.empty() && g.relocations.empty() ? ".bss" : ".data";
}

int Rank(const std::string& section) {
  if (section == ".rodata") return 0;
  if (section == ".data") return 1;
  return section == ".bss" ? 2 : 3;
}

Status TooLarge(const ir::Module& module, const MemoryMap& map, const StackDepth& stack,
                uint32_t memory_bytes) {
  uint32_t total = stack.bytes;
  std::string sections;
  std::vector<uint32_t> globals;
  for (size_t i = 0; i < map.sections.size(); ++i) {
    uint32_t size = 0;
    for (uint32_t member : map.members[i]) {
      size += module.globals[member].size_bytes;
      globals.push_back(member);
    }
    total += size;
    fmt::format_to(std::back_inserter(sections), "{} {}, ", map.sections[i].name, size);
  }
  std::stable_sort(globals.begin(), globals.end(), [&](uint32_t a, uint32_t b) {
    return module.globals[a].size_bytes > module.globals[b].size_bytes;
  });
  std::string largest;
  for (size_t i = 0; i < std::min<size_t>(globals.size(), 5); ++i) {
    const ir::Global& g = module.globals[globals[i]];
    fmt::format_to(std::back_inserter(largest), "{}{} {}", i == 0 ? "" : ", ", g.name,
                   g.size_bytes);
  }
  return ResourceExhausted(fmt::format(
      "{} needs {} bytes of data and stack, a PE has {} (48 KB): {}stack {}; largest variables: {}",
      module.name, total, memory_bytes, sections, stack.bytes, largest));
}

}  // namespace

StatusOr<MemoryMap> PlaceInMemory(const ir::Module& module, const Reachability& reachable,
                                  const StackDepth& stack, uint32_t code_bytes,
                                  uint32_t memory_bytes) {
  MemoryMap map;
  map.address.resize(module.globals.size());
  std::vector<uint32_t> order;
  for (uint32_t i = 0; i < module.globals.size(); ++i) {
    if (reachable.globals[i]) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    const std::string sa = SectionOf(module.globals[a]);
    const std::string sb = SectionOf(module.globals[b]);
    return Rank(sa) != Rank(sb) ? Rank(sa) < Rank(sb) : Rank(sa) == 3 && sa < sb;
  });
  uint32_t next = kFirstAddress;
  std::vector<uint32_t> ends;
  for (uint32_t index : order) {
    const ir::Global& g = module.globals[index];
    const uint32_t align = std::max<uint32_t>(g.alignment, 2);
    next = (next + align - 1) / align * align;
    const std::string name = SectionOf(g);
    if (map.sections.empty() || map.sections.back().name != name) {
      image::Section section;
      section.name = name;
      section.address = static_cast<uint16_t>(next);
      section.is_const = name == ".rodata";
      map.sections.push_back(section);
      map.members.emplace_back();
      ends.push_back(next);
    }
    map.address[index] = next;
    map.members.back().push_back(index);
    next += std::max<uint32_t>(g.size_bytes, 1);
    ends.back() = next;
  }
  next = (next + 3) / 4 * 4;
  const uint32_t needed =
      stack.is_recursive ? std::max(stack.bytes, kMinRecursiveStack) : stack.bytes;
  if (next + needed > memory_bytes) return TooLarge(module, map, stack, memory_bytes);
  for (size_t i = 0; i < map.sections.size(); ++i) {
    map.sections[i].size_bytes = static_cast<uint16_t>(ends[i] - map.sections[i].address);
  }
  map.stack_top = static_cast<uint16_t>(memory_bytes);
  const uint32_t left = memory_bytes - next;
  const uint32_t beside_code = left > code_bytes ? (left - code_bytes) / 4 * 4 : 0;
  map.stack_bytes =
      static_cast<uint16_t>(stack.is_recursive ? std::max(needed, beside_code) : stack.bytes);
  return map;
}

}  // namespace csl::link
