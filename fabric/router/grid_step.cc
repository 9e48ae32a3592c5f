// SPDX-License-Identifier: Apache-2.0
#include "fabric/router/grid_step.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "fabric/router/trace_moves.h"
#include "fabric/router/word_step.h"

namespace csl::fabric::router {
namespace {

constexpr uint8_t kFewArrivals = 4;  // of a block

// The CEs and hosts that wait for room in these lanes.
void ReportRooms(Grid* grid, Ring* ring, uint64_t lanes, int64_t t, StepResults* results) {
  for (int partner = 0; partner < 2; ++partner) {
    uint64_t told = ring->waiting[partner] & lanes;
    ring->waiting[partner] &= ~told;
    for (; told != 0; told &= told - 1) {
      const auto lane = LowestLane(told);
      const int64_t cycle = (ring->full >> lane & 1) != 0 ? t + 2 : t + 1;
      results->rooms.push_back({cycle, grid->words[ring->word].first_pe + lane,
                                static_cast<uint8_t>(ring->color ^ partner),
                                ring->side == kIoSide});
    }
  }
  ring->waited_for = (ring->waiting[0] | ring->waiting[1]) != 0;
}

void ReturnCredits(Grid* grid, const Ring& ring, int64_t t) {
  if (!grid->has_neighbour[ring.side]) return;
  uint64_t popped = ring.popped & grid->words[ring.word].edge[ring.side];
  Outbox& box = grid->outboxes[ring.side][t & 1];
  for (; popped != 0; popped &= popped - 1) {
    const auto lane = LowestLane(popped);
    box.pops.push_back({grid->EdgeIndex(ring.side, {ring.word, lane}), ring.color, 0});
  }
}

// The end of the step of cycle t: what it did to rings becomes visible.
template <isa::Arch kArch>
void TickRings(Grid* grid, int64_t t, StepResults* results) {
  using T = Timing<kArch>;
  grid->ticking.swap(grid->touched);
  const size_t count = std::exchange(grid->num_touched, 0);
  for (size_t i = 0; i < count; ++i) {
    Ring* ring = grid->ticking[i];
    ring->touched = false;
    const Grid::Word& word = grid->words[ring->word];
    if (ring->side < kNumLinks && (ring->popped & word.edge[ring->side]) != 0) {
      ReturnCredits(grid, *ring, t);
    }
    if (const uint64_t left = ring->pushed & word.ghost;
        left != 0 && !grid->has_neighbour[OppositeSide(ring->side)]) {
      grid->CountLeft(*ring, left);
      ring->Drop<T>(left);
    }
    const bool again =
        (T::kHop == 2 && ring->pushed != 0) || (T::kCredit == 2 && ring->popped != 0);
    const uint64_t was_full = ring->full;
    const uint64_t was_first = ring->nonempty & ~ring->popped;
    const uint64_t all = ring->Tick<T>();
    if (const uint64_t freed = was_full & ~ring->full; freed != 0) grid->WakeFillers(*ring, freed);
    // What was first before and stays so waits for something else.
    const uint64_t first = ring->nonempty & ~was_first & ~word.ghost;
    if (first != 0) grid->Activate(ring->word, ring->color, first);
    if (ring->waited_for) ReportRooms(grid, ring, ~all, t, results);
    if (again) grid->Touch(ring, t + 1);
  }
}

// What CEs sent enters the rings.
template <isa::Arch kArch>
void TakeRamped(Grid* grid) {
  if (grid->tracer != nullptr) TraceRamps(*grid);
  for (Ring* ring : grid->ramped) ring->TakeRamped<Timing<kArch>>(grid->ramped_at);
  grid->ramped.clear();
}

// What entered empty lanes hop_cycles - 1 before cycle t. Behind the ticks, which do not know of
// it.
template <isa::Arch kArch>
void ShowArrivals(Grid* grid, int64_t t) {
  using T = Timing<kArch>;
  std::vector<Grid::Arrival>& shown = T::kHop == 1 ? grid->arrivals : grid->due;
  for (const Grid::Arrival& arrival : shown) {
    Ring* ring = arrival.ring;
    const uint64_t bit = Bit(arrival.lane);
    ring->nonempty |= bit;
    if (T::kHop == 2) ring->pushed &= ~bit;
    // Two colors of a router, or so many of one that words are faster.
    Grid::Word& word = grid->words[ring->word];
    if ((word.arrived & bit) != 0) grid->Activate(ring->word, ring->color, bit);
    if (++arrival.block->num_arrivals > kFewArrivals) grid->Activate(ring->word, ring->color);
    word.arrived |= bit;
  }
  if (grid->ready.empty()) {
    grid->ready.swap(shown);
  } else {
    grid->ready.insert(grid->ready.end(), shown.begin(), shown.end());
    shown.clear();
  }
  if (T::kHop == 1) return;
  grid->due.swap(grid->arrivals);
  grid->due_at = t + 1;
}

// The ends of cycles that were not stepped.
template <isa::Arch kArch>
[[gnu::noinline]] void CatchUp(Grid* grid, int64_t t) {
  if (grid->ramped_at < t) TakeRamped<kArch>(grid);
  for (;;) {
    const bool ticks = grid->num_touched != 0 && grid->touched_at < t;
    const bool shows = !grid->due.empty() && grid->due_at < t;
    if (!ticks && !shows) return;
    const int64_t cycle = !shows                                      ? grid->touched_at
                          : !ticks || grid->due_at < grid->touched_at ? grid->due_at
                                                                      : grid->touched_at;
    StepResults none;  // nobody can wait for a room that appears now
    if (ticks && grid->touched_at == cycle) TickRings<kArch>(grid, cycle, &none);
    if (shows && grid->due_at == cycle) ShowArrivals<kArch>(grid, cycle);
  }
}

bool IsBefore(const Teardown& a, const Teardown& b) {
  return std::tie(a.pe, a.color) < std::tie(b.pe, b.color);
}
bool IsBefore(const Landing& a, const Landing& b) { return a.pe < b.pe; }
bool IsBefore(const Departure& a, const Departure& b) { return a.pe < b.pe; }
bool IsBefore(const Collision& a, const Collision& b) {
  return std::tie(a.pe, a.color) < std::tie(b.pe, b.color);
}
bool IsBefore(const RoomEvent& a, const RoomEvent& b) {
  return std::tie(a.pe, a.color, a.io) < std::tie(b.pe, b.color, b.io);
}

template <typename Event>
void Order(std::vector<Event>* events, size_t from) {
  if (events->size() - from < 2) return;
  std::sort(events->begin() + static_cast<std::ptrdiff_t>(from), events->end(),
            [](const Event& a, const Event& b) { return IsBefore(a, b); });
}

}  // namespace

template <isa::Arch kArch>
void StepGrid(Grid* grid, int64_t t, StepResults* results) {
  const size_t landings = results->landings.size();
  const size_t departures = results->departures.size();
  const size_t teardowns = results->teardowns.size();
  const size_t collisions = results->collisions.size();
  const size_t rooms = results->rooms.size();
  Outbox* outboxes[kNumLinks];
  for (int side = 0; side < kNumLinks; ++side) {
    Outbox& box = grid->outboxes[side][t & 1];
    outboxes[side] = &box;
    box.cycle = t;
    box.pushes.clear();
    box.pops.clear();
    box.swaps.clear();
  }
  CatchUp<kArch>(grid, t);
  TakeRamped<kArch>(grid);
  grid->PopChannels(t);
  for (Ring* ring : grid->asked) grid->Touch(ring, t);
  grid->asked.clear();
  if (grid->any_active || !grid->ready.empty()) {
    WordStep<kArch> step(grid, t, results);
    step.RunArrivals();
    grid->any_active = false;
    for (size_t i = 0; i < grid->active.size(); ++i) {
      uint64_t words = grid->active[i];
      grid->active[i] = 0;
      for (; words != 0; words &= words - 1) {
        step.Run(static_cast<uint32_t>(i * 64) + LowestLane(words));
      }
    }
    if (step.is_unordered()) {
      Order(&results->landings, landings);
      Order(&results->departures, departures);
    }
  }
  TickRings<kArch>(grid, t, results);
  ShowArrivals<kArch>(grid, t);
  if (!grid->changed_swaps.empty()) grid->PublishSwaps(outboxes);
  Order(&results->teardowns, teardowns);
  Order(&results->collisions, collisions);
  Order(&results->rooms, rooms);
  grid->last = t;
}

template <isa::Arch kArch>
void BeginRamps(Grid* grid, int64_t t) {
  if (grid->num_touched != 0 && grid->touched_at < t) CatchUp<kArch>(grid, t);
  grid->ramped_at = t;
}

template <isa::Arch kArch>
void PushInto(Grid* grid, Ring* ring, unsigned lane, const Wavelet& wavelet, int64_t t) {
  using T = Timing<kArch>;
  if (grid->num_touched != 0 && grid->touched_at < t) CatchUp<kArch>(grid, t);
  const int held = ring->Push<T>(lane, wavelet, t);
  ring->pushed |= Bit(lane);
  ring->occupied |= Bit(lane);
  if (held + static_cast<int>(ring->unseen >> lane & 1) >= T::kWords) ring->full |= Bit(lane);
  grid->Touch(ring, t);
}

template <isa::Arch kArch>
void TakeOver(Grid* grid, int side, const Outbox& box, int64_t t) {
  using T = Timing<kArch>;
  CatchUp<kArch>(grid, t);
  for (const Outbox::Push& push : box.pushes) {
    const Grid::Lane at = grid->EdgeLane(side, push.index);
    Ring& ring = grid->RingAt(at.word, push.color, side);
    ring.Push<T>(at.lane, {push.payload, push.control}, t - 1);
    ring.occupied |= Bit(at.lane);
    if (T::kHop == 1) {
      ring.nonempty |= Bit(at.lane);
      grid->Activate(at.word, push.color);
    } else {
      grid->Touch(&ring, t);
    }
  }
  for (const Outbox::Place& pop : box.pops) {
    const Grid::Lane at = grid->EdgeLane(side, pop.index);
    const Grid::Lane beyond = grid->Beyond(at, side);
    Ring& ring = grid->RingAt(beyond.word, pop.color, OppositeSide(side));
    Ring::Increment<T>(&ring.head, Bit(beyond.lane));
    if (T::kCredit == 2) {
      grid->Touch(&ring, t);
      continue;
    }
    if (ring.Size(beyond.lane, T::kWords) == 0) ring.occupied &= ~Bit(beyond.lane);
    ring.full &= ~Bit(beyond.lane);
    grid->Activate(at.word, pop.color);
    if (grid->any_swap) grid->Activate(at.word, pop.color ^ 1);
  }
  for (const Outbox::Place& swap : box.swaps) {
    const Grid::Lane at = grid->EdgeLane(side, swap.index);
    grid->SetSwaps(grid->Beyond(at, side), swap.color, swap.swaps);
    grid->At(at.word, swap.color ^ 1).near_swap |= Bit(at.lane);
    grid->Activate(at.word, swap.color ^ 1);
  }
}

template void StepGrid<isa::Arch::kWse2>(Grid*, int64_t, StepResults*);
template void StepGrid<isa::Arch::kWse3>(Grid*, int64_t, StepResults*);
template void BeginRamps<isa::Arch::kWse2>(Grid*, int64_t);
template void BeginRamps<isa::Arch::kWse3>(Grid*, int64_t);
template void PushInto<isa::Arch::kWse2>(Grid*, Ring*, unsigned, const Wavelet&, int64_t);
template void PushInto<isa::Arch::kWse3>(Grid*, Ring*, unsigned, const Wavelet&, int64_t);
template void TakeOver<isa::Arch::kWse2>(Grid*, int, const Outbox&, int64_t);
template void TakeOver<isa::Arch::kWse3>(Grid*, int, const Outbox&, int64_t);

}  // namespace csl::fabric::router
