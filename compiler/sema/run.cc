// SPDX-License-Identifier: Apache-2.0
// The interpreter's loop: finds each instruction's handler, and skips bodies, which owners run.
#include <array>

#include "base/check.h"
#include "compiler/sema/effects.h"
#include "compiler/sema/handler.h"

namespace csl::sema {
namespace {

constexpr InstHandler kHandlers[] = {
#define UNTYPED_OP(name, ...) &Handle##name,
#include "compiler/lower/untyped.def"
};

// Which words of an instruction name operands: bit 0 for a, 1 for b, 2 for c.
constexpr uint8_t Bits(char a, char b, char c) {
  auto is_operand = [](char k) { return k == 'I' || k == 'O'; };
  return static_cast<uint8_t>((is_operand(a) ? 1 : 0) | (is_operand(b) ? 2 : 0) |
                              (is_operand(c) ? 4 : 0));
}
constexpr uint8_t kOperandWords[] = {
#define UNTYPED_OP(name, text, a, b, c) Bits((#a)[0], (#b)[0], (#c)[0]),
#include "compiler/lower/untyped.def"
};

bool PoisonedAt(const Frame& f, uint32_t word) {
  return word != lower::kNone && f.results[word - f.first].is_poison();
}

bool HasPoison(const Frame& f, const lower::Inst& inst) {
  const uint8_t words = kOperandWords[static_cast<size_t>(inst.op)];
  return ((words & 1) != 0 && PoisonedAt(f, inst.a)) ||
         ((words & 2) != 0 && PoisonedAt(f, inst.b)) || ((words & 4) != 0 && PoisonedAt(f, inst.c));
}

// Whether bodies, which the instruction runs itself, lie directly behind it.
constexpr bool OwnsBodies(lower::Op op) {
  using lower::Op;
  switch (op) {
    case Op::kBoolAnd:
    case Op::kBoolOr:
    case Op::kBlock:
    case Op::kComptime:
    case Op::kQuote:
    case Op::kIf:
    case Op::kWhile:
    case Op::kFor:
    case Op::kSwitch:
    case Op::kTensorAccess:
      return true;
    default:
      return false;
  }
}
constexpr bool kOwnsBodies[] = {
#define UNTYPED_OP(name, ...) OwnsBodies(lower::Op::k##name),
#include "compiler/lower/untyped.def"
};

// Where execution continues behind instruction i, which owns bodies: the end of the last one.
uint32_t EndOfBodies(const Frame& f, uint32_t i) {
  using lower::Op;
  const lower::Inst& inst = f.inst(i);
  auto end_of = [&](uint32_t extra) { return std::max(f.file.body_at(extra).end, i + 1); };
  switch (inst.op) {
    case Op::kBoolAnd:
    case Op::kBoolOr:
    case Op::kBlock:
    case Op::kComptime:
    case Op::kQuote:
      return end_of(inst.b);
    case Op::kIf:
      return std::max(end_of(inst.b), end_of(inst.b + 2));
    case Op::kWhile:
      return std::max({end_of(inst.b), end_of(inst.b + 2), end_of(inst.b + 4)});
    case Op::kFor:
      return end_of(inst.b + 2);
    case Op::kSwitch: {
      uint32_t at = inst.b, end = i + 1;
      const uint32_t prongs = f.extra(at++);
      for (uint32_t p = 0; p < prongs; ++p) {
        const uint32_t bodies = f.extra(at++) + 1;
        for (uint32_t n = 0; n < bodies; ++n, at += 2) end = std::max(end, end_of(at));
      }
      return end;
    }
    case Op::kTensorAccess: {
      uint32_t at = inst.b, end = i + 1;
      at += 1 + 2 * f.extra(at);
      const uint32_t bodies = f.extra(at++);
      for (uint32_t n = 0; n < bodies; ++n, at += 2) end = std::max(end, end_of(at));
      return end;
    }
    default:
      return i + 1;
  }
}

uint32_t Next(const Frame& f, uint32_t i) {
  return kOwnsBodies[static_cast<size_t>(f.inst(i).op)] ? EndOfBodies(f, i) : i + 1;
}

}  // namespace

bool NamesOperand(const lower::Inst& inst, uint32_t i) {
  const uint8_t words = kOperandWords[static_cast<size_t>(inst.op)];
  return ((words & 1) != 0 && inst.a == i) || ((words & 2) != 0 && inst.b == i) ||
         ((words & 4) != 0 && inst.c == i);
}

Flow RunBody(Frame& f, lower::Body body) {
  for (uint32_t i = body.first; i < body.end; i = Next(f, i)) {
    const lower::Inst& inst = f.inst(i);
    Flow flow;
    if (HasPoison(f, inst)) {
      flow = f.Set(i, Operand::Poison());
      if (inst.op == lower::Op::kYield) {
        f.yielded = Operand::Poison();
        return Flow::kYield;
      }
      if (inst.op == lower::Op::kBreak || inst.op == lower::Op::kReturn) return Flow::kError;
    } else {
      if (f.emits()) f.builder->SetLocation(f.sema.IrLocation(f.span(i)));
      flow = kHandlers[static_cast<size_t>(inst.op)](f, i);
    }
    if (flow != Flow::kNext) return flow;
    if (f.emits()) KeepUntilUsed(f, i, Next(f, i), body.end);
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

Operand Fail(const Frame& f, uint32_t i, diagnostics::Kind kind,
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

Operand FailStatus(const Frame& f, source::Span span, const Status& status) {
  const auto kind = status.code() == StatusCode::kUnimplemented
                        ? diagnostics::Kind::kNotSupportedYet
                        : diagnostics::Kind::kInvalidOperation;
  return FailAt(f, span, kind, {status.message()});
}

Operand NotSupported(const Frame& f, uint32_t i, std::string_view what) {
  return Fail(f, i, diagnostics::Kind::kNotSupportedYet, {what});
}

}  // namespace csl::sema
