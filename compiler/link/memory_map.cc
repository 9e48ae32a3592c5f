// SPDX-License-Identifier: Apache-2.0
#include "compiler/link/memory_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>

#include "fabric/isa/vector_cost.h"

namespace csl::link {
namespace {

using diagnostics::Kind;
using diagnostics::Problem;

// Address 0 stays free, so that no variable has it.
constexpr uint32_t kFirstAddress = 4;
// Stack of a recursive program that leaves less than this is refused.
constexpr uint32_t kMinRecursiveStack = 256;

uint32_t AlignUp(uint32_t value, uint32_t to) { return (value + to - 1) / to * to; }

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

// A section before it has its address.
struct Draft {
  std::string name;
  std::vector<uint32_t> members;  // ir::GlobalId::index
  std::vector<uint32_t> offsets;  // of each member
  uint32_t size_bytes = 0;
  uint32_t alignment = 2;  // what members need
  uint32_t preferred = 2;  // at least `alignment`
};

Problem TooLarge(const ir::Module& module, const std::vector<Draft>& drafts,
                 const StackDepth& stack, uint32_t memory_bytes) {
  uint32_t total = stack.bytes;
  std::string sections;
  std::vector<uint32_t> globals;
  for (const Draft& draft : drafts) {
    total += draft.size_bytes;
    globals.insert(globals.end(), draft.members.begin(), draft.members.end());
    fmt::format_to(std::back_inserter(sections), "{} {}, ", draft.name, draft.size_bytes);
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
  const char* cause = total <= memory_bytes ? ", and given addresses leave no room for it" : "";
  return {Kind::kMemoryFull,
          {module.name, total, memory_bytes, cause, sections, stack.bytes, largest}};
}

// Data of at least `vector_alignment` bytes is aligned to as many.
std::vector<Draft> DraftSections(const ir::Module& module, const Reachability& reachable,
                                 uint32_t vector_alignment) {
  std::vector<uint32_t> order;
  for (uint32_t i = 0; i < module.globals.size(); ++i) {
    if (reachable.globals[i]) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    const std::string sa = SectionOf(module.globals[a]);
    const std::string sb = SectionOf(module.globals[b]);
    return Rank(sa) != Rank(sb) ? Rank(sa) < Rank(sb) : Rank(sa) == 3 && sa < sb;
  });
  std::vector<Draft> drafts;
  for (uint32_t index : order) {
    const ir::Global& g = module.globals[index];
    const uint32_t needed = std::max<uint32_t>(g.alignment, 2);
    const uint32_t align =
        g.size_bytes < vector_alignment ? needed : std::max(needed, vector_alignment);
    std::string name = SectionOf(g);
    if (drafts.empty() || drafts.back().name != name) {
      drafts.push_back({std::move(name), {}, {}});
    }
    Draft& draft = drafts.back();
    const uint32_t at = AlignUp(draft.size_bytes, align);
    draft.alignment = std::max(draft.alignment, needed);
    draft.preferred = std::max(draft.preferred, align);
    draft.members.push_back(index);
    draft.offsets.push_back(at);
    draft.size_bytes = at + std::max<uint32_t>(g.size_bytes, 1);
  }
  return drafts;
}

// Places sections: first those whose address is given, then each other one at the lowest address
// behind the one before it where it fits between them.
class Placement {
 public:
  Problem Fix(const ir::Module& module, const Draft& draft, uint32_t start, uint32_t memory_bytes) {
    if (start % draft.alignment != 0) {
      return {Kind::kSectionAlignment, {module.name, draft.name, start, draft.alignment}};
    }
    if (start < kFirstAddress || start + draft.size_bytes > memory_bytes) {
      return {Kind::kSectionOutside,
              {module.name, draft.name, draft.size_bytes, start, memory_bytes, kFirstAddress}};
    }
    for (const Span& other : fixed_) {
      if (start < other.end && other.start < start + draft.size_bytes) {
        return {Kind::kSectionsOverlap, {module.name, draft.name, start, other.start}};
      }
    }
    fixed_.push_back({start, start + draft.size_bytes});
    std::sort(fixed_.begin(), fixed_.end(),
              [](const Span& a, const Span& b) { return a.start < b.start; });
    return diagnostics::NoProblem();
  }

  uint32_t Next(const Draft& draft) {
    uint32_t at = AlignUp(next_, draft.preferred);
    for (const Span& span : fixed_) {
      if (at < span.end && span.start < at + draft.size_bytes) {
        at = AlignUp(span.end, draft.preferred);
      }
    }
    next_ = at + draft.size_bytes;
    return at;
  }

