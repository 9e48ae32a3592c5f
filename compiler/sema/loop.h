// SPDX-License-Identifier: Apache-2.0
// What the loops share: the target of break and continue, and the limit on compile-time iterations.
#ifndef COMPILER_SEMA_LOOP_H_
#define COMPILER_SEMA_LOOP_H_

#include "compiler/sema/handler.h"

namespace csl::sema {

// Registers loop i as a target of the frame for its lifetime (run-time code only).
class LoopTarget {
 public:
  LoopTarget(Frame& f, InstId i);
  ~LoopTarget();
  LoopTarget(const LoopTarget&) = delete;
  LoopTarget& operator=(const LoopTarget&) = delete;

  Target* operator->() { return target_; }
  // Moves the builder to where an iteration that ended with `flow`, or a continue, continues. False
  // if nothing gets there.
  bool EnterNext(Flow flow);
  // Moves the builder behind the loop. kEnded if nothing gets there; kError is passed on.
  Flow Leave(InstId i, Flow flow);

 private:
  Frame& f_;
  Target* target_;
};

// Whether the function that is emitted has room for more, since unrolled loops and inline calls can
// ask for any number of copies: it is long past what a PE holds when it has not, which is reported.
bool HasRoomForCode(Frame& f, source::Span span);

// Counts the iterations of one compile-time loop, and the steps of the evaluation.
class IterationCount {
 public:
  IterationCount(Frame& f, InstId i) : f_(f), i_(i) {}
  // False past the limit: reported.
  bool Next();

 private:
  Frame& f_;
  InstId i_;
  uint64_t count_ = 0;
};

}  // namespace csl::sema

#endif  // COMPILER_SEMA_LOOP_H_
