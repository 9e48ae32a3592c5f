// SPDX-License-Identifier: Apache-2.0
// Queues of a CE: channels, which hold what came from the router, output queues, FIFOs in memory.
//
// A channel is an input queue (number 0..7) or, on WSE-2, the implicit buffer of a color (number 8
// + color). Room in channels is the router's to watch (router_shard.h); here are the words that the
// CE can see.
#ifndef FABRIC_PE_QUEUES_H_
#define FABRIC_PE_QUEUES_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "fabric/image/tile_configuration.h"
#include "fabric/isa/architecture.h"
#include "fabric/router/wavelet.h"

namespace csl::fabric::pe {

using router::Wavelet;

inline constexpr int kMaxChannels = 32;
inline constexpr int kFirstImplicitChannel = 8;
inline constexpr int kMaxQueueWords = 8;

// The words of a channel, within it.
class ChannelWords {
 public:
  int size() const { return size_; }
  bool empty() const { return size_ == 0; }
  Wavelet front() const { return at(0); }  // precondition: not empty
  Wavelet at(int i) const {
    const int place = Place(i);
    return {payloads_[static_cast<size_t>(place)], (control_ >> place & 1) != 0};
  }
  void Push(const Wavelet& word) {
    const int place = Place(size_++);
    payloads_[static_cast<size_t>(place)] = word.payload;
    if (__builtin_expect((control_ | word.control) != 0, 0)) {
      control_ = static_cast<uint8_t>((control_ & ~(1 << place)) | int{word.control} << place);
    }
  }
  // The first word, a control wavelet, has ended an operation, and is data from now on.
  void Spend() {
    control_ &= static_cast<uint8_t>(~(1 << first_));
    front_is_spent_ = true;
  }
  bool front_is_spent() const { return front_is_spent_; }
  Wavelet Pop() {
    front_is_spent_ = false;
    const Wavelet word = front();
    first_ = static_cast<uint8_t>(Place(1));
    --size_;
    return word;
  }

 private:
  int Place(int i) const { return (first_ + i) & (kMaxQueueWords - 1); }

  uint8_t first_ = 0;
  uint8_t size_ = 0;
  uint8_t control_ = 0;  // bit = place
  bool front_is_spent_ = false;
  std::array<uint32_t, kMaxQueueWords> payloads_ = {};
};

struct Channel {
  uint8_t number = 0;   // 0..31
  uint8_t task_id = 0;  // by which its wavelets are picked and blocked
  uint8_t color = isa::kNoColor;
  isa::Priority priority = isa::Priority::kDefault;
  uint8_t control_table = 0;
  bool dense = false;
  bool filter_enable = false;
  ChannelWords words;
};

struct OutputWord {
  uint32_t payload = 0;
  uint8_t color = 0;
  bool control = false;
  bool advance = false;

  Wavelet wavelet() const { return {payload, control, advance}; }
};
static_assert(sizeof(OutputWord) == 8);

// The words of an output queue, and how long they have been in it: up to kMaxRampOutCycles cycles
// back.
inline constexpr int kMaxRampOutCycles = 2;
class OutputWords {
 public:
  int size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Precondition: not empty.
  OutputWord front() const {
    return {payloads_[first_], colors_[first_], (control_ >> first_ & 1) != 0,
            (advance_ >> first_ & 1) != 0};
  }
  // The first word was put in `ramp_out_cycles` or more before `now`. Precondition: not empty.
  bool FrontMayLeave(int64_t now, int ramp_out_cycles) const {
    const int64_t latest = now - ramp_out_cycles;
    if (newest_ <= latest) return true;
    return size_ > (newest_ - 1 == latest ? in_newest_ : in_newest_ + in_previous_);
  }
  // The first cycle behind `now` for which that holds.
  int64_t FrontMayLeaveFrom(int64_t now, int ramp_out_cycles) const {
    const int age = size_ > in_newest_ + in_previous_ ? 2 : size_ > in_newest_ ? 1 : 0;
    return std::max(now + 1, newest_ - age + ramp_out_cycles);
  }
  // In cycle `now`.
  void Push(const OutputWord& word, int64_t now) {
    const int place = (first_ + size_++) & (kMaxQueueWords - 1);
    payloads_[static_cast<size_t>(place)] = word.payload;
    colors_[static_cast<size_t>(place)] = word.color;
    if (__builtin_expect((control_ | advance_ | word.control | word.advance) != 0, 0)) {
      const int others = ~(1 << place);
      control_ = static_cast<uint8_t>((control_ & others) | int{word.control} << place);
      advance_ = static_cast<uint8_t>((advance_ & others) | int{word.advance} << place);
    }
    if (newest_ != now) {
      in_previous_ = newest_ + 1 == now ? in_newest_ : uint8_t{0};
      in_newest_ = 0;
      newest_ = now;
    }
    ++in_newest_;
  }
  void Drop() {
    --size_;
    first_ = static_cast<uint8_t>((first_ + 1) & (kMaxQueueWords - 1));
  }

 private:
  int64_t newest_ = -1 - kMaxRampOutCycles;  // the cycle of the last Push
  uint8_t first_ = 0;
  uint8_t size_ = 0;
  uint8_t in_newest_ = 0;    // words that were put in in that cycle
  uint8_t in_previous_ = 0;  // and in the one before
  uint8_t control_ = 0;      // bit = place
  uint8_t advance_ = 0;
  std::array<uint8_t, kMaxQueueWords> colors_ = {};
  std::array<uint32_t, kMaxQueueWords> payloads_ = {};
};
static_assert(isa::kMachineCosts[0].ramp_out_cycles <= kMaxRampOutCycles &&
              isa::kMachineCosts[1].ramp_out_cycles <= kMaxRampOutCycles);

// A cache line: a step of a PE reads little else.
struct alignas(64) OutputQueue {
  uint8_t number = 0;
  uint8_t depth = 0;
  uint8_t color = isa::kNoColor;  // WSE-3
  bool dense = false;
  bool waits_for_room = false;  // the router was asked to tell when the ramp has room
  OutputWords words;

  bool full() const { return words.size() >= depth; }
};
static_assert(sizeof(OutputQueue) == 64);

// A FIFO in the PE's memory. Positions count elements.
struct FifoState {
  uint16_t read_position = 0;
  uint16_t write_position = 0;
  uint16_t count = 0;
  uint16_t read_length = 0;  // length registers
  uint16_t write_length = 0;
  uint16_t wanted_elements = 0;  // of the operation that found it empty, 0: nobody did
  uint16_t wanted_room = 0;      // of the operation that found it full
};

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_QUEUES_H_
