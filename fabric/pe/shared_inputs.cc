// SPDX-License-Identifier: Apache-2.0
#include "fabric/pe/shared_inputs.h"

#include "fabric/pe/program.h"
#include "fabric/pe/state.h"

namespace csl::fabric::pe {
namespace {

using Mode = VectorOperand::Mode;

bool TakesThrough(const VectorOperand& operand, int queue) {
  return operand.mode == Mode::kFabin && operand.queue_in_use() == queue;
}

// The queue for an input that names only a color: the first one of the color, else the highest,
// that no operation uses; the first one if there is none.
uint8_t IdleInputQueue(const PeState& pe, const VectorOperand& input, const VectorOperand& other) {
  const auto is_idle = [&](int queue) {
    for (const VectorRun* run : pe.microthreads) {
      if (run == nullptr) continue;
      if (run->microthread == queue || TakesThrough(run->src0, queue) ||
          TakesThrough(run->src1, queue)) {
        return false;
      }
    }
    return !TakesThrough(other, queue);
  };
  const uint8_t first =
      pe.program->shared_queues.first_queue[input.queue - size_t{kFirstImplicitChannel}];
  if (is_idle(first)) return first;
  for (uint8_t queue = isa::kMaxQueues; queue-- > 0;) {
    if (is_idle(queue)) return queue;
  }
  return first;
}

// Whether two inputs need one queue for two colors, or two queues for one color, at once.
bool Clash(const VectorOperand& a, const VectorOperand& b) {
  if (a.bound_queue == isa::kNoQueue || b.bound_queue == isa::kNoQueue) return false;
  return (a.bound_queue == b.bound_queue) != (a.queue == b.queue);
}

}  // namespace

Fault BindSharedQueues(PeState& pe, VectorRun* run) {
  const auto is_shared = [](const VectorOperand& o) {
    return o.mode == Mode::kFabin && o.queue >= kFirstImplicitChannel;
  };
  if (!is_shared(run->src0) && !is_shared(run->src1)) return {};
  for (VectorOperand* mine : {&run->src0, &run->src1}) {
    if (is_shared(*mine)) mine->bound_queue = Dsr(pe, mine->dsr_file, mine->dsr_number).queue;
  }
  for (VectorOperand* mine : {&run->src0, &run->src1}) {
    if (!is_shared(*mine) || mine->bound_queue != isa::kNoQueue) continue;
    mine->bound_queue = IdleInputQueue(pe, *mine, mine == &run->src0 ? run->src1 : run->src0);
  }
  for (const VectorOperand* mine : {&run->src0, &run->src1}) {
    bool clashes = Clash(run->src0, run->src1);
    for (const VectorRun* under_way : pe.microthreads) {
      if (under_way == nullptr) continue;
      clashes = clashes || Clash(*mine, under_way->src0) || Clash(*mine, under_way->src1);
    }
    if (clashes && mine->bound_queue != isa::kNoQueue) {
      return {FaultKind::kQueueServesOther, mine->bound_queue};
    }
  }
  return {};
}

}  // namespace csl::fabric::pe
