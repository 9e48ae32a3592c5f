// SPDX-License-Identifier: Apache-2.0
// StepTrace: what the PEs of a shard write where instructions are traced (RunContext::steps). Then
// no PE runs ahead of fabric time, and no step is that of a lone microthread: all of them pass
// through here.
#ifndef FABRIC_PE_STEP_TRACE_H_
#define FABRIC_PE_STEP_TRACE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "fabric/trace/tracer.h"

namespace csl::fabric::pe {

struct PeState;
struct VectorRun;

class StepTrace {
 public:
  StepTrace(const trace::Tracer* tracer, size_t num_pes) : tracer_(*tracer), notes_(num_pes) {}

  // The main thread executed the instruction at `position` in cycle `now`, or began a vector
  // operation there. active_before: microthreads_active before.
  void Issued(const PeState& pe, uint32_t position, uint8_t active_before, int64_t now);
  // A group of elements of an operation, of the main thread or of a microthread.
  void Group(const PeState& pe, const VectorRun& run, int64_t now, int64_t cycles);
  // The end of the CE step of cycle `now`. Returns the next cycle in which the PE must be looked at
  // besides: one in which an operation may begin to wait.
  int64_t EndStep(PeState& pe, int64_t now);

 private:
  static constexpr size_t kMain = 8;  // the others: microthreads

  // An operation under way.
  struct Operation {
    uint32_t position = 0;
    uint32_t number = 0;
    uint32_t sequence = 0;
    uint8_t task = Event::kNoTask;
    bool waits = false;  // and it was said
  };
  struct Notes {
    std::array<Operation, kMain + 1> operations;
    uint32_t number = 0;  // of the last instruction
    bool busy = false;
  };

  void Add(const PeState& pe, Event::Kind kind, const Operation& operation, size_t thread,
           int64_t now, Event event = {});
  int64_t LookAt(PeState& pe, const VectorRun& run, size_t thread, int64_t now);

  const trace::Tracer& tracer_;
  std::vector<Notes> notes_;  // by PE of the shard
};

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_STEP_TRACE_H_
