// SPDX-License-Identifier: Apache-2.0
// The rings of one color and one side of 64 routers of a row, a lane each. Every word holds one bit
// of each lane.
//
// Pops move heads, pushes move tails, so their order within a step does not matter. What the next
// step sees (nonempty, full) is worked out from them at the end of a step, in Tick. Counters run
// modulo twice the capacity; a push into an empty lane begins at the number of the cycle, so that
// lanes in which nothing waits use the same slot.
#ifndef FABRIC_ROUTER_RING_H_
#define FABRIC_ROUTER_RING_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "fabric/isa/architecture.h"
#include "fabric/router/wavelet.h"

namespace csl::fabric::router {

inline constexpr int kLanes = 64;
constexpr uint64_t Bit(unsigned lane) { return uint64_t{1} << lane; }
// Of a word that is not 0. (std::countr_zero asks whether it is.)
inline unsigned LowestLane(uint64_t lanes) { return static_cast<unsigned>(__builtin_ctzll(lanes)); }
// std::popcount is a call where the processor may lack the instruction.
inline int CountLanes(uint64_t lanes) {
  lanes -= lanes >> 1 & 0x5555555555555555;
  lanes = (lanes & 0x3333333333333333) + (lanes >> 2 & 0x3333333333333333);
  lanes = (lanes + (lanes >> 4)) & 0x0f0f0f0f0f0f0f0f;
  return static_cast<int>(lanes * 0x0101010101010101 >> 56);
}

// For the few functions that every hop runs through.
#define CSL_ROUTER_INLINE __attribute__((always_inline)) inline

// The figures of an architecture that shape rings.
template <isa::Arch kArch>
struct Timing {
  static constexpr const isa::MachineCosts& kCosts = isa::kMachineCosts[static_cast<int>(kArch)];
  static constexpr int kWords = kCosts.router_ring_words;
  static constexpr int kHop = kCosts.hop_cycles;
  static constexpr int kCredit = kCosts.credit_cycles;
  static constexpr int kPlanes = kWords == 2 ? 2 : 3;  // of a counter modulo 2 * kWords
  static_assert(kWords == 2 || kWords == 4);
  static_assert(kHop >= 1 && kHop <= 2 && kCredit >= 1 && kCredit <= 2);
};

struct Block;

struct Ring {
  using Counter = std::array<uint64_t, 3>;  // planes

  // What every step looks at lies in front, two cache lines.
  uint64_t nonempty = 0;                // the next step sees a wavelet
  uint64_t full = 0;                    // the filler sees no room in the next step
  uint64_t occupied = 0;                // holds a wavelet, seen or not
  uint64_t pushed = 0;                  // since the last tick
  uint64_t popped = 0;                  // since the last tick
  uint64_t unseen = 0;                  // popped before the last tick, unseen by the filler
  uint64_t marks = 0;                   // holds a control wavelet or an advance bit
  uint32_t (*slots)[kLanes] = nullptr;  // payloads, behind this struct
  Counter head = {};
  Counter tail = {};
  uint32_t word = 0;
  uint8_t color = 0;
  uint8_t side = 0;
  bool touched = false;  // is due for a tick
  bool waited_for = false;
  Block* block = nullptr;
  uint64_t ramped = 0;  // pushed by CEs (PutRamped), not yet in tail, occupied and full
  std::array<uint64_t, 4> control = {};  // by slot; 0 where no wavelet is
  std::array<uint64_t, 4> advance = {};
  std::array<uint64_t, 2> waiting = {};  // who asked for room: this color, its partner

  // Lanes whose counter stands at a slot.
  template <typename T>
  static uint64_t At(const Counter& counter, int slot) {
    const uint64_t low = counter[0] ^ (uint64_t{static_cast<unsigned>(slot) & 1} - 1);
    if constexpr (T::kWords == 2) return low;
    return low & (counter[1] ^ (uint64_t{static_cast<unsigned>(slot) >> 1 & 1} - 1));
  }
  template <typename T>
  static void Increment(Counter* counter, uint64_t lanes) {
    uint64_t carry = lanes;
    for (int i = 0; i < T::kPlanes; ++i) {
      const uint64_t next = (*counter)[i] & carry;
      (*counter)[i] ^= carry;
      carry = next;
    }
  }
  // Lanes that are pushed to in cycle t: the empty ones among them begin at its slot.
  template <typename T>
  void Align(uint64_t lanes, int64_t t) {
    const uint64_t empty = lanes & ~occupied;
    if (empty == 0) return;
    for (int i = 0; i < T::kPlanes; ++i) {
      const uint64_t plane = (t >> i & 1) != 0 ? empty : 0;
      head[i] = (head[i] & ~empty) | plane;
      tail[i] = (tail[i] & ~empty) | plane;
    }
  }
  // How many wavelets the lanes hold: three planes.
  template <typename T>
  Counter Count() const {
    Counter out = {};
    uint64_t borrow = 0;
    for (int i = 0; i < T::kPlanes; ++i) {
      const uint64_t differ = tail[i] ^ head[i];
      out[i] = differ ^ borrow;
      borrow = (~tail[i] & head[i]) | (~differ & borrow);
    }
    return out;
  }
  // The end of a step. Returns the lanes that hold as many as they can, seen or not.
  template <typename T>
  uint64_t Tick() {
    const Counter count = Count<T>();
    occupied = count[0] | count[1] | count[2];
    const uint64_t all = T::kWords == 2 ? count[1] : count[2];
    const uint64_t all_but_one = T::kWords == 2 ? count[0] : count[0] & count[1];
    const uint64_t one = count[0] & ~count[1] & ~count[2];
    nonempty = T::kHop == 1 ? occupied : occupied & ~(one & pushed);
    full = T::kCredit == 1 ? all : all | (all_but_one & popped);
    unseen = T::kCredit == 1 ? 0 : popped;
    pushed = popped = 0;
    return all;
  }

