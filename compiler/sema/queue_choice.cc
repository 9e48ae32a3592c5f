// SPDX-License-Identifier: Apache-2.0
#include "compiler/sema/queue_choice.h"

#include <algorithm>

#include "compiler/types/dsd_value.h"
#include "fabric/isa/architecture.h"

namespace csl::sema {

using diagnostics::Kind;

void ChooseInputQueues(Analyzer& a) {
  std::vector<image::InputQueue>& queues = a.config.input_queues;
  for (const auto& [color, span] : a.inputs_without_queue) {
    const bool is_bound =
        color == types::DsdData::kNoId ||
        std::any_of(queues.begin(), queues.end(),
                    [color = color](const image::InputQueue& q) { return q.color == color; });
    if (is_bound) continue;
    // From the top, since programs and memcpy take low ones.
    int number = isa::LimitsOf(isa::Arch::kWse2).num_input_queues - 1;
    const auto is_taken = [&](const image::InputQueue& q) { return q.queue == number; };
    while (number > 0 && std::any_of(queues.begin(), queues.end(), is_taken)) --number;
    if (number == 0) {
      a.Report(nullptr, span, Kind::kInvalidOperation,
               {"no input queue is left for color " + std::to_string(color)});
      continue;
    }
    a.Report(nullptr, span, Kind::kQueueChosen, {color, number});
    image::InputQueue queue;
    queue.queue = static_cast<uint8_t>(number);
    queue.color = static_cast<uint8_t>(color);
    queues.push_back(queue);
  }
}

}  // namespace csl::sema
