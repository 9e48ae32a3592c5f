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
  CommandState state;
  state.submit_cycle = submit_cycle;
  commands_.push_back({std::move(command), state});
  return num_commands() - 1;
}

void IoEngine::Forget(int64_t clock) {
  while (num_forgotten_ < head_ && commands_.front().state.done_cycle <= clock) {
    commands_.pop_front();
    ++num_forgotten_;
  }
}

const CommandState& IoEngine::state(uint32_t number) const {
  static constexpr CommandState kForgotten = {CommandState::Phase::kDone, 0, 0, 0, 0};
  return number < num_forgotten_ ? kForgotten : At(number).state;
}

int64_t IoEngine::HopsTo(int x) const {
  return int64_t{geometry_.offset_x + x} * isa::MachineCostsOf(arch_).hop_cycles;
}

int64_t IoEngine::GapOf(const pe::HostCommand& command) const {
  switch (command.kind) {
    case pe::HostCommand::Kind::kLaunch:
      return timing_.launch_gap_cycles;
    case pe::HostCommand::Kind::kCopyIn:
    case pe::HostCommand::Kind::kStreamIn:
      return timing_.h2d_setup_cycles + timing_.copy_gap_cycles;
    case pe::HostCommand::Kind::kCopyOut:
      return timing_.d2h_setup_cycles + timing_.copy_gap_cycles;
    case pe::HostCommand::Kind::kStreamOut:
      return timing_.copy_gap_cycles;
  }
  return timing_.copy_gap_cycles;
}

int64_t IoEngine::MinLatency() const {
  return std::max<int64_t>(
      1, std::min(timing_.launch_gap_cycles, timing_.copy_gap_cycles) + HopsTo(0));
}

int64_t IoEngine::HeadCycle() const {
  return std::max(last_done_cycle_, At(head_).state.submit_cycle);
}

int IoEngine::num_channels() const {
  return std::clamp(geometry_.channels, 1, timing_.max_copy_channels);
}

int IoEngine::ChannelOf(int y) const {
  return static_cast<int>(int64_t{y} * num_channels() / geometry_.height);
}

IoEngine::Band IoEngine::BandOf(const pe::HostCommand& command, int channel) const {
  // The first row of channel c is the first y with y * channels / height >= c.
  const auto first_row = [&](int c) {
    const int64_t y = (int64_t{c} * geometry_.height + num_channels() - 1) / num_channels();
    const int64_t row = (y - command.y + command.y_step - 1) / command.y_step;
    return y <= command.y ? 0 : static_cast<int>(std::min<int64_t>(row, command.height));
  };
  const int first = first_row(channel);
  return {first, first_row(channel + 1) - first};
}

int64_t IoEngine::Rate(const pe::HostCommand& command) const {
  const int64_t rate =
      command.is_to_host() ? timing_.d2h_words_per_1000_cycles : timing_.h2d_words_per_1000_cycles;
  return command.column_major ? rate * timing_.column_major_percent / 100 : rate;
}

int64_t IoEngine::TransferCycles(const pe::HostCommand& command, int64_t words) const {
  const int64_t rate = Rate(command);
  return (words * 1000 + rate - 1) / rate;
}

int64_t IoEngine::WordsBefore(const pe::HostCommand& command, int pe_x, int pe_y) const {
  const int64_t column = command.word_columns() == 1 ? 0 : (pe_x - command.x) / command.x_step;
  int64_t row = 0;
  if (command.broadcast != pe::HostCommand::Broadcast::kColumns) {
    row = (pe_y - command.y) / command.y_step - BandOf(command, ChannelOf(pe_y)).first;
  }
  return (row * command.word_columns() + column) * command.elements_per_pe;
}

