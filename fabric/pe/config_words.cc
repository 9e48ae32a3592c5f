// SPDX-License-Identifier: Apache-2.0
#include "fabric/pe/config_words.h"

#include <algorithm>

#include "fabric/pe/channels.h"
#include "fabric/pe/color_words.h"
#include "fabric/pe/filter_words.h"
#include "fabric/pe/ops/load_store.h"
#include "fabric/pe/program.h"
#include "fabric/pe/system.h"

namespace csl::fabric::pe {
namespace {

using image::ColorConfig;
using isa::Arch;

// Addresses; docs/formats/configuration_words.md.
constexpr uint16_t kTaskPriority = 0x7a00;
constexpr uint16_t kExceptionMask = 0x7a40;
constexpr uint16_t kMainThreadPriority = 0x7a41;
constexpr uint16_t kControlTransformMask = 0x7a42;
constexpr uint16_t kTeardownPending = 0x7a44;
constexpr uint16_t kInputQueueStatus = 0x7a46;
constexpr uint16_t kOutputQueueStatus = 0x7a47;
constexpr uint16_t kInputQueueFlush = 0x7a48;
constexpr uint16_t kOutputQueueFlush = 0x7a49;
constexpr uint16_t kTimestampCounter = 0x7a4a;
constexpr uint16_t kPerfCounterControl = 0x7a4d;
constexpr uint16_t kPerfCounter = 0x7a50;
constexpr uint16_t kMessagePassing = 0x7a58;
constexpr uint16_t kFilterConfig = 0x7a60;
constexpr uint16_t kInputQueueConfig = 0x7b60;
constexpr uint16_t kOutputQueueConfig = 0x7b80;
constexpr int kNumColors = 24;

struct ColorAddresses {
  uint16_t color;
  uint16_t switches;
  uint16_t positions;  // 0: none
};
ColorAddresses AddressesOf(Arch arch) {
  return arch == Arch::kWse2 ? ColorAddresses{0x7f20, 0x7f40, 0}
                             : ColorAddresses{0x7c00, 0x7c20, 0x7c40};
}

bool IsIn(uint16_t address, uint16_t first, int count) {
  return address >= first && address < first + count;
}

// The color whose filter has the word at an address, -1: no filter has.
int FilterAt(const PeState& pe, const RunContext& context, uint16_t address) {
  if (!IsIn(address, kFilterConfig, 16 * isa::LimitsOf(pe.program->arch).num_filters)) return -1;
  const int words = pe.program->arch == Arch::kWse3 ? 10 : 3;
  if ((address - kFilterConfig) % 16 >= words) return -1;
  int number = (address - kFilterConfig) / 16;
  for (int color = 0; color < kNumColors; ++color) {
    if (context.router->GetColor(pe.local, color).filter.kind == image::FilterKind::kNone) continue;
    if (number-- == 0) return color;
  }
  return -1;
}

// Whether the channel is the queue's, or that of a color that the queue is bound to at times.
bool TakesThrough(const PeState& pe, const Channel& channel, int queue) {
  if (channel.number == queue) return true;
  const uint32_t colors = pe.program->shared_queues.colors_of[static_cast<size_t>(queue)];
  return channel.number >= kFirstImplicitChannel && (colors >> channel.color & 1) != 0;
}

uint16_t QueueStatus(const PeState& pe, bool inputs) {
  const size_t arch = static_cast<size_t>(pe.program->arch);
  uint16_t word = 0;
  for (int queue = 0; queue < isa::kMaxQueues; ++queue) {
    int size = 0;
    int depth = 0;
    if (inputs) {
      for (const Channel& channel : pe.channels) {
        if (TakesThrough(pe, channel, queue)) size = std::max(size, channel.words.size());
      }
      depth = isa::kInputQueueWords[arch][static_cast<size_t>(queue)];
    } else if (static_cast<size_t>(queue) < pe.outputs.size()) {
      size = pe.outputs[static_cast<size_t>(queue)].words.size();
      depth = pe.outputs[static_cast<size_t>(queue)].depth;
    }
    if (size == 0) word |= static_cast<uint16_t>(1u << queue);
    if (size >= depth && depth > 0) word |= static_cast<uint16_t>(256u << queue);
  }
  return word;
}

uint16_t CounterWord(int64_t value, int word) {
  return static_cast<uint16_t>(value >> (16 * word));
}

// Words of color `color`; false: `address` is another word.
bool ReadColor(PeState& pe, RunContext& context, uint16_t address, uint16_t* value) {
  const ColorAddresses at = AddressesOf(pe.program->arch);
  const auto config = [&](uint16_t first) {
    return context.router->GetColor(pe.local, (address - first) & 31);
  };
  if (IsIn(address, at.color, kNumColors)) {
    *value = ColorWord(config(at.color));
  } else if (IsIn(address, at.switches, kNumColors)) {
    *value = SwitchWord(pe.program->arch, config(at.switches));
  } else if (at.positions != 0 && IsIn(address, at.positions, 96) &&
             ((address - at.positions) & 31) < kNumColors) {
    *value = PositionWord((address - at.positions) / 32 + 1, config(at.positions));
  } else {
    return false;
  }
  return true;
}

bool WriteColor(PeState& pe, RunContext& context, uint16_t address, uint16_t value) {
  const ColorAddresses at = AddressesOf(pe.program->arch);
  const auto change = [&](uint16_t first, auto set) {
    const int color = (address - first) & 31;
    ColorConfig config = context.router->GetColor(pe.local, color);
    set(&config);
    context.router->SetColor(pe.local, color, config);
  };
  if (IsIn(address, at.color, kNumColors)) {
    change(at.color, [&](ColorConfig* c) { SetColorWord(value, c); });
  } else if (IsIn(address, at.switches, kNumColors)) {
    change(at.switches, [&](ColorConfig* c) { SetSwitchWord(pe.program->arch, value, c); });
  } else if (at.positions != 0 && IsIn(address, at.positions, 96) &&
             ((address - at.positions) & 31) < kNumColors) {
    const int position = (address - at.positions) / 32 + 1;
    change(at.positions, [&](ColorConfig* c) { SetPositionWord(position, value, c); });
  } else {
    return false;
  }
  return true;
}

// 31: no color.
uint16_t WordOfColor(uint8_t color) {
  return static_cast<uint16_t>((color >= kNumColors ? 31 : color) << 4);
}

uint16_t ReadQueueConfig(const PeState& pe, uint16_t address) {
  if (IsIn(address, kInputQueueConfig, 8)) {
    const Channel* channel = pe.FindChannel(address - kInputQueueConfig);
    if (channel == nullptr) return WordOfColor(isa::kNoColor);
    return static_cast<uint16_t>(WordOfColor(channel->color) | channel->filter_enable);
  }
  const OutputQueue& queue = pe.outputs[static_cast<size_t>(address - kOutputQueueConfig)];
  return WordOfColor(queue.color);
}

Fault WriteQueueConfig(PeState& pe, RunContext& context, uint16_t address, uint16_t value) {
  const int number = value >> 4 & 31;
  const int color = number < kNumColors ? number : int{isa::kNoColor};
  if (IsIn(address, kInputQueueConfig, 8)) {
    BindInputQueue(pe, context, address - kInputQueueConfig, color, (value & 1) != 0);
    return {};
  }
  OutputQueue& queue = pe.outputs[static_cast<size_t>(address - kOutputQueueConfig)];
  if (queue.color != color && !queue.words.empty()) {
    return {FaultKind::kQueueNotEmpty, queue.number};
  }
  queue.color = static_cast<uint8_t>(color);
  return {};
}

bool IsQueueConfig(const PeState& pe, uint16_t address) {
  return IsIn(address, kInputQueueConfig, 8) ||
         (pe.program->arch == Arch::kWse3 && IsIn(address, kOutputQueueConfig, 8));
}

// Words of the CE whose meaning is in RareState; null: another word.
uint16_t* PlainWord(RareState& rare, uint16_t address) {
  switch (address) {
    case kExceptionMask:
      return &rare.exception_mask;
    case kMainThreadPriority:
      return &rare.main_priority;
    case kControlTransformMask:
      return &rare.control_transform_mask;
    default:
      return nullptr;
  }
}

bool ReadState(PeState& pe, uint16_t address, int64_t time, uint16_t* value) {
  if (IsIn(address, kTaskPriority, kNumTaskIds)) {
    *value = pe.tasks.high_priority >> (address - kTaskPriority) & 1;
  } else if (IsIn(address, kTeardownPending, 2)) {
    const int shift = 16 * (address - kTeardownPending);
    *value = static_cast<uint16_t>(pe.teardown_pending >> shift);
    pe.teardown_pending &= ~(0xffffu << shift);
  } else if (address == kInputQueueStatus || address == kOutputQueueStatus) {
    *value = QueueStatus(pe, address == kInputQueueStatus);
  } else if (pe.program->arch == Arch::kWse3 &&
             (address == kInputQueueFlush || address == kOutputQueueFlush)) {
    const RareState& rare = pe.Rare();
    *value = address == kInputQueueFlush ? rare.inputs_flushed : rare.outputs_flushed;
  } else if (IsIn(address, kTimestampCounter, 3)) {
    *value = CounterWord(pe.tsc.Read(time), address - kTimestampCounter);
  } else if (address == kPerfCounterControl) {
    *value = pe.tsc.enabled ? 1 : 0;
  } else if (IsIn(address, kPerfCounter, 6)) {
    const int word = address - kPerfCounter;
    *value = CounterWord(ReadPerformanceCounter(pe, word / 3), word % 3);
  } else {
    return false;
  }
  return true;
}

bool WriteState(PeState& pe, uint16_t address, uint16_t value, int64_t time) {
  const bool wse3 = pe.program->arch == Arch::kWse3;
  if (IsIn(address, kTaskPriority, kNumTaskIds)) {
    const uint64_t bit = uint64_t{1} << (address - kTaskPriority);
    pe.tasks.high_priority =
        (value & 1) != 0 ? pe.tasks.high_priority | bit : pe.tasks.high_priority & ~bit;
  } else if (wse3 && address == kInputQueueFlush) {
    pe.Rare().inputs_flushed &= static_cast<uint8_t>(~value);
  } else if (wse3 && address == kOutputQueueFlush) {
    pe.Rare().outputs_flushed &= static_cast<uint8_t>(~value);
  } else if (address == kPerfCounterControl) {
    EnableCounters(pe, (value & 1) != 0, time);
  } else if (IsIn(address, kTeardownPending, 4) || IsIn(address, kTimestampCounter, 3) ||
             IsIn(address, kPerfCounter, 6)) {
    // Only the machine changes these.
  } else {
    return false;
  }
  return true;
}

// Whether the word has a meaning, so that loads and stores reach it.
bool IsPlacedWord(Arch arch, uint16_t address) {
  const bool wse3 = arch == Arch::kWse3;
  const ColorAddresses at = AddressesOf(arch);
  if (IsIn(address, at.color, kNumColors) || IsIn(address, at.switches, kNumColors)) return true;
  if (wse3 && IsIn(address, at.positions, 96)) return ((address - at.positions) & 31) < kNumColors;
  if (IsIn(address, kFilterConfig, 16 * isa::LimitsOf(arch).num_filters)) {
    return (address - kFilterConfig) % 16 < (wse3 ? 10 : 3);
  }
  if (wse3 && (address == kInputQueueFlush || address == kOutputQueueFlush ||
               address == kMessagePassing || IsIn(address, kOutputQueueConfig, 8))) {
    return true;
  }
  return IsIn(address, kTaskPriority, kNumTaskIds) || IsIn(address, kExceptionMask, 3) ||
         IsIn(address, kTeardownPending, 4) || IsIn(address, kTimestampCounter, 4) ||
         IsIn(address, kPerfCounter, 6) || IsIn(address, kInputQueueConfig, 8);
}

}  // namespace

bool HasMessageRouter(const PeState& pe) {
  if (pe.rare == nullptr || pe.program->arch != Arch::kWse3) return false;
  const auto word = pe.rare->words.find(kMessagePassing);
  return word != pe.rare->words.end() && (word->second & 1) != 0;
}

Fault ReadConfigWord(PeState& pe, RunContext& context, uint16_t address, int64_t time,
                     uint16_t* value) {
  *value = 0;
  if (ReadState(pe, address, time, value) || ReadColor(pe, context, address, value)) return {};
  if (IsQueueConfig(pe, address)) {
    *value = ReadQueueConfig(pe, address);
    return {};
  }
  if (const int color = FilterAt(pe, context, address); color >= 0) {
    *value = FilterWord(context.router->GetColor(pe.local, color).filter,
                        (address - kFilterConfig) % 16);
    return {};
  }
  RareState& rare = pe.Rare();
  if (const uint16_t* word = PlainWord(rare, address)) {
    *value = *word;
    return {};
  }
  const auto it = rare.words.find(address);
  if (it != rare.words.end()) *value = it->second;
  return {};
}

Fault WriteConfigWord(PeState& pe, RunContext& context, uint16_t address, uint16_t value,
                      int64_t time) {
  if (WriteState(pe, address, value, time) || WriteColor(pe, context, address, value)) return {};
  if (IsQueueConfig(pe, address)) return WriteQueueConfig(pe, context, address, value);
  if (const int color = FilterAt(pe, context, address); color >= 0) {
    ColorConfig config = context.router->GetColor(pe.local, color);
    SetFilterWord((address - kFilterConfig) % 16, value, &config.filter);
    context.router->SetColor(pe.local, color, config);
    return {};
  }
  if (address == kMessagePassing && pe.program->arch == Arch::kWse3) {
    const int queue = QueueOfColor(pe, router::kReceivedColor);
    const bool bare = queue < 0 || !pe.program->DataTask(queue).bound();
    context.router->SetMessageRouter(pe.local, (value & 1) != 0, bare);
  }
  if (address == kExceptionMask && image::UnmasksExceptions(value)) {
    return {FaultKind::kUnmaskedException, value};
  }
  RareState& rare = pe.Rare();
  if (uint16_t* word = PlainWord(rare, address)) {
    *word = address == kControlTransformMask ? value & 63 : value;
  } else {
    rare.words[address] = value;
  }
  return {};
}

Fault AccessPlacedWords(PeState& pe, RunContext& context, isa::Opcode opcode, uint32_t address,
                        int64_t time, uint32_t* reg) {
  const int bytes = ops::AccessBytes(opcode);
  const auto word = static_cast<uint16_t>(address >> 1);
  bool is_there = address >= kMemoryBytes && (address & 1) == 0 && bytes > 1;
  for (int i = 0; i < bytes / 2; ++i) {
    is_there = is_there && IsPlacedWord(pe.program->arch, static_cast<uint16_t>(word + i));
  }
  if (!is_there) return {FaultKind::kBadAddress, address};
  const bool is_store = opcode == isa::Opcode::kStH || opcode == isa::Opcode::kStW;
  uint32_t read = 0;
  for (int i = 0; i < bytes / 2; ++i) {
    const auto at = static_cast<uint16_t>(word + i);
    auto half = static_cast<uint16_t>(*reg >> (16 * i));
    const Fault fault = is_store ? WriteConfigWord(pe, context, at, half, time)
                                 : ReadConfigWord(pe, context, at, time, &half);
    if (!fault.ok()) return fault;
    read |= uint32_t{half} << (16 * i);
  }
  const bool is_signed = opcode == isa::Opcode::kLdI16;
  if (!is_store) *reg = is_signed ? ops::Put(static_cast<int16_t>(read)) : read;
  return {};
}

}  // namespace csl::fabric::pe
