// SPDX-License-Identifier: Apache-2.0
#include "fabric/io/io_engine.h"

#include <algorithm>

#include "base/check.h"

namespace csl::fabric::io {
namespace {

constexpr IoTiming kTiming[] = {
    {
#define IO_FIGURE(name, wse2, wse3, tag, text) wse2,
#include "fabric/io/io_timing.def"
#undef IO_FIGURE
    },
    {
#define IO_FIGURE(name, wse2, wse3, tag, text) wse3,
#include "fabric/io/io_timing.def"
#undef IO_FIGURE
    },
};

}  // namespace

const IoTiming& TimingOf(isa::Arch arch) { return kTiming[static_cast<int>(arch)]; }

IoEngine::IoEngine(isa::Arch arch, const Geometry& geometry, int64_t quiet_bound_cycles)
    : arch_(arch),
      geometry_(geometry),
      timing_(TimingOf(arch)),
      quiet_bound_cycles_(quiet_bound_cycles) {}

uint32_t IoEngine::Enqueue(pe::HostCommand command, int64_t submit_cycle) {
  commands_.push_back(std::move(command));
  CommandState state;
  state.submit_cycle = submit_cycle;
  states_.push_back(state);
  return static_cast<uint32_t>(commands_.size() - 1);
}

int64_t IoEngine::HopsTo(int x) const {
  return int64_t{geometry_.offset_x + x} * isa::MachineCostsOf(arch_).hop_cycles;
}

int64_t IoEngine::MinLatency() const {
  return std::max<int64_t>(1, timing_.command_gap_cycles + HopsTo(0));
}

int64_t IoEngine::HeadCycle() const {
  return std::max(last_done_cycle_, states_[head_].submit_cycle);
}

int IoEngine::ChannelOf(int y) const {
  const int channels = std::clamp(geometry_.channels, 1, timing_.max_copy_channels);
  return static_cast<int>(int64_t{y} * channels / geometry_.height);
}

int64_t IoEngine::TransferCycles(const pe::HostCommand& command, int64_t words) const {
  int64_t rate = command.kind == pe::HostCommand::Kind::kCopyIn ? timing_.h2d_words_per_1000_cycles
                                                                : timing_.d2h_words_per_1000_cycles;
  if (command.column_major) rate = rate * timing_.column_major_percent / 100;
  return (words * 1000 + rate - 1) / rate;
}

bool IoEngine::TryIssue(int64_t next_event, int64_t idle_since, const Deliver& deliver) {
  if (all_done() || states_[head_].phase != CommandState::Phase::kQueued) return false;
  int64_t start = HeadCycle();
  if (commands_[head_].is_copy()) {
    if (next_event == kNever) {
      start = std::max(start, std::min(idle_since, start + quiet_bound_cycles_));
    } else if (next_event > start + quiet_bound_cycles_) {
      start += quiet_bound_cycles_;
    } else {
      return false;
    }
  } else if (next_event < start) {
    return false;
  }
  CommandState& state = states_[head_];
  state.phase = CommandState::Phase::kIssued;
  state.start_cycle = start;
  state.done_cycle = start;
  if (commands_[head_].is_copy()) {
    IssueCopy(start, deliver);
  } else {
    IssueLaunch(start, deliver);
  }
  return true;
}

void IoEngine::IssueLaunch(int64_t start, const Deliver& deliver) {
  states_[head_].pes_left = geometry_.num_pes();
  uint32_t pe = 0;
  for (int y = 0; y < geometry_.height; ++y) {
    for (int x = 0; x < geometry_.width; ++x, ++pe) {
      deliver(pe, start + timing_.command_gap_cycles + HopsTo(x), head_);
    }
  }
}

void IoEngine::IssueCopy(int64_t start, const Deliver& deliver) {
  const pe::HostCommand& command = commands_[head_];
  const bool in = command.kind == pe::HostCommand::Kind::kCopyIn;
  states_[head_].pes_left =
      static_cast<uint32_t>(command.width) * static_cast<uint32_t>(command.height);
  std::vector<int64_t> words(static_cast<size_t>(timing_.max_copy_channels) + 1, 0);
  for (int y = command.y; y < command.y + command.height; ++y) {
    int64_t& before = words[static_cast<size_t>(ChannelOf(y))];
    for (int x = command.x; x < command.x + command.width; ++x) {
      // Data must have come before a PE can store it, and are read as they leave.
      const int64_t due = before + (in ? command.elements_per_pe : 0);
      const int64_t cycle =
          start + timing_.command_gap_cycles + HopsTo(x) + TransferCycles(command, due);
      before += command.elements_per_pe;
      deliver(static_cast<uint32_t>(y * geometry_.width + x), cycle, head_);
    }
  }
  (in ? words_h2d_ : words_d2h_) +=
      int64_t{command.width} * command.height * command.elements_per_pe;
}

void IoEngine::PeFinished(uint32_t pe, int64_t cycle) {
  CHECK(in_flight()) << "PE " << pe << " finished a command that is not there";
  const pe::HostCommand& command = commands_[head_];
  CommandState& state = states_[head_];
  int64_t seen = cycle;
  if (command.kind == pe::HostCommand::Kind::kCopyOut) {
    seen += HopsTo(static_cast<int>(pe) % geometry_.width) +
            TransferCycles(command, command.elements_per_pe);
  }
  state.done_cycle = std::max(state.done_cycle, seen);
  if (--state.pes_left != 0) return;
  state.phase = CommandState::Phase::kDone;
  last_done_cycle_ = state.done_cycle;
  commands_[head_].data = {};  // large, and nobody reads it again
  commands_[head_].destination = {};
  ++head_;
}

}  // namespace csl::fabric::io
