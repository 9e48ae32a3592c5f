// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/liveness.h"

#include <algorithm>

namespace csl::codegen {
namespace {

// Bit sets of registers, one a block, in one array.
class RegisterSets {
 public:
  RegisterSets(size_t blocks, Reg registers)
      : words_((static_cast<size_t>(registers) + 63) / 64), bits_(blocks * words_) {}

  uint64_t* Of(size_t block) { return bits_.data() + block * words_; }
  size_t words() const { return words_; }
  static void Set(uint64_t* set, Reg reg) { set[reg / 64] |= uint64_t{1} << (reg % 64); }
  static void Clear(uint64_t* set, Reg reg) { set[reg / 64] &= ~(uint64_t{1} << (reg % 64)); }

 private:
  size_t words_;
  std::vector<uint64_t> bits_;
};

void AddFront(Ranges& reversed, uint32_t start, uint32_t end) {
  // Built from the end of the code to its start: the newest range is the last element.
  if (!reversed.empty() && reversed.back().start <= end) {
    reversed.back().start = std::min(reversed.back().start, start);
    reversed.back().end = std::max(reversed.back().end, end);
    return;
  }
  reversed.push_back({start, end});
}

struct Analysis {
  explicit Analysis(const MachineFunction& function)
      : f(function),
        live_in(function.blocks.size(), function.num_registers),
        live_out(function.blocks.size(), function.num_registers) {}

  void Solve();
  bool Transfer(uint32_t index);
  const MachineFunction& f;
  RegisterSets live_in;
  RegisterSets live_out;
};

bool Analysis::Transfer(uint32_t index) {
  uint64_t* out = live_out.Of(index);
  for (uint32_t successor : Successors(f, index)) {
    const uint64_t* in = live_in.Of(successor);
    for (size_t w = 0; w < live_in.words(); ++w) out[w] |= in[w];
  }
  std::vector<uint64_t> live(out, out + live_out.words());
  const auto& instructions = f.blocks[index].instructions;
  for (auto it = instructions.rbegin(); it != instructions.rend(); ++it) {
    ForDefs(*it, [&](Reg reg) { RegisterSets::Clear(live.data(), reg); });
    ForUses(*it, [&](Reg reg) { RegisterSets::Set(live.data(), reg); });
  }
  uint64_t* in = live_in.Of(index);
  if (std::equal(live.begin(), live.end(), in)) return false;
  std::copy(live.begin(), live.end(), in);
  return true;
}

void Analysis::Solve() {
  for (bool changed = true; changed;) {
    changed = false;
    for (uint32_t i = static_cast<uint32_t>(f.blocks.size()); i-- > 0;) {
      if (Transfer(i)) changed = true;
    }
  }
}

}  // namespace

bool Overlap(const Ranges& a, const Ranges& b) {
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (a[i].end <= b[j].start) {
      ++i;
    } else if (b[j].end <= a[i].start) {
      ++j;
    } else {
      return true;
    }
  }
  return false;
}

Ranges Union(const Ranges& a, const Ranges& b) {
  Ranges all(a);
  all.insert(all.end(), b.begin(), b.end());
  std::sort(all.begin(), all.end(), [](Range x, Range y) { return x.start < y.start; });
  Ranges out;
  for (Range range : all) {
    if (!out.empty() && out.back().end >= range.start) {
      out.back().end = std::max(out.back().end, range.end);
    } else {
      out.push_back(range);
    }
  }
  return out;
}

bool Covers(const Ranges& ranges, uint32_t position) {
  auto it = std::upper_bound(ranges.begin(), ranges.end(), position,
                             [](uint32_t p, Range range) { return p < range.end; });
  return it != ranges.end() && it->start <= position;
}

Liveness::Liveness(const MachineFunction& function)
    : ranges(static_cast<size_t>(function.num_registers)),
      weights(static_cast<size_t>(function.num_registers)) {
  Analysis analysis(function);
  analysis.Solve();
  std::vector<uint32_t> first(function.blocks.size() + 1, 0);
  for (size_t b = 0; b < function.blocks.size(); ++b) {
    first[b + 1] = first[b] + static_cast<uint32_t>(function.blocks[b].instructions.size()) + 1;
  }
  for (size_t b = function.blocks.size(); b-- > 0;) {
    const uint32_t begin = 2 * first[b];
    const uint32_t end = 2 * first[b + 1];
    const uint64_t* out = analysis.live_out.Of(b);
    for (size_t w = 0; w < analysis.live_out.words(); ++w) {
      for (uint64_t left = out[w]; left != 0; left &= left - 1) {
        AddFront(ranges[w * 64 + static_cast<size_t>(__builtin_ctzll(left))], begin, end);
      }
    }
    uint64_t weight = 1;
    for (int d = 0; d < std::min(function.blocks[b].depth, 6); ++d) weight *= 8;
    const auto& instructions = function.blocks[b].instructions;
    for (size_t i = instructions.size(); i-- > 0;) {
      // The block itself takes one position, for parameters that come in.
      const uint32_t at = 2 * (first[b] + static_cast<uint32_t>(i) + 1);
      ForDefs(instructions[i], [&](Reg reg) {
        Ranges& of = ranges[static_cast<size_t>(reg)];
        weights[static_cast<size_t>(reg)] += weight;
        if (!of.empty() && of.back().start <= at + 1 && of.back().end > at + 1) {
          of.back().start = at + 1;
        } else {
          AddFront(of, at + 1, at + 2);
        }
      });
      ForUses(instructions[i], [&](Reg reg) {
        weights[static_cast<size_t>(reg)] += weight;
        AddFront(ranges[static_cast<size_t>(reg)], begin, at + 1);
      });
    }
  }
  for (size_t reg = 0; reg < ranges.size(); ++reg)
    std::reverse(ranges[reg].begin(), ranges[reg].end());
  // Parameters of the function are there from the start.
  for (Reg reg : function.params) {
    if (reg != kNoReg)
      ranges[static_cast<size_t>(reg)] = Union(ranges[static_cast<size_t>(reg)], {{0, 1}});
  }
}

}  // namespace csl::codegen
