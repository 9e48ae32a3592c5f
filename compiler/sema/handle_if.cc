// SPDX-License-Identifier: Apache-2.0
// if, and, or: a known condition picks its side and never looks at the other.
#include "compiler/sema/handler.h"
#include "compiler/sema/join.h"

namespace csl::sema {

using diagnostics::Kind;
using types::Value;

namespace {

// The condition as a value of type bool; poison if reported.
Operand Condition(Frame& f, const Operand& o, source::Span span) {
  const Operand v = ValueOf(f, o, span);
  if (v.is_poison() || v.type == types::kBoolType) return v;
  return FailAt(f, span, Kind::kConditionNotBool, {f.sema.TypeText(v.type)});
}

Flow RunTimeIf(Frame& f, InstId i, const untyped::If& inst, const Operand& condition) {
  ir::IrBuilder& b = *f.builder;
  b.SetLocation(f.sema.IrLocation(f.span(i)));
  const ir::BlockId then_block = b.NewBlock();
  const ir::BlockId else_block = b.NewBlock();
  b.CondBr(ToScalar(f, condition, f.span(i)), then_block, else_block);
  Join join(f, Requested(f, inst.type), f.span(i));
  ++f.control_depth;
  b.SetBlock(then_block);
  join.RunArm(inst.then_body);
  b.SetBlock(else_block);
  join.RunArm(inst.else_body);
  --f.control_depth;
  return join.Finish(i);
}

}  // namespace

Flow HandleIf(Frame& f, InstId i, const untyped::If& inst) {
  bool is_true = false;
  if (const Operand& known = f.result(inst.condition);
      known.is_const() && known.type == types::kBoolType) {
    is_true = Use(f, known).AsBool();
  } else {
    const Operand condition = Condition(f, known, f.span(inst.condition));
    if (condition.is_poison()) return f.Set(i, condition);
    if (!condition.is_const()) {
      if (f.emits()) return RunTimeIf(f, i, inst, condition);
      return f.Set(i, Fail(f, inst.condition, Kind::kNotComptime, {"this condition"}));
    }
    is_true = Use(f, condition).AsBool();
  }
  const Flow flow = RunBody(f, is_true ? inst.then_body : inst.else_body);
  if (flow == Flow::kNext) return f.Set(i, Operand::Void());
  if (flow != Flow::kYield) return flow;
  return f.Set(i, CoerceToRequested(f, std::move(f.yielded), inst.type, f.span(i)));
}

namespace {

// and: the right side decides if the left is true. or: if it is false.
Flow ShortCircuit(Frame& f, InstId i, InstId left_id, lower::Body right, bool deciding) {
  const Operand left = Condition(f, f.result(left_id), f.span(left_id));
  if (left.is_poison()) return f.Set(i, left);
  if (left.is_const()) {
    if (Use(f, left).AsBool() != deciding) return f.Set(i, Operand::Const(Value::Bool(!deciding)));
    return f.Set(i, Condition(f, RunExpression(f, right), f.span(i)));
  }
  if (!f.emits()) return f.Set(i, Fail(f, left_id, Kind::kNotComptime, {"this operand"}));
  ir::IrBuilder& b = *f.builder;
  const ir::BlockId right_block = b.NewBlock();
  const ir::BlockId end = b.NewBlock({ir::kBoolType});
  const ir::ValueId known[] = {b.Bool(!deciding)};
  const ir::ValueId condition = ToScalar(f, left, f.span(i));
  if (deciding) {
    b.CondBr(condition, right_block, end, {}, known);
  } else {
    b.CondBr(condition, end, right_block, known, {});
  }
  b.SetBlock(right_block);
  ++f.control_depth;
  const Operand v = Condition(f, RunExpression(f, right), f.span(i));
  --f.control_depth;
  const ir::ValueId value[] = {v.is_poison() ? b.Bool(false) : ToScalar(f, v, f.span(i))};
  b.Br(end, value);
  b.SetBlock(end);
  if (v.is_poison()) return f.Set(i, v);
  return f.Set(i, Operand::Runtime(types::kBoolType, b.BlockParam(end, 0)));
}

}  // namespace

Flow HandleBoolAnd(Frame& f, InstId i, const untyped::BoolAnd& inst) {
  return ShortCircuit(f, i, inst.left, inst.right, true);
}
Flow HandleBoolOr(Frame& f, InstId i, const untyped::BoolOr& inst) {
  return ShortCircuit(f, i, inst.left, inst.right, false);
}

}  // namespace csl::sema
