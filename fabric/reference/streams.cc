// SPDX-License-Identifier: Apache-2.0
// Streams: words between the host and the io side of routers.
#include <algorithm>

#include "fabric/reference/host_io.h"

namespace csl::fabric::reference {

void HostIo::StartStream(int64_t start) {
  const HostCommand& c = head();
  for (uint32_t i = 0; i < machine_->num_pes(); ++i) {
    ColorState& color = machine_->router(i).colors[static_cast<size_t>(c.color)];
    if (!color.has_routes()) {
      color = c.is_in() ? ColorState(kIoBit, kRampBit) : ColorState(kRampBit, kIoBit);
    }
    machine_->ce(i).stream_open_from = kNever;
    parts_[i] = {};
  }
  for (int row = 0; row < c.height; ++row) {
    const int y = c.PeY(row);
    for (int column = 0; column < c.width; ++column) {
      const int x = c.PeX(column);
      Deliver(x, y, Arrival(start, x));
      StreamPart& part = parts_[static_cast<size_t>(y * machine_->width() + x)];
      for (int l = 0; c.is_in() && l < c.elements_per_pe; ++l) {
        const int64_t k = WordsBefore(c, column, row, l, c.column_major);
        part.words.push_back(
            {Arrival(start, x) + Transfer(c, k + 1), c.data[c.WordIndex(x, y, l)]});
      }
    }
    if (c.is_in()) continue;
    // The host cannot have all before the channel could move them.
    const int64_t words = int64_t{BandOf(c, row).rows} * c.width * c.elements_per_pe;
    int64_t& done = states_[head_].done_cycle;
    done = std::max(done, start + Gap(c) + Transfer(c, words));
  }
}

void HostIo::StepPort(int number, int64_t t) {
  Port& port = ports_[static_cast<size_t>(number)];
  if (port.open_from > t) return;
  const HostCommand& c = commands_[port.commands.front()];
  const auto pe = static_cast<uint32_t>(c.y * machine_->width() + c.x);
  if (port.open_from == t) machine_->ce(pe).counters.touched = true;
  Buffer<Wavelet>& ring = machine_->router(pe).rings[static_cast<size_t>(c.color)][kIo];
  std::deque<Word>& words = port.part.words;
  if (words.empty() || words.front().due > t || !ring.HasRoom(t)) return;
  ring.Push({words.front().value, false, false}, t + isa::MachineCostsOf(arch_).hop_cycles);
  words.pop_front();
  last_progress_ = t;
  machine_->shared().NoteUntil(t + 1);
  if (words.empty()) machine_->shared().done.push_back({t, pe, number});
}

void HostIo::Step(int64_t t) {
  for (size_t i = 0; i < ports_.size(); ++i) StepPort(static_cast<int>(i), t);
  if (!in_flight() || head().kind != HostCommand::Kind::kStreamIn) return;
  const auto color = static_cast<size_t>(head().color);
  for (uint32_t i = 0; i < machine_->num_pes(); ++i) {
    StreamPart& part = parts_[i];
    Buffer<Wavelet>& ring = machine_->router(i).rings[color][kIo];
    const int64_t open_from = machine_->ce(i).stream_open_from;
    if (part.words.empty() || part.words.front().due > t || open_from > t || !ring.HasRoom(t)) {
      continue;
    }
    ring.Push({part.words.front().value, false, false}, t + isa::MachineCostsOf(arch_).hop_cycles);
    part.words.pop_front();
    last_progress_ = t;
    machine_->shared().NoteUntil(t + 1);
    if (part.words.empty()) machine_->shared().done.push_back({t, i});
  }
}

HostIo::Port* HostIo::TakingPort(const Ce& ce, int color) {
  for (Port& port : ports_) {
    if (port.open_from == kNever) continue;
    const HostCommand& c = commands_[port.commands.front()];
    if (!c.is_in() && c.color == color && c.x == ce.x && c.y == ce.y) return &port;
  }
  return nullptr;
}

bool HostIo::Takes(const Ce& ce, int color, int64_t t) const {
  if (const Port* port = const_cast<HostIo*>(this)->TakingPort(ce, color)) {
    const HostCommand& c = commands_[port->commands.front()];
    return port->open_from <= t && port->part.next_take <= t &&
           (c.is_endless || port->part.taken < c.elements_per_pe);
  }
  if (!in_flight()) return false;
  const HostCommand& c = head();
  if (c.kind != HostCommand::Kind::kStreamOut || c.color != color) return false;
  const StreamPart& part = parts_[ce.index];
  if (!c.Covers(ce.x, ce.y) || part.taken == c.elements_per_pe) return false;
  return ce.stream_open_from <= t && part.next_take <= t;
}

void HostIo::Take(const Ce& ce, int color, const Wavelet& wavelet, int64_t t) {
  Port* const port = TakingPort(ce, color);
  if (port != nullptr && wavelet.control) return;  // the host takes data
  HostCommand& c = port != nullptr ? commands_[port->commands.front()] : head();
  StreamPart& part = port != nullptr ? port->part : parts_[ce.index];
  last_progress_ = t;
  part.next_take = t + (1000 + Rate(c) - 1) / Rate(c);
  if (c.is_endless) {
    c.taken.push_back(wavelet.payload);
    ++part.taken;
    return;
  }
  c.destination[c.WordIndex(ce.x, ce.y, static_cast<int>(part.taken))] = wavelet.payload;
  if (++part.taken != c.elements_per_pe) return;
  machine_->shared().done.push_back({t, ce.index, c.port});
}

}  // namespace csl::fabric::reference
