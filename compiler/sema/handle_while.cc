// SPDX-License-Identifier: Apache-2.0
// while: executed at compile time, one loop at run time.
#include "compiler/sema/handler.h"
#include "compiler/sema/loop.h"

namespace csl::sema {

using diagnostics::Kind;

namespace {

Operand Condition(Frame& f, lower::Body body, source::Span span) {
  const Operand v = ValueOf(f, RunExpression(f, body), span);
  if (v.is_poison() || v.type == types::kBoolType) return v;
  return FailAt(f, span, Kind::kConditionNotBool, {f.sema.TypeText(v.type)});
}

Flow ComptimeWhile(Frame& f, InstId i, const untyped::While& inst) {
  IterationCount count(f, i);
  while (true) {
    const Operand condition = Condition(f, inst.condition, f.span(i));
    if (condition.is_poison()) return f.Set(i, condition);
    if (!condition.is_const()) return f.Set(i, Fail(f, i, Kind::kNotComptime, {"this condition"}));
    if (!Use(f, condition).AsBool()) break;
    if (!count.Next()) return f.Set(i, Operand::Poison());
    const Flow flow = RunBody(f, inst.body);
    if (flow == Flow::kBreak && f.jump_target == i) break;
    const bool goes_on = flow == Flow::kNext || (flow == Flow::kContinue && f.jump_target == i);
    if (!goes_on) return flow;
    const Flow update = RunBody(f, inst.update);
    if (update != Flow::kNext) return update;
  }
  return f.Set(i, Operand::Void());
}

Flow RunTimeWhile(Frame& f, InstId i, const untyped::While& inst) {
  ir::IrBuilder& b = *f.builder;
  b.SetLocation(f.sema.IrLocation(f.span(i)));
  LoopTarget target(f, i);
  const ir::BlockId head = b.NewBlock();
  b.Br(head);
  b.SetBlock(head);
  ++f.control_depth;
  const Operand condition = Condition(f, inst.condition, f.span(i));
  const bool always = condition.is_const() && Use(f, condition).AsBool();
  if (!always && !condition.is_poison()) {
    const ir::BlockId body = b.NewBlock();
    target->exit = b.NewBlock();
    b.CondBr(ToScalar(f, condition, f.span(i)), body, target->exit);
    b.SetBlock(body);
  }
  const Flow flow = RunBody(f, inst.body);
  if (target.EnterNext(flow)) {
    RunBody(f, inst.update);
    b.Br(head);
  }
  --f.control_depth;
  if (condition.is_poison()) f.Set(i, condition);
  return target.Leave(i, flow);
}

}  // namespace

Flow HandleWhile(Frame& f, InstId i, const untyped::While& inst) {
  return f.emits() ? RunTimeWhile(f, i, inst) : ComptimeWhile(f, i, inst);
}

}  // namespace csl::sema
