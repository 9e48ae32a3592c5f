// SPDX-License-Identifier: Apache-2.0
// The state of a shard's routers: blocks by word (64 routers of a row) and color, which of them may
// be able to move something, and what goes across the shard's edges.
//
// Around the shard lie ghosts: a row above and below, a lane left and right of each row. Their
// rings stand for those of the neighbouring shards; filling them fills an outbox, the neighbour's
// pops empty them. Beyond the program's edge the tick does: wavelets that leave it are dropped.
//
// A block that can move nothing sleeps, until one of its rings shows a wavelet, a ring or channel
// that it fills gets room, or it is configured.
#ifndef FABRIC_ROUTER_GRID_H_
#define FABRIC_ROUTER_GRID_H_

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "fabric/router/block.h"
#include "fabric/router/message_router.h"
#include "fabric/router/results.h"

namespace csl::fabric::trace {
struct Tracer;
}  // namespace csl::fabric::trace

namespace csl::fabric::router {

struct ShardPlace {
  isa::Arch arch = isa::Arch::kWse2;
  int x = 0;  // of the shard in the program's rectangle
  int y = 0;
  int width = 1;
  int height = 1;
};

inline constexpr int kMaxChannelWords = 15;  // two counts share a byte
inline constexpr int64_t kNeverStep = INT64_MAX;

// What one step sends across one edge. `index`: x or y of the router in the shard.
struct Outbox {
  struct Push {
    uint32_t index;
    uint8_t color;  // of the ring
    bool control;
    uint32_t payload;
  };
  struct Place {
    uint32_t index;
    uint8_t color;
    uint8_t swaps;  // 1: x, 2: y
  };
  int64_t cycle = -1;
  std::vector<Push> pushes;
  std::vector<Place> pops;
  std::vector<Place> swaps;

  bool empty() const { return pushes.empty() && pops.empty() && swaps.empty(); }
};

struct Grid {
  static constexpr int kNumChannels = 32;

  struct Word {
    uint64_t ghost = 0;                         // lanes beyond the edge
    std::array<uint64_t, kNumLinks> edge = {};  // lanes whose neighbour there is a ghost
    uint32_t active = 0;                        // colors whose block may move something
    uint32_t first_pe = 0;                      // of lane 0
    uint64_t arrived = 0;                       // lanes of Grid::ready
    uint64_t awake = 0;                         // lanes for which colors are active
    uint32_t x = 0;                             // of lane 0
    uint32_t y = 0;
    std::unique_ptr<std::array<uint8_t, kLanes>> pointers;  // of the arbitration, by lane
  };
  struct Lane {
    uint32_t word;
    unsigned lane;
  };
  // A channel as the router sees it: how many words of how many are used.
  class ChannelWords {
   public:
    bool empty() const { return (counts_ & 15) == 0; }
    bool full() const { return (counts_ & 15) >= counts_ >> 4; }
    void SetDepth(int depth) { counts_ = static_cast<uint8_t>((counts_ & 15) | depth << 4); }
    void Fill() { ++counts_; }
    void Free() { --counts_; }

   private:
    uint8_t counts_ = 0;  // used, depth
  };
  // Channels from kNumQueues on take one color each: kNumQueues + c takes c.
  static constexpr uint32_t kNumQueues = 8;
  // Words of eight channels of a PE. Those of other PEs lie beside them, not its other channels:
  // most fabrics use few of a PE.
  using ChannelGroup = std::array<ChannelWords, kNumQueues>;
  // A wavelet that entered an empty lane.
  struct Arrival {
    Ring* ring;
    Block* block;
    unsigned lane;
  };
  struct ChannelPop {
    int64_t seen_at;
    uint32_t pe;
    uint8_t channel;
  };

  explicit Grid(const ShardPlace& place);

  Lane LaneOf(uint32_t pe) const { return {lanes[pe] >> 6, lanes[pe] & 63}; }
  // The router beyond a side; a ghost's is undefined.
  Lane Beyond(Lane at, int link) const;
  // The router at the edge on that side, and the ghost beyond it. `index` as in Outbox.
  Lane EdgeLane(int side, uint32_t index) const;
  uint32_t EdgeIndex(int side, Lane at) const {
    return side < 2 ? words[at.word].y : words[at.word].x + at.lane;
  }
  bool IsGhost(Lane at) const { return (words[at.word].ghost >> at.lane & 1) != 0; }

  Block* Find(uint32_t word, int color) const { return blocks[word * kNumColors + color].get(); }
  Block& At(uint32_t word, int color) {
    const auto& block = blocks[word * kNumColors + static_cast<uint32_t>(color)];
    return block ? *block : AddBlock(word, color);
  }
  Ring* FindRing(uint32_t word, int color, int side) const {
    const Block* block = Find(word, color);
    return block == nullptr ? nullptr : block->ring(side);
  }
  Ring& RingAt(uint32_t word, int color, int side) {
    Block& block = At(word, color);
    Ring* ring = block.ring(side);
    return ring != nullptr ? *ring : AddRing(&block, word, color, side);
  }
  Block& AddBlock(uint32_t word, int color);
  Ring& AddRing(Block* block, uint32_t word, int color, int side);

  // The color may move something in these lanes.
  void Activate(uint32_t word, int color, uint64_t awake = ~uint64_t{0}) {
    words[word].active |= wakes[static_cast<size_t>(color)];
    words[word].awake |= awake;
    active[word >> 6] |= Bit(word & 63);
    any_active = true;
  }
  // Who fills `lanes` of a ring over a link has room again.
  void WakeFillers(const Ring& ring, uint64_t lanes);
  // The ring is due for the tick of cycle t, as are all others that are touched.
  void Touch(Ring* ring, int64_t t) {
    if (ring->touched) return;
    touched_at = t;
    ring->touched = true;
    touched[num_touched++] = ring;
  }

