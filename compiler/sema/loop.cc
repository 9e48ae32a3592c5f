// SPDX-License-Identifier: Apache-2.0
#include "compiler/sema/loop.h"

namespace csl::sema {

LoopTarget::LoopTarget(Frame& f, InstId i) : f_(f) {
  f.targets.push_back(std::make_unique<Target>());
  target_ = f.targets.back().get();
  target_->instruction = i;
  target_->is_loop = true;
}

LoopTarget::~LoopTarget() { f_.targets.pop_back(); }

bool LoopTarget::EnterNext(Flow flow) {
  ir::IrBuilder& b = *f_.builder;
  const bool falls = flow == Flow::kNext || flow == Flow::kYield;
  if (!target_->next.valid()) return falls;
  if (falls) b.Br(target_->next);
  b.SetBlock(target_->next);
  target_->next = {};
  return true;
}

Flow LoopTarget::Leave(InstId i, Flow flow) {
  if (target_->exit.valid()) f_.builder->SetBlock(target_->exit);
  if (flow == Flow::kError) return Flow::kError;
  f_.result(i) = Operand::Void();
  return target_->exit.valid() ? Flow::kNext : Flow::kEnded;
}

bool HasRoomForCode(Frame& f, source::Span span) {
  constexpr size_t kMostOperations = 1'000'000;
  if (!f.emits() || f.builder->function().num_values() <= kMostOperations) return true;
  FailAt(f, span, diagnostics::Kind::kTooMuchCode, {kMostOperations});
  return false;
}

bool IterationCount::Next() {
  if (!HasRoomForCode(f_, f_.span(i_))) return false;
  const uint32_t limit = f_.sema.context.options.max_inlined_iterations;
  if (limit == 0 || ++count_ <= limit) return f_.sema.CountStep(f_, f_.span(i_));
  Fail(f_, i_, diagnostics::Kind::kInlinedIterations, {limit});
  return false;
}

}  // namespace csl::sema