int64_t IoEngine::StreamWordDue(uint32_t number, int pe_x, int pe_y, int j) const {
  const pe::HostCommand& command = At(number).command;
  int64_t word;
  if (command.column_major) {
    const Band band = BandOf(command, ChannelOf(pe_y));
    const bool shared_rows = command.broadcast == pe::HostCommand::Broadcast::kColumns;
    const int64_t rows = shared_rows ? 1 : band.rows;
    const int64_t row = shared_rows ? 0 : (pe_y - command.y) / command.y_step - band.first;
    const int64_t column = command.word_columns() == 1 ? 0 : (pe_x - command.x) / command.x_step;
    word = row + rows * (column + int64_t{command.word_columns()} * j);
  } else {
    word = WordsBefore(command, pe_x, pe_y) + j;
  }
  return At(number).state.start_cycle + GapOf(command) + HopsTo(pe_x) +
         TransferCycles(command, word + 1);
}

int64_t IoEngine::StreamOutGap(uint32_t number) const {
  const int64_t rate = Rate(At(number).command);
  return std::max<int64_t>(1, (1000 + rate - 1) / rate);
}

bool IoEngine::TryIssue(int64_t next_event, int64_t idle_since, const Deliver& deliver) {
  if (all_done() || head().state.phase != CommandState::Phase::kQueued) return false;
  int64_t start = HeadCycle();
  if (head().command.is_copy()) {
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
  CommandState& state = head().state;
  state.phase = CommandState::Phase::kIssued;
  state.start_cycle = start;
  state.done_cycle = start;
  if (head().command.is_launch()) {
    IssueLaunch(start, deliver);
  } else {
    IssueRegion(start, deliver);
  }
  return true;
}

void IoEngine::IssueLaunch(int64_t start, const Deliver& deliver) {
  head().state.pes_left = geometry_.num_pes();
  uint32_t pe = 0;
  for (int y = 0; y < geometry_.height; ++y) {
    for (int x = 0; x < geometry_.width; ++x, ++pe) {
      deliver(pe, start + timing_.launch_gap_cycles + HopsTo(x), head_);
    }
  }
}

void IoEngine::IssueRegion(int64_t start, const Deliver& deliver) {
  const pe::HostCommand& command = head().command;
  const bool in = !command.is_to_host();
  head().state.pes_left = command.num_pes();
  if (command.kind == pe::HostCommand::Kind::kStreamOut) head().state.done_cycle = ChannelsDone();
  for (int row = 0; row < command.height; ++row) {
    const int y = command.PeY(row);
    for (int column = 0; column < command.width; ++column) {
      const int x = command.PeX(column);
      int64_t cycle = start + GapOf(command) + HopsTo(x);
      if (command.is_copy()) {
        // Data must have come before a PE can store it, and are read as they leave.
        const int64_t due = WordsBefore(command, x, y) + (in ? command.elements_per_pe : 0);
        cycle += TransferCycles(command, due);
      }
      deliver(static_cast<uint32_t>(y * geometry_.width + x), cycle, head_);
    }
  }
  (in ? words_h2d_ : words_d2h_) += static_cast<int64_t>(command.host_words());
}

int64_t IoEngine::ChannelsDone() const {
  const Entry& entry = At(head_);
  int rows = 0;
  for (int c = 0; c < num_channels(); ++c) rows = std::max(rows, BandOf(entry.command, c).rows);
  const int64_t words = int64_t{rows} * entry.command.width * entry.command.elements_per_pe;
  return entry.state.start_cycle + GapOf(entry.command) + TransferCycles(entry.command, words);
}

void IoEngine::PeFinished(uint32_t pe, int64_t cycle) {
  CHECK(in_flight()) << "PE " << pe << " finished a command that is not there";
  pe::HostCommand& command = head().command;
  CommandState& state = head().state;
  int64_t seen = cycle;
  if (command.is_to_host()) seen += HopsTo(static_cast<int>(pe) % geometry_.width);
  if (command.kind == pe::HostCommand::Kind::kCopyOut) {
    seen += TransferCycles(command, command.elements_per_pe);
  }
  state.done_cycle = std::max(state.done_cycle, seen);
  if (--state.pes_left != 0) return;
  state.phase = CommandState::Phase::kDone;
  last_done_cycle_ = state.done_cycle;
  command.data = {};  // large, and nobody reads it again
  command.source = {};
  command.destination = {};
  ++head_;
}

}  // namespace csl::fabric::io
