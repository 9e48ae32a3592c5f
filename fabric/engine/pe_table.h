// SPDX-License-Identifier: Apache-2.0
// The PEs of a band of the fabric that something has happened on.
#ifndef FABRIC_ENGINE_PE_TABLE_H_
#define FABRIC_ENGINE_PE_TABLE_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "fabric/engine/engine.h"
#include "fabric/pe/core.h"

namespace csl::fabric::engine {

class PeTable {
 public:
  // PEs first .. end - 1.
  PeTable(const pe::Machine& machine, uint32_t first, uint32_t end)
      : first_(first), pes_(end - first) {
    context_.machine = &machine;
  }

  uint32_t first() const { return first_; }
  uint32_t end() const { return first_ + static_cast<uint32_t>(pes_.size()); }

  // Made at its first event.
  pe::PeState& Get(uint32_t index) {
    std::unique_ptr<pe::PeState>& slot = pes_[index - first_];
    if (slot == nullptr) {
      slot = std::make_unique<pe::PeState>();
      pe::InitPe(*slot, context_, index);
      ++touched_;
    }
    return *slot;
  }
  const pe::PeState* Find(uint32_t index) const { return pes_[index - first_].get(); }

  pe::RunContext& context() { return context_; }

  void AddTo(EngineTotals* totals) const {
    totals->pes_touched += touched_;
    for (const auto& pe : pes_) {
      if (pe == nullptr) continue;
      const pe::PeCounters& from = pe->counters;
      pe::PeCounters& to = totals->counters;
      to.instructions += from.instructions;
      to.busy_cycles += from.busy_cycles;
      to.vector_elements += from.vector_elements;
      to.tasks_started += from.tasks_started;
      to.last_active_cycle = std::max(to.last_active_cycle, from.last_active_cycle);
      totals->idle_since = std::max(totals->idle_since, pe->idle_since);
    }
  }

 private:
  uint32_t first_;
  int64_t touched_ = 0;
  std::vector<std::unique_ptr<pe::PeState>> pes_;
  pe::RunContext context_;
};

}  // namespace csl::fabric::engine

#endif  // FABRIC_ENGINE_PE_TABLE_H_
