// SPDX-License-Identifier: Apache-2.0
// @range and its parts. A range of type range(T) has three parts of type T: start, stop, step.
#include "compiler/sema/handler.h"
#include "compiler/types/fold.h"
#include "compiler/types/predicates.h"

namespace csl::sema {

using diagnostics::Kind;
using types::BigInt;
using types::TypeId;
using types::Value;

namespace {

// The known number of an integer argument, if it is one.
std::optional<BigInt> KnownNumber(Frame& f, const BuiltinCall& call, size_t n) {
  const Operand v = Arg(f, call, n);
  if (!v.is_const() || !types::IsAnyInt(f.sema.types, v.type)) return std::nullopt;
  return types::ToBigInt(f.sema.types, Use(f, v));
}

Operand RangePart(Frame& f, const BuiltinCall& call, uint32_t part) {
  const Operand r = Arg(f, call, 0);
  if (r.is_poison()) return r;
  if (f.sema.types.kind(r.type) != types::Kind::kRange) {
    return Fail(f, call.args[0], Kind::kExpectedKind,
                {std::string("the argument of @") + BuiltinName(call.kind), "a range",
                 f.sema.TypeText(r.type)});
  }
  return PartOf(f, r, part);
}

}  // namespace

Operand Builtin_range(Frame& f, const BuiltinCall& call) {
  types::TypeStore& s = f.sema.types;
  const std::optional<TypeId> type = TypeArg(f, call, 0);
  if (!type) return Operand::Poison();
  if (!types::IsAnyInt(s, *type)) {
    return Fail(f, call.args[0], Kind::kExpectedKind,
                {"the type of @range", "an integer type", f.sema.TypeText(*type)});
  }
  if (call.args.size() == 3) {
    return Fail(f, call.i, Kind::kBuiltinArgumentCount, {"range", "2 or 4", 3});
  }
  auto number = [&](int64_t n) { return Operand::Const(types::IntValue(s, *type, BigInt(n))); };
  const TypeId range = s.Range(*type);
  if (call.args.size() == 2) {
    const Operand stop = CoercedArg(f, call, 1, *type);
    if (stop.is_poison()) return stop;
    return Assemble(f, range, {number(0), stop, number(1)});
  }
  const std::optional<BigInt> step = KnownNumber(f, call, 3);
  if (step && step->is_zero()) return Fail(f, call.args[3], Kind::kRangeStepZero);
  // Counting down is not possible in an unsigned type: such a range is empty.
  if (step && step->is_negative() && types::IsInt(s, *type) && !s.int_is_signed(*type)) {
    return Assemble(f, range, {number(0), number(0), number(1)});
  }
  std::vector<Operand> parts;
  for (size_t n = 1; n < 4; ++n) {
    parts.push_back(CoercedArg(f, call, n, *type));
    if (parts.back().is_poison()) return Operand::Poison();
  }
  return Assemble(f, range, std::move(parts));
}

Operand Builtin_range_start(Frame& f, const BuiltinCall& call) { return RangePart(f, call, 0); }
Operand Builtin_range_stop(Frame& f, const BuiltinCall& call) { return RangePart(f, call, 1); }
Operand Builtin_range_step(Frame& f, const BuiltinCall& call) { return RangePart(f, call, 2); }

}  // namespace csl::sema
