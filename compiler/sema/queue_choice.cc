// SPDX-License-Identifier: Apache-2.0
#include "compiler/sema/queue_choice.h"

#include <algorithm>

#include "compiler/types/dsd_value.h"
#include "fabric/isa/architecture.h"

namespace csl::sema {

using diagnostics::Kind;

namespace {

image::InputQueue* QueueWith(std::vector<image::InputQueue>& queues, uint16_t number) {
  const auto found = std::find_if(queues.begin(), queues.end(),
                                  [&](const image::InputQueue& q) { return q.queue == number; });
  return found == queues.end() ? nullptr : &*found;
}

void BindInputColors(Analyzer& a) {
  std::vector<image::InputQueue>& queues = a.config.input_queues;
  const size_t num_explicit = queues.size();
  for (const Analyzer::InputColor& use : a.input_colors) {
    if (const image::InputQueue* known = QueueWith(queues, use.queue)) {
      const bool is_ours = static_cast<size_t>(known - queues.data()) >= num_explicit;
      if (is_ours && known->color != use.color) {
        a.Report(nullptr, use.span, Kind::kQueueOfOtherColor, {use.queue, known->color, use.color});
      }
      continue;
    }
    const auto other = std::find_if(queues.begin(), queues.end(), [&](const image::InputQueue& q) {
      return q.color == use.color;
    });
    if (other != queues.end()) {
      a.Report(nullptr, use.span, Kind::kColorOfOtherQueue,
               {use.color, static_cast<int>(other->queue), use.queue});
      continue;
    }
    image::InputQueue queue;
    queue.queue = static_cast<uint8_t>(use.queue);
    queue.color = static_cast<uint8_t>(use.color);
    queues.push_back(queue);
    a.ReportForm(diagnostics::Form::kQueueOfFabricColor, use.span);
    a.NoteForm(diagnostics::Form::kQueueOfFabricColor, use.span,
               std::to_string(use.queue) + "," + std::to_string(use.color));
  }
}

}  // namespace

void ChooseInputQueues(Analyzer& a) {
  BindInputColors(a);
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

namespace {

template <typename Queue>
std::optional<uint16_t> FindOrBind(Analyzer& a, std::vector<Queue>& queues, int most,
                                   uint16_t color, const char* what, source::Span span,
                                   bool* is_bound) {
  for (const Queue& queue : queues) {
    if (queue.color != color) continue;
    *is_bound = true;
    return queue.queue;
  }
  int number = most - 1;
  const auto is_taken = [&](const Queue& q) { return q.queue == number; };
  // The lowest two may be memcpy's.
  while (number > 1 && std::any_of(queues.begin(), queues.end(), is_taken)) --number;
  if (number == 1) {
    a.Report(nullptr, span, Kind::kInvalidOperation,
             {std::string("no ") + what + " is left for color " + std::to_string(color)});
    return std::nullopt;
  }
  Queue queue;
  queue.queue = static_cast<uint8_t>(number);
  queue.color = static_cast<uint8_t>(color);
  queues.push_back(queue);
  return queue.queue;
}

}  // namespace

std::optional<uint16_t> QueueOfColor(Analyzer& a, bool is_output, uint16_t color, source::Span span,
                                     bool* is_bound) {
  const isa::Limits& limits = isa::LimitsOf(isa::Arch::kWse3);
  if (is_output) {
    return FindOrBind(a, a.config.output_queues, limits.num_output_queues, color, "output queue",
                      span, is_bound);
  }
  return FindOrBind(a, a.config.input_queues, limits.num_input_queues, color, "input queue", span,
                    is_bound);
}

}  // namespace csl::sema
