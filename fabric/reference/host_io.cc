// SPDX-License-Identifier: Apache-2.0
#include "fabric/reference/host_io.h"

#include <algorithm>

namespace csl::fabric::reference {
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

HostIo::HostIo(const image::Manifest& manifest, Machine* machine, int64_t quiet_bound_cycles)
    : arch_(manifest.arch),
      timing_(TimingOf(manifest.arch)),
      offset_(manifest.offset),
      channels_(std::clamp(manifest.channels, 1, timing_.max_copy_channels)),
      quiet_bound_cycles_(quiet_bound_cycles),
      machine_(machine),
      parts_(machine->num_pes()),
      ports_(manifest.ports.size()) {
  machine->shared().copy_start_cycles = timing_.pe_copy_start_cycles;
  machine->shared().copy_cycles_per_word = timing_.pe_copy_cycles_per_word;
  for (uint32_t i = 0; i < machine->num_pes(); ++i) machine->router(i).host = this;
}

uint32_t HostIo::Enqueue(HostCommand command, int64_t submit_cycle) {
  commands_.push_back(std::move(command));
  states_.emplace_back().submit_cycle = submit_cycle;
  const auto number = static_cast<uint32_t>(commands_.size() - 1);
  const int port = commands_.back().port;
  if (port >= 0) ports_[static_cast<size_t>(port)].commands.push_back(number);
  SkipPorts();
  return number;
}

void HostIo::SkipPorts() {
  while (head_ < commands_.size() && head().port >= 0) ++head_;
}

std::optional<uint32_t> HostIo::OldestNotDone() const {
  for (uint32_t number = 0; number < commands_.size(); ++number) {
    if (states_[number].phase == CommandState::Phase::kDone) continue;
    const int port = commands_[number].port;
    const bool is_held_up = port >= 0 && IsEndless(ports_[static_cast<size_t>(port)].commands[0]);
    if (!is_held_up) return number;
  }
  return std::nullopt;
}

std::optional<uint32_t> HostIo::EndlessBefore(uint32_t number) const {
  const int port = commands_[number].port;
  if (port < 0 || states_[number].phase == CommandState::Phase::kDone) return std::nullopt;
  const uint32_t first = ports_[static_cast<size_t>(port)].commands.front();
  if (!IsEndless(first) || states_[first].phase != CommandState::Phase::kStarted) {
    return std::nullopt;
  }
  return first;
}

int64_t HostIo::LastArrival(int64_t t) const {
  const int setup = std::max(timing_.h2d_setup_cycles, timing_.d2h_setup_cycles);
  const int gap = std::max(timing_.launch_gap_cycles, setup + timing_.copy_gap_cycles);
  return t + gap + Hops(machine_->width());
}

void HostIo::EndPort(uint32_t number, int64_t t) {
  Port& port = ports_[static_cast<size_t>(commands_[number].port)];
  const HostCommand& c = commands_[number];
  CommandState& state = states_[number];
  const int64_t moved = state.start_cycle + Gap(c) + Transfer(c, port.part.taken);
  state.done_cycle = std::max(state.done_cycle, moved);
  words_d2h_ += port.part.taken;
  const int64_t end = std::max(t, state.start_cycle);
  last_progress_ = std::max(last_progress_, end);
  PortDone(&port, end);
}

std::vector<uint32_t> HostIo::InFlight() const {
  std::vector<uint32_t> numbers;
  for (uint32_t number = 0; number < commands_.size(); ++number) {
    if (states_[number].phase == CommandState::Phase::kStarted) numbers.push_back(number);
  }
  return numbers;
}

int64_t HostIo::Hops(int x) const {
  return int64_t{offset_.width + x} * isa::MachineCostsOf(arch_).hop_cycles;
}

int64_t HostIo::Arrival(int64_t start, int x) const { return start + Gap(head()) + Hops(x); }

void HostIo::StartPort(Port* port, int64_t start) {
  const uint32_t number = port->commands.front();
  const HostCommand& c = commands_[number];
  CommandState& state = states_[number];
  state.phase = CommandState::Phase::kStarted;
  state.start_cycle = start;
  state.done_cycle = start;
  state.pes_left = 1;
  port->open_from = start + Gap(c) + Hops(c.x);
  port->part = {};
  if (c.is_in()) {
    words_h2d_ += c.elements_per_pe;
    for (size_t i = 0; i < c.data.size(); ++i) {
      const auto words = static_cast<int64_t>(i) + 1;
      port->part.words.push_back({port->open_from + Transfer(c, words), c.data[i]});
    }
  } else {
    words_d2h_ += c.elements_per_pe;
    // The host cannot have all before the channel could move them.
    state.done_cycle = start + Gap(c) + Transfer(c, c.elements_per_pe);
  }
}

int64_t HostIo::Gap(const HostCommand& c) const {
  if (c.is_launch()) return timing_.launch_gap_cycles;
  int setup = c.is_copy() ? timing_.d2h_setup_cycles : 0;
  if (c.is_in()) setup = timing_.h2d_setup_cycles;
  return setup + timing_.copy_gap_cycles;
}

int64_t HostIo::MinLatency() const {
  const int gap = std::min(timing_.launch_gap_cycles, timing_.copy_gap_cycles);
  return std::max<int64_t>(1, gap + Hops(0));
}

int HostIo::ChannelOf(int y) const {
  return static_cast<int>(int64_t{y} * channels_ / machine_->height());
}

// Words of a channel in 1000 cycles.
int64_t HostIo::Rate(const HostCommand& command) const {
  const int64_t rate =
      command.is_in() ? timing_.h2d_words_per_1000_cycles : timing_.d2h_words_per_1000_cycles;
  return command.column_major ? rate * timing_.column_major_percent / 100 : rate;
}

int64_t HostIo::Transfer(const HostCommand& command, int64_t words) const {
  const int64_t rate = Rate(command);
  return (words * 1000 + rate - 1) / rate;
}

std::optional<uint32_t> HostIo::TryStart(int64_t next_event) {
  if (TryStartMemcpy(next_event)) return head_;
  for (Port& port : ports_) {
    if (port.commands.empty()) continue;
    const uint32_t number = port.commands.front();
    const int64_t start = std::max(port.last_done_cycle, states_[number].submit_cycle);
    if (states_[number].phase != CommandState::Phase::kQueued || next_event < start) continue;
    StartPort(&port, start);
    return number;
  }
  return std::nullopt;
}

bool HostIo::TryStartMemcpy(int64_t next_event) {
  if (head_ == commands_.size() || in_flight()) return false;
  CommandState& state = states_[head_];
  int64_t start = std::max(last_done_cycle_, state.submit_cycle);
  if (!head().is_copy()) {
    if (next_event < start) return false;
  } else if (next_event == kNever) {
    const int64_t quiet = machine_->shared().idle_since;
    start = std::max(start, std::min(quiet, start + quiet_bound_cycles_));
  } else if (next_event > start + quiet_bound_cycles_) {
    start += quiet_bound_cycles_;
  } else {
    return false;
  }
  state.phase = CommandState::Phase::kStarted;
  state.start_cycle = start;
  state.done_cycle = start;
  machine_->shared().command = &head();
  if (!head().is_launch()) {
    state.pes_left = static_cast<uint32_t>(head().width) * static_cast<uint32_t>(head().height);
    (head().is_in() ? words_h2d_ : words_d2h_) += head().host_words();
  }
  if (head().is_launch()) StartLaunch(start);
  if (head().is_copy()) StartCopy(start);
  if (head().is_stream()) StartStream(start);
  return true;
}

void HostIo::Deliver(int x, int y, int64_t cycle) {
  Ce& ce = machine_->ce(static_cast<uint32_t>(y * machine_->width() + x));
  ce.command = head_;
  ce.command_cycle = cycle;
}

void HostIo::StartLaunch(int64_t start) {
  states_[head_].pes_left = machine_->num_pes();
  for (int y = 0; y < machine_->height(); ++y) {
    for (int x = 0; x < machine_->width(); ++x) Deliver(x, y, Arrival(start, x));
  }
}

HostIo::Band HostIo::BandOf(const HostCommand& c, int row) const {
  if (c.broadcast == HostCommand::Broadcast::kColumns) return {1, 0};
  Band band;
  for (int other = 0; other < c.height; ++other) {
    if (ChannelOf(c.PeY(other)) != ChannelOf(c.PeY(row))) continue;
    ++band.rows;
    if (other < row) ++band.before;
  }
  return band;
}

int64_t HostIo::WordsBefore(const HostCommand& c, int column, int row, int l,
                            bool column_major) const {
  const Band band = BandOf(c, row);
  const int64_t columns = c.word_columns();
  const int64_t w = columns == 1 ? 0 : column;
  if (column_major) return band.before + band.rows * (w + columns * l);
  return (band.before * columns + w) * c.elements_per_pe + l;
}

void HostIo::StartCopy(int64_t start) {
  const HostCommand& c = head();
  for (int row = 0; row < c.height; ++row) {
    for (int column = 0; column < c.width; ++column) {
      // Data must have come before a PE can store it, and are read as they leave.
      const int64_t due = WordsBefore(c, column, row, c.is_in() ? c.elements_per_pe : 0, false);
      Deliver(c.PeX(column), c.PeY(row), Arrival(start, c.PeX(column)) + Transfer(c, due));
    }
  }
}

void HostIo::PeDone(uint32_t pe, int64_t cycle) {
  const HostCommand& c = head();
  CommandState& state = states_[head_];
  int64_t seen = cycle;
  const int x = machine_->ce(pe).x;
  if (c.kind == HostCommand::Kind::kCopyOut) seen += Hops(x) + Transfer(c, c.elements_per_pe);
  if (c.kind == HostCommand::Kind::kStreamOut) seen += Hops(x);
  state.done_cycle = std::max(state.done_cycle, seen);
  if (--state.pes_left != 0) return;
  state.phase = CommandState::Phase::kDone;
  last_done_cycle_ = state.done_cycle;
  ++head_;
  ++num_done_;
  SkipPorts();
}

void HostIo::PortDone(Port* port, int64_t cycle) {
  const uint32_t number = port->commands.front();
  const HostCommand& c = commands_[number];
  CommandState& state = states_[number];
  const int64_t seen = c.is_in() ? cycle : cycle + Hops(c.x);
  state.done_cycle = std::max(state.done_cycle, seen);
  state.pes_left = 0;
  state.phase = CommandState::Phase::kDone;
  port->last_done_cycle = state.done_cycle;
  port->open_from = kNever;
  port->commands.pop_front();
  ++num_done_;
}

std::vector<uint32_t> HostIo::TakeDone() {
  std::vector<Shared::Done>& all = machine_->shared().done;
  std::stable_sort(all.begin(), all.end(),
                   [](const Shared::Done& a, const Shared::Done& b) { return a.pe < b.pe; });
  std::vector<uint32_t> numbers;
  for (const Shared::Done& done : all) {
    last_progress_ = std::max(last_progress_, done.cycle);
    const uint32_t before = num_done_;
    Port* port = done.port < 0 ? nullptr : &ports_[static_cast<size_t>(done.port)];
    const uint32_t number = port == nullptr ? head_ : port->commands.front();
    if (port == nullptr) {
      PeDone(done.pe, done.cycle);
    } else {
      PortDone(port, done.cycle);
    }
    if (num_done_ != before) numbers.push_back(number);
  }
  all.clear();
  return numbers;
}

int64_t HostIo::NextArrival(int64_t t) const {
  int64_t next = kNever;
  for (uint32_t i = 0; i < machine_->num_pes(); ++i) {
    const Ce& ce = machine_->ce(i);
    const bool can_be_taken = ce.main.phase == Phase::kIdle && !ce.command_stream_blocked;
    if (ce.command != kNoCommand && (can_be_taken || ce.command_cycle >= t)) {
      next = std::min(next, std::max(t, ce.command_cycle));
    }
    const bool stream = in_flight() && head().kind == HostCommand::Kind::kStreamIn;
    if (!stream || parts_[i].words.empty() || ce.stream_open_from == kNever) continue;
    const auto& rings = machine_->router(i).rings[static_cast<size_t>(head().color)];
    if (!rings[kIo].HasRoom(kAllVisible)) continue;
    next = std::min(next, std::max({t, parts_[i].words.front().due, ce.stream_open_from}));
  }
  for (const Port& port : ports_) {
    if (port.open_from == kNever) continue;
    const HostCommand& c = commands_[port.commands.front()];
    if (port.open_from >= t) next = std::min(next, port.open_from);
    if (port.part.words.empty()) continue;
    const auto pe = static_cast<uint32_t>(c.y * machine_->width() + c.x);
    const auto& rings = machine_->router(pe).rings[static_cast<size_t>(c.color)];
    if (!rings[kIo].HasRoom(kAllVisible)) continue;
    next = std::min(next, std::max({t, port.part.words.front().due, port.open_from}));
  }
  return next;
}

}  // namespace csl::fabric::reference
