// SPDX-License-Identifier: Apache-2.0
// The interpreter's loop: finds each instruction's handler, and skips bodies, which owners run.
#include <type_traits>

#include "compiler/lower/walk.h"
#include "compiler/sema/effects.h"
#include "compiler/sema/handler.h"

namespace csl::sema {
namespace {

// Whether the result of an operand is an error, which has been reported.
struct PoisonFinder : lower::IgnoreFields {
  explicit PoisonFinder(const Frame& f) : f(f) {}
  void Inst(const char*, InstId id) { found = found || f.result(id).is_poison(); }
  void Optional(const char*, InstId id) {
    found = found || (id.valid() && f.result(id).is_poison());
  }
  const Frame& f;
  bool found = false;
};

template <typename T>
Flow Poisoned(Frame& f, InstId i) {
  const Flow flow = f.Set(i, Operand::Poison());
  if constexpr (std::is_same_v<T, untyped::Yield>) {
    f.yielded = Operand::Poison();
    return Flow::kYield;
  }
  const bool leaves = std::is_same_v<T, untyped::Break> || std::is_same_v<T, untyped::Return>;
  return leaves ? Flow::kError : flow;
}

// Runs an instruction whose struct is T.
template <typename T, Flow (*handler)(Frame&, InstId, const T&)>
Flow Run(Frame& f, InstId i) {
  const T inst = f.file.insts.Get<T>(i);
  PoisonFinder poison(f);
  VisitFields(inst, poison);
  if (poison.found) return Poisoned<T>(f, i);
  if (f.emits()) f.builder->SetLocation(f.sema.IrLocation(f.span(i)));
  return handler(f, i, inst);
}

using Runner = Flow (*)(Frame& f, InstId i);
constexpr Runner kRunners[] = {
#define UNTYPED(name, ...) &Run<untyped::name, &Handle##name>,
#include "compiler/lower/untyped.def"
};

}  // namespace

Flow RunBody(Frame& f, lower::Body body) {
  const lower::InstList& insts = f.file.insts;
  InstId next;
  for (InstId i = body.first; i < body.end; i = next) {
    const Flow flow = kRunners[static_cast<size_t>(insts.op(i))](f, i);
    if (flow != Flow::kNext) return flow;
    next = insts.Next(i);
    if (f.emits()) KeepUntilUsed(f, i, {next, body.end});
  }
  return Flow::kNext;
}

Operand RunExpression(Frame& f, lower::Body body) {
  const Flow flow = RunBody(f, body);
  if (flow == Flow::kYield) return std::move(f.yielded);
  if (flow == Flow::kNext) return Operand::Void();
  if (flow == Flow::kEnded) return Operand::Const(types::Value::Immediate(types::kNoreturnType, 0));
  if (flow != Flow::kError) {
    return FailAt(f, f.span(body.first), diagnostics::Kind::kJumpOutOfExpression);
  }
  return Operand::Poison();
}

Operand RunComptime(Frame& f, lower::Body body) {
  const bool mode = f.is_comptime;
  f.is_comptime = true;
  Operand result = RunExpression(f, body);
  f.is_comptime = mode;
  return result;
}

Operand Fail(const Frame& f, InstId i, diagnostics::Kind kind,
             std::initializer_list<diagnostics::Argument> arguments) {
  return FailAt(f, f.span(i), kind, arguments);
}

Operand FailAt(const Frame& f, source::Span span, diagnostics::Kind kind,
               std::initializer_list<diagnostics::Argument> arguments) {
  f.sema.Report(&f, span, kind, arguments);
  return Operand::Poison();
}

Operand FailOnForm(const Frame& f, diagnostics::Form form, source::Span span) {
  f.sema.ReportForm(form, span);
  return Operand::Poison();
}

Operand FailWith(const Frame& f, source::Span span, const diagnostics::Problem& problem) {
  f.sema.Report(&f, span, problem);
  return Operand::Poison();
}

Operand NotSupported(const Frame& f, InstId i, std::string_view what) {
  return Fail(f, i, diagnostics::Kind::kNotSupportedYet, {what});
}

}  // namespace csl::sema
