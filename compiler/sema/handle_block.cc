// SPDX-License-Identifier: Apache-2.0
// Labelled blocks, comptime, quotes, and the jumps: yield, break, continue, return.
#include "compiler/sema/handler.h"
#include "compiler/sema/join.h"
#include "compiler/sema/signature.h"
#include "compiler/types/print.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;

namespace {

// Run-time break or continue; the path ends here.
Flow EmitJump(Frame& f, InstId target_instruction, bool is_break, Operand value,
              source::Span span) {
  Target* target = f.FindTarget(target_instruction);
  if (target == nullptr) {
    FailAt(f, span, Kind::kNotSupportedYet, {"this jump out of a compile-time block"});
    return Flow::kError;
  }
  if (!target->is_loop) {
    target->breaks.push_back({f.builder->block(), std::move(value), span});
    return Flow::kEnded;
  }
  ir::BlockId& to = is_break ? target->exit : target->next;
  if (!to.valid()) to = f.builder->NewBlock();
  f.builder->Br(to);
  return Flow::kEnded;
}

Flow EmitReturn(Frame& f, Operand value, source::Span span) {
  if (f.is_inline_call) {
    f.targets.front()->breaks.push_back({f.builder->block(), std::move(value), span});
    return Flow::kEnded;
  }
  if (f.return_type == types::kVoidType || value.type == types::kNoreturnType) {
    f.builder->Ret();
  } else if (IsScalar(f.sema.types, f.return_type)) {
    f.builder->Ret(ToScalar(f, value, span));
  } else {
    StoreTo(f, f.result_address, 0, value, span);
    f.builder->Ret();
  }
  return Flow::kEnded;
}

// The value of a jump, which may be none.
Operand OptionalValue(Frame& f, InstId at) {
  return at.valid() ? ValueOf(f, f.result(at), f.span(at)) : Operand::Void();
}

}  // namespace

Flow HandleBlock(Frame& f, InstId i, const untyped::Block& inst) {
  if (!f.emits()) {
    const Flow flow = RunBody(f, inst.body);
    if (flow == Flow::kNext) return f.Set(i, Operand::Void());
    if (flow != Flow::kBreak || f.jump_target != i) return flow;
    return f.Set(i, CoerceToRequested(f, std::move(f.yielded), inst.type, f.span(i)));
  }
  f.targets.push_back(std::make_unique<Target>());
  f.targets.back()->instruction = i;
  const Flow flow = RunBody(f, inst.body);
  std::vector<Incoming> breaks = std::move(f.targets.back()->breaks);
  f.targets.pop_back();
  if (breaks.empty()) return flow == Flow::kNext ? f.Set(i, Operand::Void()) : flow;
  Join join(f, Requested(f, inst.type), f.span(i));
  if (flow == Flow::kNext) join.Add(Operand::Void());
  if (flow == Flow::kError) join.Add(Operand::Poison());
  join.AddAll(std::move(breaks));
  return join.Finish(i);
}

Flow HandleComptime(Frame& f, InstId i, const untyped::Comptime& inst) {
  const bool mode = f.is_comptime;
  f.is_comptime = true;
  const Flow flow = RunBody(f, inst.body);
  f.is_comptime = mode;
  switch (flow) {
    case Flow::kNext:
      return f.Set(i, Operand::Void());
    case Flow::kYield: {
      f.is_comptime = true;
      Operand v = CoerceToRequested(f, std::move(f.yielded), inst.type, f.span(i));
      f.is_comptime = mode;
      const bool is_known = v.is_poison() || v.is_none() || AsPassedOn(v);
      if (!is_known) v = Fail(f, i, Kind::kNotComptime, {"the value of this expression"});
      return f.Set(i, std::move(v));
    }
    case Flow::kError:
      return f.Set(i, Operand::Poison());
    default:
      break;
  }
  if (mode) return flow;
  if (flow == Flow::kReturn) return EmitReturn(f, std::move(f.yielded), f.span(i));
  return EmitJump(f, f.jump_target, flow == Flow::kBreak, std::move(f.yielded), f.span(i));
}

Flow HandleQuote(Frame& f, InstId i, const untyped::Quote& inst) {
  return f.Set(i, Operand::Quote(i));
}

Flow HandleYield(Frame& f, InstId i, const untyped::Yield& inst) {
  f.yielded = ValueOf(f, f.result(inst.value), f.span(inst.value));
  return f.yielded.is_poison() && f.is_comptime ? Flow::kError : Flow::kYield;
}

Flow HandleBreak(Frame& f, InstId i, const untyped::Break& inst) {
  Operand value = OptionalValue(f, inst.value);
  if (value.is_poison() && f.is_comptime) return Flow::kError;
  if (f.emits()) return EmitJump(f, inst.target, true, std::move(value), f.span(i));
  f.yielded = std::move(value);
  f.jump_target = inst.target;
  return Flow::kBreak;
}

Flow HandleContinue(Frame& f, InstId i, const untyped::Continue& inst) {
  if (f.emits()) return EmitJump(f, inst.target, false, Operand::Void(), f.span(i));
  f.jump_target = inst.target;
  return Flow::kContinue;
}

namespace {

// A word, or an array of words.
bool HasSpelling(types::TypeStore& s, TypeId type) {
  if (s.kind(type) == types::Kind::kArray) return HasSpelling(s, s.element(type));
  const bool has_parts = s.kind(type) == types::Kind::kStruct ||
                         s.kind(type) == types::Kind::kUnion || s.kind(type) == types::Kind::kEnum;
  return !has_parts && s.FromWord(types::TypeText(s, type)) == type;
}

// What would be the type of the result in SDK 2.10, where it can be written down.
void NoteResult(Frame& f, const Operand& value) {
  if (f.sema.context.facts == nullptr || f.decl.function == lower::kNone) return;
  const lower::Body type = f.file.functions[f.decl.function].return_type;
  std::string fact;
  types::TypeStore& s = f.sema.types;
  for (const types::Field& field : s.fields(value.type)) {
    if (s.is_tuple(value.type) || !HasSpelling(s, field.type)) {
      fact = "";
      break;
    }
    fact += std::string(field.name) + ":" + f.sema.TypeText(field.type) + ";";
  }
  f.sema.NoteForm(diagnostics::Form::kComptimeStruct, f.span(type.first), std::move(fact));
}

}  // namespace

Flow HandleReturn(Frame& f, InstId i, const untyped::Return& inst) {
  if (f.emits()) f.builder->SetLocation(f.sema.IrLocation(f.span(i)));
  Operand value = OptionalValue(f, inst.value);
  if (!value.is_poison() && f.return_type.valid() && f.return_type != types::kAnytypeType) {
    if (f.return_type == types::kVoidType && value.type.valid() && value.type != types::kVoidType &&
        value.type != types::kNoreturnType) {
      value = Fail(f, i, Kind::kReturnValueFromVoid);
    } else {
      value = Coerce(f, value, f.return_type, f.span(i));
      if (f.return_type == types::kComptimeStructType && !value.is_poison()) NoteResult(f, value);
    }
  }
  if (value.is_poison()) {
    f.Set(i, value);
    return Flow::kError;
  }
  if (f.emits()) return EmitReturn(f, std::move(value), f.span(i));
  f.yielded = std::move(value);
  return Flow::kReturn;
}

}  // namespace csl::sema
