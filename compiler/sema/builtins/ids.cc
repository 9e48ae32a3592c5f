// SPDX-License-Identifier: Apache-2.0
// Constructors of the ids of the machine: colors, tasks, queues, microthreads, DSRs. Known numbers
// are checked against the architecture; run-time numbers, where allowed, are taken as they are.
#include "compiler/sema/handler.h"
#include "compiler/sema/reserved.h"
#include "compiler/types/fold.h"
#include "compiler/types/predicates.h"
#include "fabric/isa/architecture.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;
using types::Value;

namespace {

isa::Arch ArchOf(const Frame& f) {
  return f.sema.context.options.arch == Arch::kWse2 ? isa::Arch::kWse2 : isa::Arch::kWse3;
}
const isa::Limits& LimitsOf(const Frame& f) { return isa::LimitsOf(ArchOf(f)); }

Operand KnownId(Frame& f, const BuiltinCall& call, size_t n, TypeId type, std::string_view what,
                int64_t lowest, int64_t highest) {
  const std::optional<int64_t> id = IntArg(f, call, n, what, lowest, highest);
  if (!id) return Operand::Poison();
  return Operand::Const(Value::Immediate(type, static_cast<uint64_t>(*id)));
}

// A known number, or a run-time u16.
Operand AnyId(Frame& f, const BuiltinCall& call, TypeId type, std::string_view what, int64_t lowest,
              int64_t highest) {
  const Operand v = Arg(f, call, 0);
  if (v.is_poison()) return v;
  if (v.is_const()) return KnownId(f, call, 0, type, what, lowest, highest);
  const Operand number = Coerce(f, v, types::kU16Type, f.span(call.args[0]));
  if (number.is_poison()) return number;
  if (!f.emits()) return Fail(f, call.args[0], Kind::kNotComptime, {what});
  return Operand::Runtime(type, ToScalar(f, number, f.span(call.args[0])));
}

Operand OnlyOnWse3(Frame& f, const BuiltinCall& call) {
  return Fail(f, call.i, Kind::kWse3Only, {BuiltinName(call.kind)});
}

}  // namespace

Operand Builtin_get_color(Frame& f, const BuiltinCall& call) {
  // SDK 1.0: the ids of tasks are colors, too, and some number above stands for no color.
  const Operand v = Arg(f, call, 0);
  if (v.is_const() && types::IsAnyInt(f.sema.types, v.type)) {
    const types::BigInt number = types::ToBigInt(f.sema.types, Use(f, v));
    if (number > types::BigInt(LimitsOf(f).num_colors - 1) &&
        number < types::BigInt(LimitsOf(f).num_control_task_ids)) {
      f.sema.ReportForm(diagnostics::Form::kColorAbove23, f.span(call.i));
      f.sema.NoteForm(diagnostics::Form::kColorAbove23, f.span(call.i), "used");
      return Operand::Const(Value::Immediate(types::kColorType, number.Low64()));
    }
  }
  return AnyId(f, call, types::kColorType, "a color", 0, LimitsOf(f).num_colors - 1);
}

Operand Builtin_get_color_id(Frame& f, const BuiltinCall& call) {
  const Operand v = Arg(f, call, 0);
  if (v.is_poison() || v.type == types::kColorType)
    return v.is_poison() ? v : Builtin_get_int(f, call);
  return Fail(f, call.args[0], Kind::kExpectedKind,
              {"the argument of @get_color_id", "a color", f.sema.TypeText(v.type)});
}

Operand Builtin_get_control_task_id(Frame& f, const BuiltinCall& call) {
  return AnyId(f, call, types::kControlTaskIdType, "a control task id", 0,
               LimitsOf(f).num_control_task_ids - 1);
}

Operand Builtin_get_local_task_id(Frame& f, const BuiltinCall& call) {
  const isa::Limits& limits = LimitsOf(f);
  return AnyId(f, call, types::kLocalTaskIdType, "a local task id", limits.min_local_task_id,
               limits.max_local_task_id);
}

Operand Builtin_get_data_task_id(Frame& f, const BuiltinCall& call) {
  const Operand v = Arg(f, call, 0);
  if (v.is_poison()) return v;
  const bool wse2 = ArchOf(f) == isa::Arch::kWse2;
  const TypeId wanted = wse2 ? types::kColorType : types::kInputQueueType;
  if (v.type != wanted) {
    return Fail(f, call.args[0], Kind::kExpectedKind,
                {std::string("the argument of @get_data_task_id on ") + (wse2 ? "WSE-2" : "WSE-3"),
                 f.sema.TypeText(wanted), f.sema.TypeText(v.type)});
  }
  if (v.is_const()) {
    if (wse2 && !CheckRoutable(f, Use(f, v).bits(), f.span(call.args[0]))) return Operand::Poison();
    return Operand::Const(Use(f, v).WithType(types::kDataTaskIdType));
  }
  return Operand::Runtime(types::kDataTaskIdType, ToScalar(f, v, f.span(call.args[0])));
}

Operand Builtin_get_input_queue(Frame& f, const BuiltinCall& call) {
  return KnownId(f, call, 0, types::kInputQueueType, "an input queue", 0,
                 LimitsOf(f).num_input_queues - 1);
}

Operand Builtin_get_output_queue(Frame& f, const BuiltinCall& call) {
  return KnownId(f, call, 0, types::kOutputQueueType, "an output queue", 0,
                 LimitsOf(f).num_output_queues - 1);
}

Operand Builtin_get_ut_id(Frame& f, const BuiltinCall& call) {
  if (ArchOf(f) != isa::Arch::kWse3) return OnlyOnWse3(f, call);
  return AnyId(f, call, types::kUtIdType, "a microthread id", 0, LimitsOf(f).num_microthreads - 1);
}

Operand Builtin_get_dsr(Frame& f, const BuiltinCall& call) {
  const std::optional<TypeId> type = TypeArg(f, call, 0);
  if (!type) return Operand::Poison();
  if (*type == types::kDsrFifoDestType || *type == types::kDsrFifoSrc1Type) {
    const std::optional<Value> dsr = KnownArg(f, call, 1, "a DSR");
    if (!dsr) return Operand::Poison();
    const TypeId plain =
        *type == types::kDsrFifoDestType ? types::kDsrDestType : types::kDsrSrc1Type;
    if (dsr->type() == plain) return Operand::Const(dsr->WithType(*type));
    return Fail(f, call.args[1], Kind::kExpectedKind,
                {"the argument of @get_dsr", f.sema.TypeText(plain), f.sema.TypeText(dsr->type())});
  }
  if (!types::IsDsr(f.sema.types, *type)) {
    return Fail(f, call.args[0], Kind::kExpectedKind,
                {"the type of @get_dsr", "a DSR type", f.sema.TypeText(*type)});
  }
  return KnownId(f, call, 1, *type, "a DSR id", 0, LimitsOf(f).dsrs_per_file - 1);
}

Operand Builtin_get_xdsr(Frame& f, const BuiltinCall& call) {
  return KnownId(f, call, 0, types::kXdsrType, "an XDSR id", 0, LimitsOf(f).num_xdsrs - 1);
}

Operand Builtin_get_sr(Frame& f, const BuiltinCall& call) {
  return KnownId(f, call, 0, types::kSrType, "an SR id", 0, LimitsOf(f).num_srs - 1);
}

}  // namespace csl::sema
