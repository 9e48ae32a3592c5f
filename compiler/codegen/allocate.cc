// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/allocate.h"

#include <algorithm>

#include "compiler/codegen/coalesce.h"
#include "compiler/codegen/liveness.h"
#include "compiler/codegen/spill.h"

namespace csl::codegen {
namespace {

// Occupied ranges of one real register, sorted.
class Occupancy {
 public:
  bool Fits(const Ranges& ranges) const {
    for (Range range : ranges) {
      auto it = std::upper_bound(taken_.begin(), taken_.end(), range.start,
                                 [](uint32_t p, Range r) { return p < r.end; });
      if (it != taken_.end() && it->start < range.end) return false;
    }
    return true;
  }
  void Take(const Ranges& ranges) { taken_ = Union(taken_, ranges); }

 private:
  Ranges taken_;
};

class Scan {
 public:
  Scan(const MachineFunction& function, int limit)
      : f_(function), limit_(limit), liveness_(function), leader_(Coalesce(function, liveness_)) {}

  // Registers that found no place go to `spilled`.
  std::vector<Reg> Run(std::vector<Reg>& spilled);
  const Liveness& liveness() const { return liveness_; }
  Reg leader(Reg reg) const { return leader_[static_cast<size_t>(reg)]; }

 private:
  void Place(Reg group, int real) {
    if (static_cast<size_t>(real) >= registers_.size())
      registers_.resize(static_cast<size_t>(real) + 1);
    registers_[static_cast<size_t>(real)].Take(liveness_.ranges[static_cast<size_t>(group)]);
    place_[static_cast<size_t>(group)] = real;
  }
  void PlaceAnywhere(Reg group, std::vector<Reg>& spilled);

  const MachineFunction& f_;
  int limit_;
  Liveness liveness_;
  std::vector<Reg> leader_;
  std::vector<Occupancy> registers_;
  std::vector<Reg> place_;
};

void Scan::PlaceAnywhere(Reg group, std::vector<Reg>& spilled) {
  const Ranges& ranges = liveness_.ranges[static_cast<size_t>(group)];
  for (int real = 0; real < limit_; ++real) {
    if (static_cast<size_t>(real) >= registers_.size() ||
        registers_[static_cast<size_t>(real)].Fits(ranges)) {
      return Place(group, real);
    }
  }
  spilled.push_back(group);
}

std::vector<Reg> Scan::Run(std::vector<Reg>& spilled) {
  place_.assign(leader_.size(), kNoReg);
  for (size_t i = 0; i < f_.params.size(); ++i) {
    if (f_.params[i] != kNoReg) Place(leader(f_.params[i]), static_cast<int>(i));
  }
  std::vector<Reg> order;
  for (Reg reg = 0; reg < f_.num_registers; ++reg) {
    const bool is_live = !liveness_.ranges[static_cast<size_t>(reg)].empty();
    if (leader(reg) == reg && is_live && place_[static_cast<size_t>(reg)] == kNoReg)
      order.push_back(reg);
  }
  // Short ranges that are hot come first when registers are scarce; otherwise in order of their
  // start.
  const bool is_scarce = order.size() > static_cast<size_t>(limit_);
  std::stable_sort(order.begin(), order.end(), [&](Reg a, Reg b) {
    const Ranges& ra = liveness_.ranges[static_cast<size_t>(a)];
    const Ranges& rb = liveness_.ranges[static_cast<size_t>(b)];
    if (!is_scarce) return ra.front().start < rb.front().start;
    const double cost_a = static_cast<double>(liveness_.weights[static_cast<size_t>(a)]) /
                          (ra.back().end - ra.front().start);
    const double cost_b = static_cast<double>(liveness_.weights[static_cast<size_t>(b)]) /
                          (rb.back().end - rb.front().start);
    return cost_a > cost_b;
  });
  for (Reg group : order) PlaceAnywhere(group, spilled);
  std::vector<Reg> real(leader_.size(), kNoReg);
  for (size_t i = 0; i < real.size(); ++i) real[i] = place_[static_cast<size_t>(leader_[i])];
  return real;
}

// The first register above everything that lives across each call.
std::vector<Reg> CallWindows(const MachineFunction& function, const Scan& scan,
                             const std::vector<Reg>& real) {
  std::vector<uint32_t> positions;
  uint32_t number = 0;
  for (const MachineBlock& block : function.blocks) {
    ++number;
    for (const MachineInstruction& instruction : block.instructions) {
      if (instruction.kind == MachineInstruction::Kind::kCall) positions.push_back(2 * number);
      ++number;
    }
  }
  std::vector<Reg> windows(positions.size(), 0);
  for (Reg reg = 0; reg < function.num_registers; ++reg) {
    if (scan.leader(reg) != reg || real[static_cast<size_t>(reg)] == kNoReg) continue;
    const Ranges& ranges = scan.liveness().ranges[static_cast<size_t>(reg)];
    for (Range range : ranges) {
      auto it = std::lower_bound(positions.begin(), positions.end(),
                                 range.start > 0 ? range.start - 1 : 0);
      for (; it != positions.end() && *it + 1 < range.end; ++it) {
        if (range.start > *it) continue;
        Reg& window = windows[static_cast<size_t>(it - positions.begin())];
        window = std::max(window, real[static_cast<size_t>(reg)] + 1);
      }
    }
  }
  return windows;
}

}  // namespace

Allocation Allocate(MachineFunction& function, int limit) {
  for (;;) {
    Scan scan(function, limit);
    std::vector<Reg> spilled;
    Allocation out;
    out.real = scan.Run(spilled);
    if (spilled.empty()) {
      for (Reg real : out.real) out.num_used = std::max(out.num_used, real + 1);
      out.call_windows = CallWindows(function, scan, out.real);
      return out;
    }
    std::vector<bool> is_spilled(static_cast<size_t>(function.num_registers));
    for (Reg reg = 0; reg < function.num_registers; ++reg) {
      const bool found =
          std::find(spilled.begin(), spilled.end(), scan.leader(reg)) != spilled.end();
      is_spilled[static_cast<size_t>(reg)] = found;
    }
    Spill(function, is_spilled);
  }
}

}  // namespace csl::codegen
