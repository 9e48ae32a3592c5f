// SPDX-License-Identifier: Apache-2.0
// @assert, @comptime_assert, @comptime_print, @is_arch, @is_comptime.
#include "compiler/sema/handler.h"
#include "fabric/isa/architecture.h"

namespace csl::sema {

using diagnostics::Kind;
using types::Value;

namespace {

// The condition as a bool; poison if it is none: reported.
Operand ConditionArg(Frame& f, const BuiltinCall& call) {
  const Operand v = Arg(f, call, 0);
  if (v.is_poison() || v.type == types::kBoolType) return v;
  return Fail(f, call.args[0], Kind::kConditionNotBool, {f.sema.TypeText(v.type)});
}

Operand FailAssertion(Frame& f, const BuiltinCall& call) {
  std::string tail;
  if (call.args.size() > 1) {
    const std::optional<Value> message = KnownArg(f, call, 1, "the message");
    if (!message) return Operand::Poison();
    tail = ": " + f.sema.ValueText(*message);
  }
  return Fail(f, call.i, Kind::kComptimeAssert, {tail});
}

}  // namespace

Operand Builtin_comptime_assert(Frame& f, const BuiltinCall& call) {
  const Operand condition = ConditionArg(f, call);
  if (condition.is_poison()) return condition;
  if (!condition.is_const()) {
    return Fail(f, call.args[0], Kind::kNotComptime, {"the condition of @comptime_assert"});
  }
  return Use(f, condition).AsBool() ? Operand::Void() : FailAssertion(f, call);
}

Operand Builtin_assert(Frame& f, const BuiltinCall& call) {
  if (!f.emits()) return Builtin_comptime_assert(f, call);
  const Operand condition = ConditionArg(f, call);
  if (condition.is_poison()) return condition;
  if (condition.is_const() && Use(f, condition).AsBool()) return Operand::Void();
  ir::IrBuilder& b = *f.builder;
  const ir::ValueId holds = ToScalar(f, condition, f.span(call.args[0]));
  const ir::BlockId fails = b.NewBlock();
  const ir::BlockId goes_on = b.NewBlock();
  b.CondBr(holds, goes_on, fails);
  b.SetBlock(fails);
  b.Trap(ir::TrapCode::kAssert);
  b.SetBlock(goes_on);
  return Operand::Void();
}

Operand Builtin_comptime_print(Frame& f, const BuiltinCall& call) {
  std::string line;
  for (size_t n = 0; n < call.args.size(); ++n) {
    const std::optional<Value> v = KnownArg(f, call, n, "what @comptime_print shows");
    if (!v) return Operand::Poison();
    if (n > 0) line += ", ";
    line += f.sema.ValueText(*v);
  }
  if (f.sema.context.options.print) f.sema.context.options.print(line);
  return Operand::Void();
}

Operand Builtin_is_arch(Frame& f, const BuiltinCall& call) {
  const std::optional<std::string> name = StringArg(f, call, 0);
  if (!name) return Operand::Poison();
  const std::optional<isa::Arch> arch = isa::FindArch(*name);
  if (!arch) f.sema.Report(&f, f.span(call.args[0]), Kind::kUnknownArch, {*name});
  const isa::Arch ours =
      f.sema.context.options.arch == Arch::kWse2 ? isa::Arch::kWse2 : isa::Arch::kWse3;
  return Operand::Const(Value::Bool(arch == ours));
}

Operand Builtin_is_comptime(Frame& f, const BuiltinCall& call) {
  return Operand::Const(Value::Bool(f.is_comptime));
}

}  // namespace csl::sema