  // The highest top of a stack of `bytes` below `memory_bytes`; 0 where there is no room.
  uint32_t StackTop(uint32_t bytes, uint32_t memory_bytes, uint32_t* free_bytes) const {
    const uint32_t floor = AlignUp(next_, 4);
    uint32_t top = memory_bytes;
    for (size_t i = fixed_.size() + 1; i-- > 0;) {
      const uint32_t below = i == 0 ? floor : std::max(floor, AlignUp(fixed_[i - 1].end, 4));
      if (top >= below && top - below >= bytes) {
        *free_bytes = top - below;
        return top;
      }
      if (i > 0) top = fixed_[i - 1].start / 4 * 4;
    }
    return 0;
  }

 private:
  struct Span {
    uint32_t start;
    uint32_t end;
  };
  std::vector<Span> fixed_;  // by start
  uint32_t next_ = kFirstAddress;
};

void AddSection(const Draft& draft, uint32_t address, MemoryMap* map) {
  image::Section section;
  section.name = draft.name;
  section.address = static_cast<uint16_t>(address);
  section.size_bytes = static_cast<uint16_t>(draft.size_bytes);
  section.is_const = draft.name == ".rodata";
  for (size_t i = 0; i < draft.members.size(); ++i) {
    map->address[draft.members[i]] = address + draft.offsets[i];
  }
  map->sections.push_back(std::move(section));
  map->members.push_back(draft.members);
}

void SortByAddress(MemoryMap* map) {
  std::vector<size_t> order(map->sections.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return map->sections[a].address < map->sections[b].address;
  });
  std::vector<image::Section> sections;
  std::vector<std::vector<uint32_t>> members;
  for (const size_t i : order) {
    sections.push_back(std::move(map->sections[i]));
    members.push_back(std::move(map->members[i]));
  }
  map->sections = std::move(sections);
  map->members = std::move(members);
}

diagnostics::ProblemOr<MemoryMap> Place(const ir::Module& module, const std::vector<Draft>& drafts,
                                        const StackDepth& stack, const MemoryOptions& options) {
  MemoryMap map;
  map.address.resize(module.globals.size());
  const uint32_t needed =
      stack.is_recursive ? std::max(stack.bytes, kMinRecursiveStack) : stack.bytes;
  uint32_t total = kFirstAddress + needed;
  for (const Draft& draft : drafts) total += draft.size_bytes;
  if (total > options.memory_bytes) return TooLarge(module, drafts, stack, options.memory_bytes);
  Placement placement;
  for (const Draft& draft : drafts) {
    const auto start = options.section_starts.find(draft.name);
    if (start == options.section_starts.end()) continue;
    RETURN_IF_PROBLEM(placement.Fix(module, draft, start->second, options.memory_bytes));
    AddSection(draft, start->second, &map);
  }
  for (const Draft& draft : drafts) {
    if (options.section_starts.contains(draft.name)) continue;
    const uint32_t address = placement.Next(draft);
    if (address + draft.size_bytes > options.memory_bytes) {
      return TooLarge(module, drafts, stack, options.memory_bytes);
    }
    AddSection(draft, address, &map);
  }
  uint32_t free_bytes = 0;
  const uint32_t top = placement.StackTop(needed, options.memory_bytes, &free_bytes);
  if (top == 0) return TooLarge(module, drafts, stack, options.memory_bytes);
  SortByAddress(&map);
  map.stack_top = static_cast<uint16_t>(top);
  const uint32_t code = options.code_bytes;
  const uint32_t beside_code = free_bytes > code ? (free_bytes - code) / 4 * 4 : 0;
  map.stack_bytes =
      static_cast<uint16_t>(stack.is_recursive ? std::max(needed, beside_code) : stack.bytes);
  return map;
}

}  // namespace

diagnostics::ProblemOr<MemoryMap> PlaceInMemory(const ir::Module& module,
                                                const Reachability& reachable,
                                                const StackDepth& stack,
                                                const MemoryOptions& options) {
  const std::vector<Draft> aligned = DraftSections(module, reachable, isa::kVectorAlignment);
  diagnostics::ProblemOr<MemoryMap> map = Place(module, aligned, stack, options);
  if (map.ok()) return map;
  // A program that fills the memory has no room for the gaps.
  return Place(module, DraftSections(module, reachable, 2), stack, options);
}

}  // namespace csl::link