  static int Slot(const Counter& counter, unsigned lane, int words) {
    return static_cast<int>((counter[0] >> lane & 1) | (counter[1] >> lane & 1) << 1) & (words - 1);
  }
  // Lanes that hold a wavelet, seen or not, also between a push and the tick.
  uint64_t Holding() const {
    uint64_t lanes = 0;
    for (size_t i = 0; i < head.size(); ++i) lanes |= head[i] ^ tail[i];
    return lanes;
  }
  int Size(unsigned lane, int words) const {
    const auto value = [&](const Counter& c) {
      return static_cast<int>((c[0] >> lane & 1) | (c[1] >> lane & 1) << 1 |
                              (c[2] >> lane & 1) << 2);
    };
    return (value(tail) - value(head)) & (2 * words - 1);
  }
  Wavelet Head(unsigned lane, int words) const {
    const int slot = Slot(head, lane, words);
    return {slots[slot][lane], (control[slot] >> lane & 1) != 0, (advance[slot] >> lane & 1) != 0};
  }
  // The payload of a lane that holds a wavelet.
  template <typename T>
  CSL_ROUTER_INLINE uint32_t HeadPayload(unsigned lane) const {
    return slots[Slot(head, lane, T::kWords)][lane];
  }
  // The counter of one lane.
  template <typename T>
  CSL_ROUTER_INLINE static unsigned ValueAt(const Counter& counter, unsigned lane) {
    unsigned value = 0;
    for (int i = 0; i < T::kPlanes; ++i) {
      value |= static_cast<unsigned>(counter[i] >> lane & 1) << i;
    }
    return value;
  }
  template <typename T>
  CSL_ROUTER_INLINE static void FlipAt(Counter* counter, unsigned lane, unsigned bits) {
    for (int i = 0; i < T::kPlanes; ++i) (*counter)[i] ^= uint64_t{bits >> i & 1} << lane;
  }
  // One wavelet into one lane, in cycle t. Returns how many it then holds.
  template <typename T>
  CSL_ROUTER_INLINE int Push(unsigned lane, const Wavelet& wavelet, int64_t t) {
    constexpr unsigned kMask = 2 * T::kWords - 1;
    unsigned first = ValueAt<T>(head, lane);
    unsigned next = ValueAt<T>(tail, lane);
    if ((occupied >> lane & 1) == 0) {
      const auto start = static_cast<unsigned>(t) & kMask;
      FlipAt<T>(&head, lane, first ^ start);
      FlipAt<T>(&tail, lane, next ^ start);
      first = next = start;
    }
    const unsigned slot = next & (T::kWords - 1);
    slots[slot][lane] = wavelet.payload;
    if (wavelet.control || wavelet.advance) {
      control[slot] |= uint64_t{wavelet.control} << lane;
      advance[slot] |= uint64_t{wavelet.advance} << lane;
      marks |= Bit(lane);
    }
    FlipAt<T>(&tail, lane, next ^ (next + 1));
    return static_cast<int>((next + 1 - first) & kMask);
  }
  // As Push, of a CE: the lane is counted by TakeRamped, with others, before the next step.
  // `slot_mask`: the capacity less one.
  CSL_ROUTER_INLINE void PutRamped(unsigned lane, const Wavelet& wavelet, int64_t t,
                                   unsigned slot_mask) {
    unsigned slot = static_cast<unsigned>(t);
    if ((occupied >> lane & 1) != 0) {
      slot = static_cast<unsigned>(tail[0] >> lane & 1) | static_cast<unsigned>(tail[1] >> lane & 1)
                                                              << 1;
    }
    slot &= slot_mask;
    slots[slot][lane] = wavelet.payload;
    if (wavelet.control || wavelet.advance) {
      control[slot] |= uint64_t{wavelet.control} << lane;
      advance[slot] |= uint64_t{wavelet.advance} << lane;
      marks |= Bit(lane);
    }
    ramped |= Bit(lane);
  }
  // What PutRamped put into a lane in cycle t, before it is counted.
  Wavelet Ramped(unsigned lane, int64_t t, int words) const {
    int slot = static_cast<int>(t) & (words - 1);
    if ((occupied >> lane & 1) != 0) slot = Slot(tail, lane, words);
    return {slots[slot][lane], (control[slot] >> lane & 1) != 0, (advance[slot] >> lane & 1) != 0};
  }
  // Counts what PutRamped put into lanes in cycle t.
  template <typename T>
  void TakeRamped(int64_t t) {
    const uint64_t lanes = ramped;
    ramped = 0;
    Align<T>(lanes, t);
    Increment<T>(&tail, lanes);
    pushed |= lanes;
    occupied |= lanes;
    const Counter count = Count<T>();
    const uint64_t all = T::kWords == 2 ? count[1] : count[2];
    const uint64_t all_but_one = T::kWords == 2 ? count[0] : count[0] & count[1];
    full |= lanes & (all | (all_but_one & unseen));
  }
  // The first wavelet of one lane, which leaves.
  template <typename T>
  Wavelet Pop(unsigned lane) {
    const Wavelet out = Head(lane, T::kWords);
    const int slot = Slot(head, lane, T::kWords);
    control[slot] &= ~Bit(lane);
    advance[slot] &= ~Bit(lane);
    marks = 0;
    for (int i = 0; i < T::kWords; ++i) marks |= control[i] | advance[i];
    Increment<T>(&head, Bit(lane));
    popped |= Bit(lane);
    return out;
  }
  // A data wavelet into a lane that holds none, in cycle t.
  template <typename T>
  CSL_ROUTER_INLINE void PutAlone(unsigned lane, uint32_t payload, int64_t t) {
    const uint64_t bit = Bit(lane);
#pragma GCC unroll 3
    for (int i = 0; i < T::kPlanes; ++i) {
      head[i] = (head[i] & ~bit) | static_cast<uint64_t>(t >> i & 1) << lane;
      tail[i] = (tail[i] & ~bit) | static_cast<uint64_t>((t + 1) >> i & 1) << lane;
    }
    slots[t & (T::kWords - 1)][lane] = payload;
    occupied |= bit;
  }
  // Whether a lane that holds a wavelet holds no other one.
  template <typename T>
  CSL_ROUTER_INLINE bool IsAlone(unsigned lane) const {
    const uint64_t one = head[0] ^ tail[0];
    if constexpr (T::kWords == 2) return (one >> lane & 1) != 0;
    const uint64_t odd_above = head[1] ^ tail[1] ^ (head[0] & ~tail[0]);
    return ((one & ~odd_above) >> lane & 1) != 0;
  }
  // The only wavelet of a lane, data that the router sees, leaves. Nothing is left for a tick:
  // nobody waits for room in this lane.
  template <typename T>
  CSL_ROUTER_INLINE void TakeAlone(unsigned lane) {
    const uint64_t bit = Bit(lane);
#pragma GCC unroll 3
    for (int i = 0; i < T::kPlanes; ++i) head[i] ^= (head[i] ^ tail[i]) & bit;
    occupied &= ~bit;
    nonempty &= ~bit;
  }
  // What `lanes` hold goes away unseen.
  template <typename T>
  void Drop(uint64_t lanes) {
    for (int i = 0; i < T::kPlanes; ++i) head[i] ^= (head[i] ^ tail[i]) & lanes;
    marks = 0;
    for (int i = 0; i < T::kWords; ++i) {
      control[i] &= ~lanes;
      advance[i] &= ~lanes;
      marks |= control[i] | advance[i];
    }
    pushed &= ~lanes;
  }
  // The lanes among `lanes` whose first wavelet is control or has its advance bit set.
  template <typename T>
  uint64_t MarkedHeads(uint64_t lanes) const {
    if ((marks & lanes) == 0) return 0;
    uint64_t marked = 0;
    for (int i = 0; i < T::kWords; ++i) marked |= (control[i] | advance[i]) & At<T>(head, i);
    return marked & lanes;
  }
};

struct FreeRing {
  void operator()(Ring* ring) const;
};
using RingPtr = std::unique_ptr<Ring, FreeRing>;
RingPtr NewRing(int words);
size_t RingBytes(int words);

}  // namespace csl::fabric::router

#endif  // FABRIC_ROUTER_RING_H_
