// SPDX-License-Identifier: Apache-2.0
#include "fabric/trace/idents.h"

namespace csl::fabric::trace {
namespace {

constexpr uint32_t kNumLinks = 4;

}  // namespace

uint32_t Idents::Take(std::deque<uint32_t>* queue) {
  if (queue->empty()) return 0;
  const uint32_t ident = queue->front();
  queue->pop_front();
  return ident;
}

void Idents::Name(Event* event) {
  const uint64_t link = Key(event->x, event->y, event->side);
  const uint64_t ring = link << 5 ^ event->color;
  if (event->kind == Event::Kind::kLanding) {
    // A link carries one wavelet of a cycle.
    event->ident = event->side < kNumLinks ? Take(&links_[link]) : Next();
    if (event->ident == 0) event->ident = Next();
    rings_[ring].push_back(event->ident);
    return;
  }
  event->ident = event->has(Event::kNewWavelet) ? Next() : Take(&rings_[ring]);
  if (event->ident == 0) event->ident = Next();
  static constexpr int kStepX[] = {-1, 1, 0, 0};
  static constexpr int kStepY[] = {0, 0, 1, -1};
  for (uint32_t side = 0; side < kNumLinks; ++side) {
    if ((event->links >> side & 1) == 0) continue;
    links_[Key(static_cast<uint32_t>(event->x + kStepX[side]),
               static_cast<uint32_t>(event->y + kStepY[side]), side ^ 1)]
        .push_back(event->ident);
  }
}

}  // namespace csl::fabric::trace
