// SPDX-License-Identifier: Apache-2.0
#include "fabric/reference/config_words.h"

#include "fabric/reference/main_thread.h"
#include "fabric/reference/router.h"

namespace csl::fabric::reference {
namespace {

constexpr uint16_t kTaskPriority = 0x7a00;
constexpr uint16_t kExceptionMask = 0x7a40;
constexpr uint16_t kMainThreadPriority = 0x7a41;
constexpr uint16_t kControlTransformMask = 0x7a42;
constexpr uint16_t kTeardownPending = 0x7a44;
constexpr uint16_t kInputQueueStatus = 0x7a46;
constexpr uint16_t kOutputQueueStatus = 0x7a47;
constexpr uint16_t kInputQueueFlush = 0x7a48;
constexpr uint16_t kOutputQueueFlush = 0x7a49;
constexpr uint16_t kTimestamp = 0x7a4a;
constexpr uint16_t kPerfControl = 0x7a4d;
constexpr uint16_t kPerfCounter = 0x7a50;
constexpr uint16_t kMessagePassing = 0x7a58;
constexpr uint16_t kFilterConfig = 0x7a60;
constexpr uint16_t kInputQueueConfig = 0x7b60;
constexpr uint16_t kOutputQueueConfig = 0x7b80;
constexpr uint16_t kNumFilters = 6;

// Where the words of colors begin.
struct ColorAddresses {
  uint16_t color;
  uint16_t switches;
  uint16_t positions;  // 0: none
};
ColorAddresses AddressesOf(isa::Arch arch) {
  return arch == isa::Arch::kWse2 ? ColorAddresses{0x7f20, 0x7f40, 0}
                                  : ColorAddresses{0x7c00, 0x7c20, 0x7c40};
}

bool In(uint16_t address, uint16_t first, uint32_t count) {
  return address >= first && address - first < static_cast<int>(count);
}

bool IsWse3(const Ce& ce) { return ce.shared->arch == isa::Arch::kWse3; }

// The n-th color that has a filter, by number; null if there is none.
ColorState* FilterColor(Ce& ce, int n) {
  for (ColorState& color : ce.router->colors) {
    if (color.filter.exists() && n-- == 0) return &color;
  }
  return nullptr;
}

uint16_t InputStatus(const Ce& ce, int64_t t) {
  int word = 0;
  for (int q = 0; q < kNumQueues; ++q) {
    const Buffer<Wavelet>& words = ce.channels[static_cast<size_t>(q)];
    size_t visible = words.NumVisible(t);
    for (size_t color = 0; color < kNumColors; ++color) {
      if ((ce.program->shared_queues.colors_of[static_cast<size_t>(q)] >> color & 1) == 0) continue;
      visible = std::max(visible, ce.channels[kNumQueues + color].NumVisible(t));
    }
    if (visible == 0) word |= 1 << q;
    if (visible >= words.words()) word |= 0x100 << q;
  }
  return static_cast<uint16_t>(word);
}

uint16_t OutputStatus(const Ce& ce) {
  int word = 0;
  for (int q = 0; q < kNumQueues; ++q) {
    const Buffer<OutputWord>& words = ce.outputs[static_cast<size_t>(q)].words;
    if (words.empty()) word |= 1 << q;
    if (!words.empty() && words.size() == words.words()) word |= 0x100 << q;
  }
  return static_cast<uint16_t>(word);
}

bool ReadColorWords(const Ce& ce, uint16_t address, uint16_t* value) {
  const ColorAddresses at = AddressesOf(ce.shared->arch);
  const auto& colors = ce.router->colors;
  if (In(address, at.color, kNumColors)) {
    *value = colors[address - at.color].ReadColorWord();
    return true;
  }
  if (In(address, at.switches, kNumColors)) {
    *value = colors[address - at.switches].ReadSwitchWord(ce.shared->arch);
    return true;
  }
  if (at.positions != 0 && In(address, at.positions, 96) &&
      (address - at.positions) % 32 < kNumColors) {
    const int offset = address - at.positions;
    *value = colors[static_cast<size_t>(offset % 32)].ReadPositionWord(1 + offset / 32);
    return true;
  }
  return false;
}

bool WriteColorWords(Ce& ce, uint16_t address, uint16_t value) {
  const ColorAddresses at = AddressesOf(ce.shared->arch);
  auto& colors = ce.router->colors;
  if (In(address, at.color, kNumColors)) {
    colors[address - at.color].WriteColorWord(value);
    return true;
  }
  if (In(address, at.switches, kNumColors)) {
    colors[address - at.switches].WriteSwitchWord(ce.shared->arch, value);
    return true;
  }
  if (at.positions != 0 && In(address, at.positions, 96) &&
      (address - at.positions) % 32 < kNumColors) {
    const int offset = address - at.positions;
    colors[static_cast<size_t>(offset % 32)].WritePositionWord(1 + offset / 32, value);
    return true;
  }
  return false;
}

// The color of a queue's word; what is not a color unbinds.
uint8_t ColorOfWord(uint16_t value) {
  const int color = value >> 4 & 31;
  return color < kNumColors ? static_cast<uint8_t>(color) : isa::kNoColor;
}
uint16_t WordOfColor(uint8_t color) {
  return static_cast<uint16_t>((color == isa::kNoColor ? 31 : color) << 4);
}

Fault BindOutput(Ce& ce, size_t q, uint16_t value) {
  OutputQueue& queue = ce.outputs[q];
  const uint8_t color = ColorOfWord(value);
  if (color != queue.color && !queue.words.empty()) {
    return {FaultKind::kQueueNotEmpty, static_cast<uint32_t>(q)};
  }
  queue.color = color;
  return {};
}

// Words of queues; false: the address is none of them.
bool WriteQueueWords(Ce& ce, uint16_t address, uint16_t value, Fault* fault) {
  if (In(address, kInputQueueConfig, kNumQueues)) {
    InputQueue& queue = ce.inputs[address - kInputQueueConfig];
    queue.color = ColorOfWord(value);
    queue.filter_enable = (value & 1) != 0;
    return true;
  }
  if (!IsWse3(ce)) return false;
  if (In(address, kOutputQueueConfig, kNumQueues)) {
    *fault = BindOutput(ce, address - kOutputQueueConfig, value);
    return true;
  }
  if (address == kInputQueueFlush || address == kOutputQueueFlush) {
    uint8_t& bits = address == kInputQueueFlush ? ce.flushed_inputs : ce.flushed_outputs;
    bits &= static_cast<uint8_t>(~value);
    return true;
  }
  return false;
}

bool ReadQueueWords(const Ce& ce, uint16_t address, int64_t t, uint16_t* value) {
  if (In(address, kInputQueueConfig, kNumQueues)) {
    const InputQueue& queue = ce.inputs[address - kInputQueueConfig];
    *value = static_cast<uint16_t>(WordOfColor(queue.color) | queue.filter_enable);
    return true;
  }
  if (address == kInputQueueStatus) {
    *value = InputStatus(ce, t);
    return true;
  }
  if (address == kOutputQueueStatus) {
    *value = OutputStatus(ce);
    return true;
  }
  if (!IsWse3(ce)) return false;
  if (In(address, kOutputQueueConfig, kNumQueues)) {
    *value = WordOfColor(ce.outputs[address - kOutputQueueConfig].color);
    return true;
  }
  if (address == kInputQueueFlush || address == kOutputQueueFlush) {
    *value = address == kInputQueueFlush ? ce.flushed_inputs : ce.flushed_outputs;
    return true;
  }
  return false;
}

}  // namespace

bool IsNamedWord(isa::Arch arch, uint32_t address) {
  struct Range {
    uint16_t first;
    uint16_t count;
    bool wse3_only;
  };
  static constexpr Range kRanges[] = {
      {kTaskPriority, kNumTaskIds, false},
      {kExceptionMask, 1, false},
      {kMainThreadPriority, 1, false},
      {kControlTransformMask, 1, false},
      {kTeardownPending, 2, false},
      {kInputQueueStatus, 1, false},
      {kOutputQueueStatus, 1, false},
      {kInputQueueFlush, 1, true},
      {kOutputQueueFlush, 1, true},
      {kTimestamp, 3, false},
      {kPerfControl, 1, false},
      {kPerfCounter, 6, false},
      {kMessagePassing, 1, true},
      {kInputQueueConfig, kNumQueues, false},
      {kOutputQueueConfig, kNumQueues, true},
  };
  const bool wse3 = arch == isa::Arch::kWse3;
  const auto word = static_cast<uint16_t>(address);
  for (const Range& range : kRanges) {
    if ((wse3 || !range.wse3_only) && In(word, range.first, range.count)) return true;
  }
  if (In(word, kFilterConfig, 16 * kNumFilters)) {
    return (word - kFilterConfig) % 16 < (wse3 ? 10 : 3);
  }
  const ColorAddresses at = AddressesOf(arch);
  if (In(word, at.color, kNumColors) || In(word, at.switches, kNumColors)) return true;
  return wse3 && In(word, at.positions, 96) && (word - at.positions) % 32 < kNumColors;
}

uint16_t ReadConfigWord(Ce& ce, uint16_t address, int64_t t) {
  uint16_t value = 0;
  if (ReadColorWords(ce, address, &value) || ReadQueueWords(ce, address, t, &value)) return value;
  if (In(address, kTaskPriority, kNumTaskIds)) {
    return ce.high_priority >> (address - kTaskPriority) & 1;
  }
  if (In(address, kTeardownPending, 2)) {
    const int shift = 16 * (address - kTeardownPending);
    value = static_cast<uint16_t>(ce.teardown_pending >> shift);
    ce.teardown_pending &= ~(0xffffu << shift);
    return value;
  }
  if (In(address, kTimestamp, 3)) {
    return static_cast<uint16_t>(ReadClock(ce, t) >> (16 * (address - kTimestamp)));
  }
  if (address == kPerfControl) return ce.clock_enabled ? 1 : 0;
  if (In(address, kPerfCounter, 6)) {
    const int word = address - kPerfCounter;
    return static_cast<uint16_t>(ReadCounter(ce, static_cast<size_t>(word / 3)) >>
                                 (16 * (word % 3)));
  }
  if (address == kControlTransformMask) return ce.control_transform_mask;
  if (In(address, kFilterConfig, 16 * kNumFilters)) {
    const int offset = address - kFilterConfig;
    const ColorState* color = FilterColor(ce, offset / 16);
    if (color != nullptr && offset % 16 < (IsWse3(ce) ? 10 : 3)) {
      return color->filter.ReadWord(offset % 16);
    }
  }
  const auto other = ce.other_words.find(address);
  if (other != ce.other_words.end()) return other->second;
  return address == kExceptionMask ? 0xffff : 0;
}

Fault WriteConfigWord(Ce& ce, uint16_t address, uint16_t value, int64_t t) {
  Fault fault;
  if (WriteColorWords(ce, address, value) || WriteQueueWords(ce, address, value, &fault)) {
    return fault;
  }
  if (In(address, kTaskPriority, kNumTaskIds)) {
    const uint64_t bit = uint64_t{1} << (address - kTaskPriority);
    ce.high_priority = (value & 1) != 0 ? ce.high_priority | bit : ce.high_priority & ~bit;
    return {};
  }
  // What only the machine changes.
  if (In(address, kTeardownPending, 4) || In(address, kTimestamp, 3) ||
      In(address, kPerfCounter, 6)) {
    return {};
  }
  if (address == kPerfControl) {
    EnableCounters(ce, (value & 1) != 0, t);
    return {};
  }
  if (address == kControlTransformMask) {
    ce.control_transform_mask = value & 63;
    return {};
  }
  if (In(address, kFilterConfig, 16 * kNumFilters)) {
    const int offset = address - kFilterConfig;
    ColorState* color = FilterColor(ce, offset / 16);
    if (color != nullptr && offset % 16 < (IsWse3(ce) ? 10 : 3)) {
      color->filter.WriteWord(offset % 16, value);
      return {};
    }
  }
  if (IsWse3(ce) && address == kMessagePassing) {
    ce.router->messages.enabled = (value & 1) != 0;
    const int channel = ce.ChannelOfColor(18);
    ce.router->messages.hides_headers =
        channel == kNoChannel || !ce.program->IsBound(image::TaskKind::kData, channel);
  }
  if (address == kExceptionMask && image::UnmasksExceptions(value)) {
    return {FaultKind::kUnmaskedException, value};
  }
  // The main thread's priority has no effect in this model.
  ce.other_words[address] = value;
  return {};
}

}  // namespace csl::fabric::reference
