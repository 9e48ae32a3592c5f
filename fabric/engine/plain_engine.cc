// SPDX-License-Identifier: Apache-2.0
// The reference engine: one thread, no events, no run-ahead. Looks at every PE in every cycle, and
// a PE does at most one instruction, or the elements of one cycle, when it is looked at.
#include <algorithm>
#include <map>
#include <tuple>

#include "fabric/engine/engine.h"
#include "fabric/engine/pe_table.h"

namespace csl::fabric::engine {
namespace {

class PlainEngine : public Engine {
 public:
  explicit PlainEngine(const pe::Machine& machine)
      : pes_(machine, 0, static_cast<uint32_t>(machine.program_of_pe.size())) {
    for (uint32_t pe = 0; pe < pes_.end(); ++pe) {
      if (machine.BaseProgram(pe).ActiveAtStart()) pes_.Get(pe);
    }
  }

  int64_t NextEventCycle() const override {
    int64_t next = pe::kNever;
    for (uint32_t pe = 0; pe < pes_.end(); ++pe) {
      const pe::PeState* state = pes_.Find(pe);
      if (state != nullptr) next = std::min(next, pe::NextEventCycle(*state));
    }
    if (!deliveries_.empty()) next = std::min(next, deliveries_.begin()->first.first);
    return next;
  }

  void RunWindow(int64_t end) override {
    for (int64_t cycle = std::max(cycle_, NextEventCycle()); cycle < end; ++cycle) {
      Receive(cycle);
      for (uint32_t pe = 0; pe < pes_.end(); ++pe) {
        if (pes_.Find(pe) == nullptr) continue;
        pe::Advance(pes_.Get(pe), pes_.context(), cycle, pe::Pace::kStep);
      }
    }
    cycle_ = std::max(cycle_, end);
  }

  void Deliver(uint32_t pe, int64_t cycle, uint32_t command) override {
    deliveries_[{cycle, pe}] = command;
  }

  void TakeMessages(std::vector<pe::PeMessage>* messages) override {
    std::vector<pe::PeMessage>& from = pes_.context().messages;
    messages->insert(messages->end(), from.begin(), from.end());
    from.clear();
  }

  void TakeLog(trace::LogMerger* log) override { log->Take(&pes_.context().log); }
  const pe::PeState* FindPe(uint32_t pe) const override { return pes_.Find(pe); }

  EngineTotals Totals() const override {
    EngineTotals totals;
    pes_.AddTo(&totals);
    return totals;
  }

  int64_t IdleSince() const override { return Totals().idle_since; }
  int64_t MaxWindowCycles() const override { return 1; }

 private:
  // What arrives in this cycle comes before anything a PE does in it.
  void Receive(int64_t cycle) {
    while (!deliveries_.empty() && deliveries_.begin()->first.first <= cycle) {
      const auto [key, command] = *deliveries_.begin();
      deliveries_.erase(deliveries_.begin());
      pe::PeState& state = pes_.Get(key.second);
      state.command = command;
      state.command_cycle = key.first;
    }
  }

  PeTable pes_;
  int64_t cycle_ = 0;
  std::map<std::pair<int64_t, uint32_t>, uint32_t> deliveries_;  // by cycle and PE: the command
};

}  // namespace

std::unique_ptr<Engine> MakePlainEngine(const pe::Machine& machine) {
  return std::make_unique<PlainEngine>(machine);
}

}  // namespace csl::fabric::engine
