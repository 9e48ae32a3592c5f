// SPDX-License-Identifier: Apache-2.0
// Streams: words between the host and the io side of routers.
#include <algorithm>

#include "fabric/reference/host_io.h"

namespace csl::fabric::reference {

void HostIo::StartStream(int64_t start) {
  const HostCommand& c = head();
  CommandState& state = states_[head_];
  state.pes_left = static_cast<uint32_t>(c.width) * static_cast<uint32_t>(c.height);
  const bool in = c.is_in();
  for (uint32_t i = 0; i < machine_->num_pes(); ++i) {
    ColorState& color = machine_->router(i).colors[static_cast<size_t>(c.color)];
    if (!color.has_routes()) {
      color = in ? ColorState(kIoBit, kRampBit) : ColorState(kRampBit, kIoBit);
    }
    machine_->ce(i).stream_open_from = kNever;
    parts_[i] = {};
  }
  std::vector<int64_t> words(static_cast<size_t>(channels_), 0);
  for (int y = c.y; y < c.y + c.height; ++y) {
    words[static_cast<size_t>(ChannelOf(y))] += int64_t{c.width} * c.elements_per_pe;
    for (int x = c.x; x < c.x + c.width; ++x) Deliver(x, y, Arrival(start, x));
  }
  (in ? words_h2d_ : words_d2h_) += int64_t{c.width} * c.height * c.elements_per_pe;
  if (in) {
    ScheduleWords(start);
    return;
  }
  // The host cannot have all before the channels could move them.
  for (const int64_t count : words) {
    if (count == 0) continue;
    state.done_cycle =
        std::max(state.done_cycle, start + timing_.command_gap_cycles + Transfer(c, count));
  }
}

// When each word is due at its PE: in the order of its channel.
void HostIo::ScheduleWords(int64_t start) {
  const HostCommand& c = head();
  std::vector<int64_t> sent(static_cast<size_t>(channels_), 0);
  const auto schedule = [&](int x, int y, int l) {
    const int64_t k = sent[static_cast<size_t>(ChannelOf(y))]++;
    uint32_t value = c.data[c.WordIndex(x, y, l)];
    if (c.element_bytes == 2) value &= 0xffff;
    parts_[static_cast<size_t>(y * machine_->width() + x)].words.push_back(
        {Arrival(start, x) + Transfer(c, k + 1), value});
  };
  if (c.column_major) {
    for (int l = 0; l < c.elements_per_pe; ++l) {
      for (int x = c.x; x < c.x + c.width; ++x) {
        for (int y = c.y; y < c.y + c.height; ++y) schedule(x, y, l);
      }
    }
    return;
  }
  for (int y = c.y; y < c.y + c.height; ++y) {
    for (int x = c.x; x < c.x + c.width; ++x) {
      for (int l = 0; l < c.elements_per_pe; ++l) schedule(x, y, l);
    }
  }
}

void HostIo::Step(int64_t t) {
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
    machine_->shared().NoteUntil(t + 1);
    if (part.words.empty()) machine_->shared().done.push_back({t, i});
  }
}

bool HostIo::Takes(const Ce& ce, int color, int64_t t) const {
  if (!in_flight()) return false;
  const HostCommand& c = head();
  if (c.kind != HostCommand::Kind::kStreamOut || c.color != color) return false;
  const StreamPart& part = parts_[ce.index];
  if (!c.Covers(ce.x, ce.y) || part.taken == c.elements_per_pe) return false;
  return ce.stream_open_from <= t && part.next_take <= t;
}

void HostIo::Take(const Ce& ce, int color, const Wavelet& wavelet, int64_t t) {
  (void)color;
  const HostCommand& c = head();
  StreamPart& part = parts_[ce.index];
  const uint32_t value = c.element_bytes == 2 ? wavelet.payload & 0xffff : wavelet.payload;
  c.destination[c.WordIndex(ce.x, ce.y, part.taken)] = value;
  part.next_take = t + (1000 + Rate(c) - 1) / Rate(c);
  if (++part.taken == c.elements_per_pe) machine_->shared().done.push_back({t, ce.index});
}

}  // namespace csl::fabric::reference
