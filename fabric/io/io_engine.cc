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
  const uint32_t number = num_commands() - 1;
  LaneOf(At(number).command).commands.push_back(number);
  return number;
}

IoEngine::Lane& IoEngine::LaneOf(const pe::HostCommand& command) {
  const size_t lane = LaneIndex(command);
  if (lanes_.size() <= lane) lanes_.resize(lane + 1);
  return lanes_[lane];
}

std::optional<uint32_t> IoEngine::OldestNotDone() const {
  std::optional<uint32_t> oldest;
  for (const Lane& lane : lanes_) {
    if (lane.commands.empty() || At(lane.commands.front()).command.is_endless()) continue;
    oldest = std::min(oldest.value_or(num_commands()), lane.commands.front());
  }
  return oldest;
}

uint32_t IoEngine::FrontOfLane(uint32_t number) const {
  return lanes_[LaneIndex(At(number).command)].commands.front();
}

std::vector<uint32_t> IoEngine::InFlight() const {
  std::vector<uint32_t> numbers;
  for (const Lane& lane : lanes_) {
    const bool is_issued = !lane.commands.empty() &&
                           At(lane.commands.front()).state.phase == CommandState::Phase::kIssued;
    if (is_issued) numbers.push_back(lane.commands.front());
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::optional<uint32_t> IoEngine::MemcpyInFlight() const {
  const std::deque<uint32_t>& commands = lanes_[0].commands;
  if (commands.empty() || At(commands.front()).state.phase != CommandState::Phase::kIssued) {
    return std::nullopt;
  }
  return commands.front();
}

std::optional<uint32_t> IoEngine::Behind(uint32_t number) const {
  for (const Lane& lane : lanes_) {
    if (lane.commands.size() > 1 && lane.commands.front() == number) return lane.commands[1];
  }
  return std::nullopt;
}

void IoEngine::Forget(int64_t clock) {
  const auto is_done = [clock](const CommandState& state) {
    return state.phase == CommandState::Phase::kDone && state.done_cycle <= clock;
  };
  while (!commands_.empty() && is_done(commands_.front().state)) {
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

int64_t IoEngine::MaxLatency() const {
  const int setup = std::max(timing_.h2d_setup_cycles, timing_.d2h_setup_cycles);
  return std::max(timing_.launch_gap_cycles, setup + timing_.copy_gap_cycles) +
         HopsTo(geometry_.width);
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

std::optional<int64_t> IoEngine::StartOf(const Lane& lane, int64_t next_event,
                                         int64_t idle_since) const {
  const Entry& entry = At(lane.commands.front());
  const int64_t start = std::max(lane.last_done_cycle, entry.state.submit_cycle);
  if (!entry.command.is_copy()) {
    return next_event < start ? std::nullopt : std::optional(start);
  }
  if (next_event == kNever) {
    return std::max(start, std::min(idle_since, start + quiet_bound_cycles_));
  }
  if (next_event > start + quiet_bound_cycles_) return start + quiet_bound_cycles_;
  return std::nullopt;
}

std::optional<uint32_t> IoEngine::TryIssue(int64_t next_event, int64_t idle_since,
                                           const Deliver& deliver) {
  for (const Lane& lane : lanes_) {
    if (lane.commands.empty()) continue;
    const uint32_t number = lane.commands.front();
    CommandState& state = At(number).state;
    if (state.phase != CommandState::Phase::kQueued) continue;
    const std::optional<int64_t> start = StartOf(lane, next_event, idle_since);
    if (!start) continue;
    state.phase = CommandState::Phase::kIssued;
    state.start_cycle = *start;
    state.done_cycle = *start;
    if (At(number).command.is_launch()) {
      IssueLaunch(number, deliver);
    } else {
      IssueRegion(number, deliver);
    }
    return number;
  }
  return std::nullopt;
}

void IoEngine::IssueLaunch(uint32_t number, const Deliver& deliver) {
  CommandState& state = At(number).state;
  state.pes_left = geometry_.num_pes();
  uint32_t pe = 0;
  for (int y = 0; y < geometry_.height; ++y) {
    for (int x = 0; x < geometry_.width; ++x, ++pe) {
      deliver(pe, state.start_cycle + timing_.launch_gap_cycles + HopsTo(x), number);
    }
  }
}

void IoEngine::IssueRegion(uint32_t number, const Deliver& deliver) {
  const pe::HostCommand& command = At(number).command;
  CommandState& state = At(number).state;
  const bool in = !command.is_to_host();
  state.pes_left = command.num_pes();
  if (command.kind == pe::HostCommand::Kind::kStreamOut) state.done_cycle = ChannelsDone(number);
  for (int row = 0; row < command.height; ++row) {
    const int y = command.PeY(row);
    for (int column = 0; column < command.width; ++column) {
      const int x = command.PeX(column);
      int64_t cycle = state.start_cycle + GapOf(command) + HopsTo(x);
      if (command.is_copy()) {
        // Data must have come before a PE can store it, and are read as they leave.
        const int64_t due = WordsBefore(command, x, y) + (in ? command.elements_per_pe : 0);
        cycle += TransferCycles(command, due);
      }
      deliver(static_cast<uint32_t>(y * geometry_.width + x), cycle, number);
    }
  }
  (in ? words_h2d_ : words_d2h_) += static_cast<int64_t>(command.host_words());
}

int64_t IoEngine::ChannelsDone(uint32_t number) const {
  const Entry& entry = At(number);
  int rows = 0;
  for (int c = 0; c < num_channels(); ++c) rows = std::max(rows, BandOf(entry.command, c).rows);
  const int64_t words = int64_t{rows} * entry.command.width * entry.command.elements_per_pe;
  return entry.state.start_cycle + GapOf(entry.command) + TransferCycles(entry.command, words);
}

void IoEngine::EndStream(uint32_t number, int64_t cycle, int64_t words) {
  pe::HostCommand& command = At(number).command;
  CommandState& state = At(number).state;
  state.done_cycle = std::max(state.done_cycle,
                              state.start_cycle + GapOf(command) + TransferCycles(command, words));
  words_d2h_ += words;
  const int pe = command.y * geometry_.width + command.x;
  PeFinished(number, static_cast<uint32_t>(pe), std::max(cycle, state.start_cycle));
}

bool IoEngine::PeFinished(uint32_t number, uint32_t pe, int64_t cycle) {
  pe::HostCommand& command = At(number).command;
  CommandState& state = At(number).state;
  CHECK(state.phase == CommandState::Phase::kIssued)
      << "PE " << pe << " finished a command that is not under way";
  last_part_cycle_ = std::max(last_part_cycle_, cycle);
  int64_t seen = cycle;
  if (command.is_to_host()) seen += HopsTo(static_cast<int>(pe) % geometry_.width);
  if (command.kind == pe::HostCommand::Kind::kCopyOut) {
    seen += TransferCycles(command, command.elements_per_pe);
  }
  state.done_cycle = std::max(state.done_cycle, seen);
  if (--state.pes_left != 0) return false;
  state.phase = CommandState::Phase::kDone;
  Lane& lane = LaneOf(command);
  lane.commands.pop_front();
  lane.last_done_cycle = state.done_cycle;
  command.data = {};  // large, and nobody reads it again
  command.source = {};
  command.destination = {};
  command.taken = nullptr;
  ++num_done_;
  return true;
}

}  // namespace csl::fabric::io