  // These lanes of a ring beyond the program's edge got a wavelet each.
  void CountLeft(const Ring& ring, uint64_t lanes);

  // The color of the ring that a wavelet of `color` fills in the router beyond a link, and of that
  // which the CE fills.
  int ColorBeyond(Lane beyond, int color, int link) const;
  int RampColor(Lane at, int color) const {
    if (!any_ramp_swap) return color;
    const Block* partner = Find(at.word, color ^ 1);
    return partner != nullptr && (partner->swaps_ramp >> at.lane & 1) != 0 ? color ^ 1 : color;
  }
  void SetSwaps(Lane at, int color, uint8_t swaps);
  // Swap settings that changed become visible to neighbours.
  void PublishSwaps(Outbox* outboxes[kNumLinks]);

  MessageRouter& MessageRouterOf(uint32_t pe);

  // The PE gets channels if it has none.
  void AddChannels(uint32_t pe);
  // Precondition: it has.
  ChannelWords& WordsOf(uint32_t pe, uint32_t channel) {
    return channel_groups[channel / kNumQueues][channels_of[pe] - 1][channel % kNumQueues];
  }
  // kNoChannel: it takes none.
  uint8_t ColorOf(uint32_t pe, uint32_t channel) const {
    if (channel < kNumQueues) return queue_colors[channels_of[pe] - 1][channel];
    const Lane at = LaneOf(pe);
    const uint32_t color = channel - kNumQueues;
    const Block* block = Find(at.word, static_cast<int>(color));
    const bool takes = block != nullptr && block->Channel(at.lane) == channel;
    return takes ? static_cast<uint8_t>(color) : kNoChannel;
  }
  // The block of the color knows it too.
  void SetColorOf(uint32_t pe, uint32_t channel, uint8_t color) {
    if (channel < kNumQueues) queue_colors[channels_of[pe] - 1][channel] = color;
  }
  // A word came into the color's channel.
  void FillChannel(uint32_t pe, Block* block, unsigned lane, int channel) {
    ChannelWords& words = WordsOf(pe, static_cast<uint32_t>(channel));
    words.Fill();
    if (words.full()) block->ramp_blocked |= Bit(lane);
  }
  // What the CE took out and the routers see from cycle t on.
  void PopChannels(int64_t t);
  void AddPop(const ChannelPop& pop) {
    if (num_pops == channel_pops.size()) GrowPops();
    channel_pops[num_pops++] = pop;
  }
  [[gnu::noinline]] void GrowPops() { channel_pops.resize(64 + 2 * num_pops); }

  ShardPlace place;
  const isa::MachineCosts& costs;
  uint32_t stride;  // words from one row to the next
  std::vector<Word> words;
  std::vector<uint32_t> lanes;  // by PE: word << 6 | lane
  std::vector<std::unique_ptr<Block>> blocks;
  std::vector<uint64_t> active;  // words with active colors
  bool any_active = false;
  std::vector<Ring*> touched;  // the first num_touched; has room for all rings
  std::vector<Ring*> ticking;
  size_t num_touched = 0;
  int64_t touched_at = 0;         // the cycle whose tick they wait for
  std::vector<Arrival> arrivals;  // of this step
  std::vector<Arrival> due;       // of the one before, seen from cycle due_at + 1 on
  int64_t due_at = 0;
  std::vector<Arrival> ready;   // seen by the next step, and nothing else has changed for them
  std::vector<Arrival> moving;  // by this step
  std::vector<Ring*> ramped;    // those with lanes in Ring::ramped, all of cycle ramped_at
  int64_t ramped_at = -1;
  std::vector<std::pair<uint32_t, uint8_t>> changed_swaps;  // PE, color
  bool any_swap = false;
  bool any_ramp_swap = false;  // a block's swaps_ramp may have bits
  // Of each color, those that may move something when it may: message colors wake each other.
  std::array<uint32_t, kNumColors> wakes;
  std::vector<uint32_t> messages_of;  // by PE: 1 + index into message_routers; empty: none has any
  std::vector<MessageRouter> message_routers;
  std::vector<Ring*> asked;  // wait for room that is there already

  std::vector<uint32_t> channels_of;  // by PE: 1 + index into a group, 0: none
  std::array<std::vector<ChannelGroup>, kNumChannels / kNumQueues> channel_groups;
  std::vector<std::array<uint8_t, kNumQueues>> queue_colors;
  std::vector<ChannelPop> channel_pops;  // by seen_at; room for more than num_pops
  size_t first_pop = 0;                  // before it they are done
  size_t num_pops = 0;

  std::array<bool, kNumLinks> has_neighbour = {};
  std::array<std::array<Outbox, 2>, kNumLinks> outboxes;  // by parity of the cycle
  int64_t last = -1;                                      // cycle of the last step
  int64_t last_move = -1;                                 // the last cycle in which one moved
  int64_t num_hops = 0;
  // What left the program's rectangle: counts by side and color, then by index as in Outbox.
  std::map<std::pair<uint8_t, uint8_t>, std::vector<uint64_t>> left;

  // Null: nobody asked. Else every wavelet is moved by itself and written down (trace_moves.h).
  const trace::Tracer* tracer = nullptr;
  uint64_t traced_lanes = 0;  // all of them, or none
};

}  // namespace csl::fabric::router

#endif  // FABRIC_ROUTER_GRID_H_
