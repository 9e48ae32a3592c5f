// SPDX-License-Identifier: Apache-2.0
#include "compiler/sema/async_config.h"

#include <algorithm>

#include "compiler/sema/reserved.h"
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

bool IsOne(const types::TypeStore& s, const Operand& o,
           bool (*is)(const types::TypeStore&, types::TypeId)) {
  return o.type.valid() && is(s, o.type);
}

}  // namespace

Operand ActivatedId(Frame& f, const Operand& id, std::string_view field, source::Span span) {
  if (id.type != types::kColorType || f.sema.context.options.arch == Arch::kWse3) return id;
  f.sema.ReportForm(diagnostics::Form::kColorAsTaskId, span);
  const bool is_above = id.is_const() && !IsRoutable(Use(f, id).bits());
  f.sema.NoteForm(diagnostics::Form::kColorAsTaskId, span,
                  std::string(field) + (is_above ? "+" : ""));
  if (id.is_const()) return Operand::Const(Use(f, id).WithType(types::kLocalTaskIdType));
  return Operand::Runtime(types::kLocalTaskIdType, ToScalar(f, id, span));
}

namespace {

// `.activate` and `.unblock` of a struct, which exclude each other.
bool ReadAction(Frame& f, StructReader& from, EndAction* out) {
  for (const bool unblocks : {false, true}) {
    const char* name = unblocks ? "unblock" : "activate";
    if (!from.Has(name)) continue;
    if (out->action != ir::DsdAction::kNone) {
      from.Error(Kind::kActivateAndUnblock, {});
      return false;
    }
    const Operand field = from.Get(name);
    const std::string what = std::string("'.") + name + "'";
    const types::Kind channel =
        f.sema.context.options.arch == Arch::kWse3 ? types::Kind::kInputQueue : types::Kind::kColor;
    const std::optional<Operand> task =
        unblocks
            ? TaskIdOf(f, field, {types::Kind::kLocalTaskId, types::Kind::kDataTaskId, channel},
                       what, from.span())
            : TaskIdOf(f, ActivatedId(f, field, name, from.span()), {types::Kind::kLocalTaskId},
                       what, from.span());
    if (!task) return false;
    out->action = unblocks ? ir::DsdAction::kUnblock : ir::DsdAction::kActivate;
    out->id = *task;
  }
  return from.ok();
}

bool ReadOnControl(Frame& f, StructReader& config, EndAction* out) {
  if (!config.Has("on_control")) return true;
  StructReader nested = config.Nested("on_control");
  nested.Allow({"terminate", "activate", "unblock"});
  const bool terminates = nested.Bool("terminate");
  if (!nested.ok() || !ReadAction(f, nested, out)) return false;
  if (terminates && out->has_id()) {
    nested.Error(Kind::kTerminateAndActivate, {});
    return false;
  }
  if (terminates) out->action = ir::DsdAction::kTerminate;
  return nested.ok();
}

bool ReadMicrothread(Frame& f, StructReader& config, AsyncConfig* out) {
  if (!config.Has("ut_id")) return true;
  const std::optional<Value> v = KnownValue(f, config.Get("ut_id"), config.span(), "'.ut_id'");
  if (!v) return false;
  if (v->type() != types::kUtIdType) {
    config.Error(Kind::kExpectedKind, {"'.ut_id'", "a ut_id", f.sema.TypeText(v->type())});
    return false;
  }
  out->microthread = static_cast<int8_t>(v->bits());
  return true;
}

}  // namespace

isa::AsyncSettings AsyncConfig::Settings() const {
  isa::AsyncSettings settings;
  settings.is_async = is_async;
  settings.completion = static_cast<isa::AsyncAction>(completion.action);
  settings.on_control = static_cast<isa::AsyncAction>(on_control.action);
  settings.priority = static_cast<uint8_t>(priority);
  if (microthread >= 0) settings.microthread = static_cast<uint8_t>(microthread);
  return settings;
}

bool ReadAsyncFields(Frame& f, StructReader& config, AsyncConfig* out) {
  if (f.sema.context.options.arch == Arch::kWse3) {
    config.Refuse("priority", "on WSE-3 DSDs and FIFOs have priorities");
  } else {
    config.Refuse("ut_id", "microthreads are chosen by queue on WSE-2");
  }
  out->is_async = config.Bool("async");
  const int priority = config.Choice("priority", {"low", "medium", "high"});
  if (priority >= 0) out->priority = static_cast<ir::DsdPriority>(priority + 1);
  return config.ok() && ReadAction(f, config, &out->completion) &&
         ReadOnControl(f, config, &out->on_control) && ReadMicrothread(f, config, out) &&
         config.ok();
}

bool ReadAsyncConfig(Frame& f, const BuiltinCall& call, size_t n, std::span<const Operand> operands,
                     ir::DsdArgs* args) {
  const types::TypeStore& s = f.sema.types;
  const source::Span span = f.span(call.args[n]);
  StructReader config(f, Arg(f, call, n), span, "the configuration of an operation");
  config.Allow({"async", "activate", "unblock", "on_control", "index", "priority", "ut_id"});
  AsyncConfig async;
  if (!ReadAsyncFields(f, config, &async)) return false;
  const bool has_dsr = std::any_of(operands.begin(), operands.end(),
                                   [&](const Operand& o) { return IsOne(s, o, types::IsDsr); });
  const bool has_fabric = std::any_of(operands.begin(), operands.end(), [&](const Operand& o) {
    return IsOne(s, o, types::IsFabricDsd);
  });
  if (async.is_async && !has_fabric && !has_dsr) {
    config.Error(Kind::kAsyncWithoutFabric, {});
  }
  if (async.completion.has_id() && !async.is_async && !has_dsr) {
    config.Error(Kind::kCompletionWithoutAsync, {});
  }
  if (async.on_control.action != ir::DsdAction::kNone && !has_fabric && !has_dsr) {
    config.Error(Kind::kOnControlWithoutFabric, {});
  }
  if (!config.ok()) return false;
  args->is_async = async.is_async;
  args->completion = async.completion.action;
  if (async.completion.has_id()) args->completion_id = ToScalar(f, async.completion.id, span);
  args->on_control = async.on_control.action;
  if (async.on_control.has_id()) args->on_control_id = ToScalar(f, async.on_control.id, span);
  args->priority = async.priority;
  args->microthread = async.microthread;
  if (config.Has("index")) {
    const Operand index = Coerce(f, config.Get("index"), types::kU16Type, span);
    if (index.is_poison()) return false;
    args->index = ToScalar(f, index, span);
  }
  return config.ok();
}

}  // namespace csl::sema
