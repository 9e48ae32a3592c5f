// SPDX-License-Identifier: Apache-2.0
#include "fabric/pe/lone_microthread.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "fabric/pe/fabric_operation.h"
#include "fabric/pe/one_by_one.h"
#include "fabric/pe/ramp_out.h"

namespace csl::fabric::pe {
namespace {

using Mode = VectorOperand::Mode;

constexpr uint32_t kWordBytes = sizeof(uint32_t);

constexpr bool StaysInPage(uint32_t address) {
  return (address & (kPageBytes - 1)) <= kPageBytes - kWordBytes;
}

uint32_t NextWord(OneByOneOperand& one) {
  const uint32_t address = one.value;
  one.value = (address + static_cast<uint32_t>(one.step)) & 0xffff;
  return address;
}

[[gnu::noinline]] bool ReadAnew(PeState& pe, VectorRun* run, uint32_t address, uint32_t* value) {
  if (!pe.memory.Load<uint32_t>(address, value)) return false;
  if (StaysInPage(address)) {
    run->read_page_number = static_cast<uint8_t>(address >> kPageShift);
    run->read_page = pe.memory.PageAt(address & ~(kPageBytes - 1));
  }
  return true;
}

bool Read(PeState& pe, VectorRun* run, uint32_t address, uint32_t* value) {
  if (run->read_page_number != address >> kPageShift || !StaysInPage(address)) {
    return ReadAnew(pe, run, address, value);
  }
  std::memcpy(value, run->read_page + (address & (kPageBytes - 1)), kWordBytes);
  return true;
}

[[gnu::noinline]] bool WriteAnew(PeState& pe, VectorRun* run, uint32_t address, uint32_t value) {
  if (!pe.memory.Store<uint32_t>(address, value)) return false;
  // A page of the image may have become the PE's own.
  run->read_page_number = kNoPage;
  if (StaysInPage(address)) {
    run->written_page_number = static_cast<uint8_t>(address >> kPageShift);
    run->written_page = pe.memory.OwnPageAt(address & ~(kPageBytes - 1));
  }
  return true;
}

bool Write(PeState& pe, VectorRun* run, uint32_t address, uint32_t value) {
  if (run->written_page_number != address >> kPageShift || !StaysInPage(address)) {
    return WriteAnew(pe, run, address, value);
  }
  std::memcpy(run->written_page + (address & (kPageBytes - 1)), &value, kWordBytes);
  return true;
}

// A group of words, the fastest kind: plain ones from at most one queue and one place in memory,
// a cycle each.
template <Mode src0, Mode src1, Mode dest>
struct Words {
  template <Mode mode>
  static uint32_t Fetch(PeState& pe, RunContext& context, VectorRun* run,
                        const OneByOneOperand& one, int64_t now) {
    if constexpr (mode == Mode::kFabin) {
      if (!run->has_arrived) return TakeWord(pe, context, *run->channel, now).payload;
      run->has_arrived = false;
      pe.visible &= ~run->inputs;
      context.router->PopChannel(pe.local, __builtin_ctz(run->inputs), now);
      return run->arrived;
    } else {
      return one.value;
    }
  }
  template <Mode mode>
  static bool Load(PeState& pe, VectorRun* run, OneByOneOperand& one, uint32_t* value,
                   Fault* fault) {
    if constexpr (mode == Mode::kMemory) {
      const uint32_t address = NextWord(one);
      if (__builtin_expect(!Read(pe, run, address, value), 0)) {
        *fault = {FaultKind::kBadAddress, address};
        return false;
      }
    }
    return true;
  }

