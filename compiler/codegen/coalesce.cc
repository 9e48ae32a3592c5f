// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/coalesce.h"

#include <algorithm>
#include <numeric>

namespace csl::codegen {
namespace {

struct Candidate {
  int depth;
  Reg destination;
  Reg source;
};

std::vector<Candidate> Candidates(const MachineFunction& function) {
  std::vector<Candidate> out;
  for (const MachineBlock& block : function.blocks) {
    for (const MachineInstruction& instruction : block.instructions) {
      if (instruction.kind != MachineInstruction::Kind::kMoves) continue;
      for (const Move& move : instruction.moves) {
        if (move.source.reg != kNoReg)
          out.push_back({block.depth, move.destination, move.source.reg});
      }
    }
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const Candidate& a, const Candidate& b) { return a.depth > b.depth; });
  return out;
}

}  // namespace

std::vector<Reg> Coalesce(const MachineFunction& function, Liveness& liveness) {
  std::vector<Reg> leader(static_cast<size_t>(function.num_registers));
  std::iota(leader.begin(), leader.end(), 0);
  auto find = [&](Reg reg) {
    while (leader[static_cast<size_t>(reg)] != reg) {
      Reg& up = leader[static_cast<size_t>(reg)];
      up = leader[static_cast<size_t>(up)];
      reg = up;
    }
    return reg;
  };
  // Two parameters of the function have different places and cannot be one.
  std::vector<bool> is_fixed(leader.size());
  for (Reg reg : function.params) {
    if (reg != kNoReg) is_fixed[static_cast<size_t>(reg)] = true;
  }
  for (const Candidate& candidate : Candidates(function)) {
    const auto a = static_cast<size_t>(find(candidate.destination));
    const auto b = static_cast<size_t>(find(candidate.source));
    if (a == b || (is_fixed[a] && is_fixed[b])) continue;
    if (Overlap(liveness.ranges[a], liveness.ranges[b])) continue;
    leader[b] = static_cast<Reg>(a);
    liveness.ranges[a] = Union(liveness.ranges[a], liveness.ranges[b]);
    liveness.weights[a] += liveness.weights[b];
    is_fixed[a] = is_fixed[a] || is_fixed[b];
  }
  for (size_t i = 0; i < leader.size(); ++i) leader[i] = find(static_cast<Reg>(i));
  return leader;
}

}  // namespace csl::codegen
