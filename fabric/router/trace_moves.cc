// SPDX-License-Identifier: Apache-2.0
#include "fabric/router/trace_moves.h"

#include "fabric/router/rules.h"
#include "fabric/trace/tracer.h"

namespace csl::fabric::router {
namespace {

struct Place {
  int x;
  int y;
};

// In the program's rectangle.
Place PlaceOf(const Grid& grid, Grid::Lane at) {
  const Grid::Word& word = grid.words[at.word];
  return {grid.place.x + static_cast<int>(word.x + at.lane),
          grid.place.y + static_cast<int>(word.y)};
}

Event WaveletEvent(Event::Kind kind, int color, int side, const Wavelet& wavelet) {
  Event event;
  event.kind = kind;
  event.color = static_cast<uint8_t>(color);
  event.side = static_cast<uint8_t>(side);
  event.payload = wavelet.payload;
  if (wavelet.control) event.flags |= Event::kControl;
  if (wavelet.advance) event.flags |= Event::kAdvance;
  if (wavelet.control && FirstCommandIgnoresCe(wavelet.payload)) event.flags |= Event::kIgnoresCe;
  return event;
}

}  // namespace

void TraceRamps(const Grid& grid) {
  const int words = grid.costs.router_ring_words;
  for (const Ring* ring : grid.ramped) {
    for (uint64_t lanes = ring->ramped; lanes != 0; lanes &= lanes - 1) {
      const unsigned lane = LowestLane(lanes);
      const Place place = PlaceOf(grid, {ring->word, lane});
      const Wavelet wavelet = ring->Ramped(lane, grid.ramped_at, words);
      grid.tracer->Add(place.x, place.y, grid.ramped_at,
                       WaveletEvent(Event::Kind::kLanding, ring->color, kRampSide, wavelet));
    }
  }
}

void TraceIo(const Grid& grid, Grid::Lane at, int color, const Wavelet& wavelet, int64_t t) {
  const Place place = PlaceOf(grid, at);
  grid.tracer->Add(place.x, place.y, t,
                   WaveletEvent(Event::Kind::kLanding, color, kIoSide, wavelet));
}

void TraceMove(const Grid& grid, const TracedMove& move, int64_t t) {
  const trace::Tracer& tracer = *grid.tracer;
  const Place place = PlaceOf(grid, move.at);
  Event route = WaveletEvent(Event::Kind::kRoute, move.color, move.side, move.came);
  route.outputs = static_cast<uint8_t>(move.outputs);
  if (move.is_new) route.flags |= Event::kNewWavelet;
  static constexpr int kStepX[] = {-1, 1, 0, 0};
  static constexpr int kStepY[] = {0, 0, 1, -1};
  for (int link = 0; link < kNumLinks; ++link) {
    const Place beyond = {place.x + kStepX[link], place.y + kStepY[link]};
    if ((move.outputs >> link & 1) == 0 || !tracer.Contains(beyond.x, beyond.y)) continue;
    route.links |= static_cast<uint8_t>(1u << link);
    const Grid::Lane to = grid.Beyond(move.at, link);
    const int color =
        move.color_beyond >= 0 ? move.color_beyond : grid.ColorBeyond(to, move.color, link);
    tracer.Add(beyond.x, beyond.y, t + grid.costs.hop_cycles,
               WaveletEvent(Event::Kind::kLanding, color, OppositeSide(link), move.left));
  }
  tracer.Add(place.x, place.y, t, route);
}

}  // namespace csl::fabric::router