  [[gnu::always_inline]] static inline int Run(PeState& pe, RunContext& context, VectorRun* run,
                                               int64_t now, Fault* fault) {
    uint32_t a = Fetch<src0>(pe, context, run, run->one_src0, now);
    uint32_t b = Fetch<src1>(pe, context, run, run->one_src1, now);
    if (!Load<src0>(pe, run, run->one_src0, &a, fault)) return 1;
    if (!Load<src1>(pe, run, run->one_src1, &b, fault)) return 1;
    const uint32_t value = run->element(a, b, run->scalar, &pe.carry);
    if constexpr (dest == Mode::kFabout) {
      PushInto(pe, *run->queue, {value, run->color}, now);
    } else {
      const uint32_t address = NextWord(run->one_dest);
      if (__builtin_expect(!Write(pe, run, address, value), 0)) {
        *fault = {FaultKind::kBadAddress, address};
        return 1;
      }
    }
    ++run->done;
    return 1;
  }
};

// Any other group that goes one by one.
struct Others {
  static int Run(PeState& pe, RunContext& context, VectorRun* run, int64_t now, Fault* fault) {
    return RunOneByOne(pe, context, run, now, fault);
  }
};

[[gnu::always_inline]] inline bool IsReady(const PeState& pe, const VectorRun& run) {
  return (pe.output_full & run.outputs) == 0 && (pe.visible & run.inputs) == run.inputs;
}

// Does a group, as of an operation that is ready. False: the operation has ended.
template <typename Group>
[[gnu::always_inline]] inline bool Go(PeState& pe, RunContext& context, VectorRun* run,
                                      int64_t now) {
  Fault fault;
  const int cycles = Group::Run(pe, context, run, now, &fault);
  const int64_t end = now + cycles;
  pe.next_microthread = static_cast<uint8_t>((run->microthread + 1) & 7);
  run->ready_from = pe.port_free_from = end;
  // Tasks that ended before did so in this cycle at the latest.
  pe.counters.last_active_cycle = end;
  pe.touched = true;
  if (cycles == 1) {
    context.acted_until = now + 1;
  } else {
    context.NoteUntil(end);
  }
  if (__builtin_expect(!fault.ok(), 0)) {
    FaultInMicrothread(pe, *run, fault, now);
    return false;
  }
  ++pe.counters.vector_elements;
  if (__builtin_expect(run->done != run->length, 1)) return true;
  CompleteMicrothread(pe, context, run);
  return false;
}

template <typename Group>
int64_t StepLone(PeState& pe, RunContext& context, VectorRun* run, int64_t now) {
  // The queue that the microthread fills, alone, is the usual case.
  if (pe.output_words != 0) {
    if (pe.output_words == run->outputs) {
      (void)ServeOutput(pe, context, *run->queue, now);
    } else {
      RampOut(pe, context, now);
    }
  }
  int64_t next = kNever;
  if (IsReady(pe, *run)) {
    next = std::max(run->ready_from, pe.port_free_from);
    if (next <= now) {
      if (!Go<Group>(pe, context, run, now)) return FinishStep(pe, context, now);
      if (pe.control_heads != 0) return now + 1;
      next = IsReady(pe, *run) ? run->ready_from : kNever;
    }
  }
  KeepArrived(run);
  if (next > now + 1 && pe.output_words != 0) {
    const bool alone = pe.output_words == run->outputs;
    next = std::min(
        next, alone ? NextRampCycleOf(context, *run->queue, now) : NextRampCycle(pe, context, now));
  }
  return std::min(next, pe.wake_cycle);
}

template <Mode src0, Mode src1>
LoneStep ToDest(Mode dest) {
  return dest == Mode::kFabout ? &StepLone<Words<src0, src1, Mode::kFabout>>
                               : &StepLone<Words<src0, src1, Mode::kMemory>>;
}

template <Mode src0>
LoneStep ToSrc1(Mode src1, Mode dest) {
  switch (src1) {
    case Mode::kFabin:
      return ToDest<src0, Mode::kFabin>(dest);
    case Mode::kMemory:
      return ToDest<src0, Mode::kMemory>(dest);
    default:
      return ToDest<src0, Mode::kScalar>(dest);
  }
}

bool IsWord(const OneByOneOperand& one) {
  const bool has_bytes = one.mode != Mode::kScalar && one.mode != Mode::kNone;
  return !one.is_odd && (!has_bytes || one.element_bytes == kWordBytes);
}

LoneStep LoneStepOf(const VectorRun& run) {
  const Mode src0 = run.one_src0.mode;
  const Mode src1 = run.one_src1.mode;
  const Mode dest = run.one_dest.mode;
  const bool plain = IsWord(run.one_src0) && IsWord(run.one_src1) && IsWord(run.one_dest) &&
                     run.costs.slow_elements == 0 &&
                     (dest == Mode::kFabout || dest == Mode::kMemory);
  // Of one channel and of one page there is a note.
  if (!plain || (src0 == src1 && (src0 == Mode::kFabin || src0 == Mode::kMemory))) {
    return &StepLone<Others>;
  }
  switch (src0) {
    case Mode::kFabin:
      return ToSrc1<Mode::kFabin>(src1, dest);
    case Mode::kMemory:
      return ToSrc1<Mode::kMemory>(src1, dest);
    default:
      return ToSrc1<Mode::kScalar>(src1, dest);
  }
}

}  // namespace

void FindLone(PeState& pe) {
  pe.lone = nullptr;
  const uint32_t active = pe.microthreads_active;
  if (active == 0 || (active & (active - 1)) != 0 || pe.microthreads_blocked != 0) return;
  VectorRun* const run = pe.microthreads[static_cast<size_t>(__builtin_ctz(active))];
  if (!run->one_by_one || pe.main_run != nullptr || pe.rare != nullptr) return;
  if (!pe.streams.empty()) return;
  switch (pe.phase) {
    case Phase::kFaulted:
      return;
    case Phase::kIdle:
      if (pe.command != kNoCommand || (pe.tasks.active & ~pe.tasks.blocked) != 0) return;
      break;
    default:
      if (pe.thread.waits) return;
  }
  if (run->lone_step == nullptr) run->lone_step = LoneStepOf(*run);
  const OneByOneOperand& in = run->one_src0.mode == Mode::kFabin ? run->one_src0 : run->one_src1;
  run->channel = in.mode == Mode::kFabin ? &pe.channels[in.queue] : nullptr;
  run->queue = run->one_dest.mode == Mode::kFabout ? &pe.outputs[run->one_dest.queue] : nullptr;
  // Of the others FinishStep and channels see each word.
  run->takes_arrivals = run->channel != nullptr && run->lone_step != &StepLone<Others>;
  run->read_page_number = run->written_page_number = kNoPage;
  pe.lone = run;
}

}  // namespace csl::fabric::pe
