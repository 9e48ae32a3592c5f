// SPDX-License-Identifier: Apache-2.0
#include "fabric/image/shared_queues.h"

#include <algorithm>

namespace csl::image {

SharedQueues SharedQueuesOf(const std::vector<InputQueue>& queues, isa::Arch arch) {
  SharedQueues shared;
  if (arch != isa::Arch::kWse2) return shared;
  for (const InputQueue& queue : queues) {
    const bool is_shared = std::any_of(queues.begin(), queues.end(), [&](const InputQueue& other) {
      return &other != &queue && (other.queue == queue.queue || other.color == queue.color);
    });
    if (!is_shared || queue.color >= SharedQueues::kNumColors) continue;
    const uint32_t bit = uint32_t{1} << queue.color;
    if ((shared.colors & bit) == 0) {
      shared.first_queue[queue.color] = queue.queue;
      shared.priority[queue.color] = queue.priority;
    }
    shared.colors |= bit;
    if (shared.colors_of[queue.queue] == 0) shared.first_color[queue.queue] = queue.color;
    shared.colors_of[queue.queue] |= bit;
  }
  return shared;
}

}  // namespace csl::image
