// SPDX-License-Identifier: Apache-2.0
#include "compiler/sema/async_config.h"

#include <algorithm>

#include "compiler/sema/struct_reader.h"
#include "compiler/types/predicates.h"

namespace csl::sema {

using diagnostics::Kind;
using types::Value;

namespace {

// The only id that a task is bound to.
std::optional<Operand> BoundId(Frame& f, const Value& task, source::Span span) {
  const ir::FunctionId function = f.sema.FunctionFor(task, &f, span);
  if (!function.valid()) return std::nullopt;
  const TaskBinding* found = nullptr;
  size_t count = 0;
  for (const TaskBinding& binding : f.sema.config.tasks) {
    if (binding.function != function) continue;
    found = &binding;
    ++count;
  }
  const std::string name = f.sema.DeclName(task.instance(), task.decl().index);
  if (count == 0 && f.sema.top_level_failed) return std::nullopt;
  if (count != 1) {
    FailAt(f, span, Kind::kTaskNotBoundOnce, {name, count});
    return std::nullopt;
  }
  return Operand::Const(Value::Immediate(types::kLocalTaskIdType, found->id));
}

bool IsTask(Frame& f, const Operand& o) {
  const types::TypeStore& s = f.sema.types;
  return o.is_const() && o.type.valid() && s.kind(o.type) == types::Kind::kFn &&
         s.fn_is_task(o.type) && o.value.form() == types::Form::kFunction;
}

}  // namespace

std::optional<Operand> TaskIdOf(Frame& f, const Operand& o,
                                std::initializer_list<types::Kind> allowed, std::string_view what,
                                source::Span span) {
  if (o.is_poison()) return std::nullopt;
  if (IsTask(f, o)) return BoundId(f, Use(f, o), span);
  const types::Kind kind = o.type.valid() ? f.sema.types.kind(o.type) : types::Kind::kVoid;
  if (std::find(allowed.begin(), allowed.end(), kind) != allowed.end()) return o;
  FailAt(f, span, Kind::kExpectedKind, {what, "a task or the id of one", f.sema.TypeText(o.type)});
  return std::nullopt;
}

namespace {

constexpr std::string_view kNotFabric = "'.async' needs an operand that is a fabric DSD or a DSR";

bool HasFabricOperand(const types::TypeStore& s, std::span<const Operand> operands) {
  return std::any_of(operands.begin(), operands.end(), [&](const Operand& o) {
    return o.type.valid() && (types::IsFabricDsd(s, o.type) || types::IsDsr(s, o.type));
  });
}

// `.activate` and `.unblock` of a struct, which exclude each other.
bool ReadAction(Frame& f, StructReader& from, ir::DsdAction* action, ir::ValueId* id) {
  for (const bool unblocks : {false, true}) {
    const char* name = unblocks ? "unblock" : "activate";
    if (!from.Has(name)) continue;
    if (*action != ir::DsdAction::kNone) {
      from.Error(Kind::kInvalidOperation, {"'.activate' and '.unblock' exclude each other"});
      return false;
    }
    const Operand field = from.Get(name);
    const std::string what = std::string("'.") + name + "'";
    const std::optional<Operand> task =
        unblocks ? TaskIdOf(f, field,
                            {types::Kind::kLocalTaskId, types::Kind::kDataTaskId,
                             types::Kind::kColor, types::Kind::kInputQueue},
                            what, from.span())
                 : TaskIdOf(f, field, {types::Kind::kLocalTaskId}, what, from.span());
    if (!task) return false;
    *action = unblocks ? ir::DsdAction::kUnblock : ir::DsdAction::kActivate;
    *id = ToScalar(f, *task, from.span());
  }
  return from.ok();
}

bool ReadOnControl(Frame& f, StructReader& config, ir::DsdArgs* args) {
  if (!config.Has("on_control")) return true;
  StructReader nested = config.Nested("on_control");
  nested.Allow({"terminate", "activate", "unblock"});
  if (nested.Bool("terminate")) {
    args->on_control = ir::DsdAction::kTerminate;
    return nested.ok();
  }
  return ReadAction(f, nested, &args->on_control, &args->on_control_id);
}

}  // namespace

bool ReadAsyncConfig(Frame& f, const BuiltinCall& call, size_t n, std::span<const Operand> operands,
                     ir::DsdArgs* args) {
  const source::Span span = f.span(call.args[n]);
  StructReader config(f, Arg(f, call, n), span, "the configuration of an operation");
  config.Allow({"async", "activate", "unblock", "on_control", "index", "priority", "ut_id"});
  const bool is_wse3 = f.sema.context.options.arch == Arch::kWse3;
  if (!is_wse3) config.Refuse("ut_id", "microthreads are chosen by queue on WSE-2");
  args->is_async = config.Bool("async");
  if (args->is_async && !HasFabricOperand(f.sema.types, operands)) {
    config.Error(Kind::kInvalidOperation, {kNotFabric});
  }
  if (!config.ok() || !ReadAction(f, config, &args->completion, &args->completion_id) ||
      !ReadOnControl(f, config, args)) {
    return false;
  }
  const bool has_dsr = std::any_of(operands.begin(), operands.end(), [&](const Operand& o) {
    return o.type.valid() && types::IsDsr(f.sema.types, o.type);
  });
  if (args->completion != ir::DsdAction::kNone && !args->is_async && !has_dsr) {
    config.Error(Kind::kInvalidOperation,
                 {"'.activate' and '.unblock' need '.async = true': a synchronous operation is "
                  "complete when it returns"});
  }
  if (config.Has("index")) {
    const Operand index = Coerce(f, config.Get("index"), types::kU16Type, span);
    if (index.is_poison()) return false;
    args->index = ToScalar(f, index, span);
  }
  const int priority = config.Choice("priority", {"low", "medium", "high"});
  if (priority >= 0) args->priority = static_cast<ir::DsdPriority>(priority + 1);
  if (config.Has("ut_id")) {
    const Operand id = config.Get("ut_id");
    const std::optional<Value> v = KnownValue(f, id, span, "'.ut_id'");
    if (!v) return false;
    if (v->type() != types::kUtIdType) {
      config.Error(Kind::kExpectedKind, {"'.ut_id'", "a ut_id", f.sema.TypeText(v->type())});
    } else {
      args->microthread = static_cast<int8_t>(v->bits());
    }
  }
  return config.ok();
}

}  // namespace csl::sema
