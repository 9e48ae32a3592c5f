// SPDX-License-Identifier: Apache-2.0
// Tasks: binding, activation, blocking.
#include <algorithm>
#include <utility>

#include "compiler/sema/handler.h"
#include "compiler/sema/reserved.h"
#include "compiler/sema/task_checks.h"
#include "compiler/types/predicates.h"
#include "fabric/isa/architecture.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;
using types::Value;

namespace {

// Local tasks take nothing; data tasks one parameter of 16 or 32 bits, or two of 16; control tasks
// nothing, or 16 bits of data.
bool CheckParameters(Frame& f, const BuiltinCall& call, TaskKind kind, types::TypeId task) {
  types::TypeStore& s = f.sema.types;
  const auto params = s.params(task);
  uint32_t bits = 0;
  for (const types::FnParam& param : params) {
    if (!types::IsAbiSized(s, param.type)) {
      Fail(f, call.args[0], Kind::kTaskParameterWidth, {f.sema.TypeText(param.type)});
      return false;
    }
    bits += types::ScalarBits(s, param.type).value_or(0);
  }
  std::optional<Kind> rule;
  if (kind == TaskKind::kLocal && !params.empty()) rule = Kind::kLocalTaskParameters;
  if (kind == TaskKind::kData && (params.empty() || params.size() > 2 || bits > 32)) {
    rule = Kind::kDataTaskParameters;
  }
  if (kind == TaskKind::kControl && (params.size() > 2 || bits > 32)) {
    rule = Kind::kControlTaskParameters;
  }
  if (!rule) return true;
  Fail(f, call.args[0], *rule);
  return false;
}

// WSE-2, SDK 1.x: a color is the id of the task with its number.
Operand TaskIdOfColor(Frame& f, const Operand& id, types::TypeId type, source::Span span) {
  const bool is_color = id.type == types::kColorType;
  if (!is_color || f.sema.context.options.arch == Arch::kWse3) return id;
  f.sema.ReportForm(diagnostics::Form::kColorAsTaskId, span);
  const bool is_above = id.is_const() && !IsRoutable(Use(f, id).bits());
  f.sema.NoteForm(diagnostics::Form::kColorAsTaskId, span,
                  type != types::kLocalTaskIdType ? "data"
                  : is_above                      ? "local+"
                                                  : "local");
  if (id.is_const()) return Operand::Const(Use(f, id).WithType(type));
  return Operand::Runtime(type, ToScalar(f, id, span));
}

Operand Bind(Frame& f, const BuiltinCall& call, TaskKind kind, const Operand& task,
             const Operand& id) {
  types::TypeStore& s = f.sema.types;
  const bool is_task = task.is_const() && task.type.valid() &&
                       task.value.form() == types::Form::kFunction &&
                       s.kind(task.type) == types::Kind::kFn && s.fn_is_task(task.type);
  if (!is_task) {
    return Fail(f, call.args[0], Kind::kExpectedTask, {f.sema.TypeText(task.type)});
  }
  const std::optional<Value> number = KnownValue(f, id, f.span(call.args[1]), "a task id");
  if (!number) return Operand::Poison();
  if (!CheckParameters(f, call, kind, task.type)) return Operand::Poison();
  TaskBinding binding;
  binding.id = static_cast<uint16_t>(number->bits());
  binding.kind = kind;
  binding.span = f.span(call.i);
  binding.function = f.sema.FunctionFor(Use(f, task), &f, f.span(call.i));
  if (!binding.function.valid()) return Operand::Poison();
  f.sema.module.function(binding.function).is_entry = true;
  if (kind != TaskKind::kData) {
    const bool is_local = kind == TaskKind::kLocal;
    WarnIfReserved(f, is_local ? Resource::kLocalTask : Resource::kControlTask, binding.id,
                   f.span(call.args[1]));
  }
  AddTask(f.sema.config, binding);
  return Operand::Void();
}

Operand BindTask(Frame& f, const BuiltinCall& call, TaskKind kind, types::TypeId id_type) {
  const Operand task = Arg(f, call, 0);
  Operand id = Arg(f, call, 1);
  if (kind != TaskKind::kControl && !id.is_poison()) {
    id = TaskIdOfColor(f, id, id_type, f.span(call.args[1]));
  }
  if (!id.is_poison()) id = Coerce(f, id, id_type, f.span(call.args[1]));
  if (task.is_poison() || id.is_poison()) return Operand::Poison();
  return Bind(f, call, kind, task, id);
}

// Argument 0, an id of one of the allowed types.
Operand IdArg(Frame& f, const BuiltinCall& call, std::initializer_list<types::Kind> allowed,
              std::string_view what) {
  const Operand id = Arg(f, call, 0);
  if (id.is_poison()) return id;
  const types::Kind kind = id.type.valid() ? f.sema.types.kind(id.type) : types::Kind::kVoid;
  if (std::find(allowed.begin(), allowed.end(), kind) != allowed.end()) return id;
  return Fail(f, call.args[0], Kind::kExpectedKind,
              {"the argument", what, f.sema.TypeText(id.type)});
}

void SetBlocked(TileConfig& config, uint16_t id, bool value) {
  for (TaskBits& bits : config.blocked) {
    if (bits.id == id) {
      bits.value = value;
      return;
    }
  }
  config.blocked.push_back({id, value});
  std::sort(config.blocked.begin(), config.blocked.end(),
            [](const TaskBits& a, const TaskBits& b) { return a.id < b.id; });
}

// Argument 0 of @block and @unblock: what can be blocked differs by architecture.
Operand BlockableArg(Frame& f, const BuiltinCall& call) {
  if (f.sema.context.options.arch == Arch::kWse3) {
    return IdArg(f, call,
                 {types::Kind::kLocalTaskId, types::Kind::kDataTaskId, types::Kind::kInputQueue,
                  types::Kind::kUtId},
                 "an input_queue, data_task_id, local_task_id or ut_id on WSE-3");
  }
  return IdArg(f, call, {types::Kind::kLocalTaskId, types::Kind::kDataTaskId, types::Kind::kColor},
               "a color, data_task_id or local_task_id on WSE-2");
}

Operand SetBlockedBit(Frame& f, const BuiltinCall& call, bool value) {
  const Operand id = BlockableArg(f, call);
  if (id.is_poison()) return id;
  const bool is_microthread = f.sema.types.kind(id.type) == types::Kind::kUtId;
  if (f.emits()) {
    const ir::ValueId args[] = {ToScalar(f, id, f.span(call.i))};
    if (is_microthread) {
      f.builder->Sys(value ? ir::SysOp::kMicrothreadBlock : ir::SysOp::kMicrothreadUnblock, args);
    } else {
      f.builder->Sys(value ? ir::SysOp::kBlock : ir::SysOp::kUnblock, args);
    }
    return Operand::Void();
  }
  const std::optional<Value> number = KnownValue(f, id, f.span(call.i), "the id");
  if (!number) return Operand::Poison();
  if (is_microthread) {
    const uint8_t bit = static_cast<uint8_t>(1u << number->bits());
    uint8_t& mask = f.sema.config.blocked_microthreads;
    mask = static_cast<uint8_t>(value ? mask | bit : mask & ~bit);
  } else {
    SetBlocked(f.sema.config, static_cast<uint16_t>(number->bits()), value);
  }
  return Operand::Void();
}

}  // namespace

// SDK 1.0: what the task is follows from its parameters and the number of its color.
Operand Builtin_bind_task(Frame& f, const BuiltinCall& call) {
  const Operand task = Arg(f, call, 0);
  const Operand id = Arg(f, call, 1);
  if (task.is_poison() || id.is_poison()) return Operand::Poison();
  if (f.sema.context.options.arch == Arch::kWse3) {
    return Fail(f, call.i, Kind::kBindTaskOnWse3);
  }
  types::TypeStore& s = f.sema.types;
  if (id.type != types::kColorType) {
    return Fail(f, call.args[1], Kind::kExpectedKind,
                {"the second argument of @bind_task", "a color", f.sema.TypeText(id.type)});
  }
  const std::optional<Value> number = KnownValue(f, id, f.span(call.args[1]), "a task id");
  if (!number) return Operand::Poison();
  const bool is_task = task.type.valid() && s.kind(task.type) == types::Kind::kFn;
  const bool has_params = is_task && !s.params(task.type).empty();
  const isa::Limits& limits = isa::LimitsOf(isa::Arch::kWse2);
  const bool is_color = number->bits() < static_cast<uint64_t>(limits.num_colors);
  const bool is_low = number->bits() <= static_cast<uint64_t>(limits.max_local_task_id);
  TaskKind kind = has_params || !is_low ? TaskKind::kControl : TaskKind::kLocal;
  if (has_params && is_color) kind = TaskKind::kData;
  static constexpr std::pair<const char*, TypeId> kIds[] = {{"local", types::kLocalTaskIdType},
                                                            {"data", types::kDataTaskIdType},
                                                            {"control", types::kControlTaskIdType}};
  const auto& [name, type] = kIds[static_cast<size_t>(kind)];
  f.sema.NoteForm(diagnostics::Form::kBindTask, f.span(call.i),
                  std::string(name) + (is_color ? "" : "+"));
  return Bind(f, call, kind, task, Operand::Const(number->WithType(type)));
}

Operand Builtin_bind_local_task(Frame& f, const BuiltinCall& call) {
  return BindTask(f, call, TaskKind::kLocal, types::kLocalTaskIdType);
}

Operand Builtin_bind_data_task(Frame& f, const BuiltinCall& call) {
  return BindTask(f, call, TaskKind::kData, types::kDataTaskIdType);
}

Operand Builtin_bind_control_task(Frame& f, const BuiltinCall& call) {
  return BindTask(f, call, TaskKind::kControl, types::kControlTaskIdType);
}

Operand Builtin_activate(Frame& f, const BuiltinCall& call) {
  Operand id = Arg(f, call, 0);
  if (id.is_poison()) return id;
  id = TaskIdOfColor(f, id, types::kLocalTaskIdType, f.span(call.args[0]));
  if (!id.type.valid() || f.sema.types.kind(id.type) != types::Kind::kLocalTaskId) {
    return Fail(f, call.args[0], Kind::kExpectedKind,
                {"the argument", "a local_task_id", f.sema.TypeText(id.type)});
  }
  if (f.emits()) {
    const bool is_known = id.is_const() && !f.sema.top_level_failed;
    if (is_known &&
        !CheckActivated(f.sema, static_cast<uint16_t>(Use(f, id).bits()), f.span(call.i), &f)) {
      return Operand::Poison();
    }
    const ir::ValueId args[] = {ToScalar(f, id, f.span(call.i))};
    f.builder->Sys(ir::SysOp::kActivate, args);
    return Operand::Void();
  }
  const std::optional<Value> number = KnownValue(f, id, f.span(call.i), "the id");
  if (!number) return Operand::Poison();
  std::vector<uint16_t>& active = f.sema.config.active;
  const uint16_t n = static_cast<uint16_t>(number->bits());
  f.sema.activated_at.emplace(n, f.span(call.i));
  const auto at = std::lower_bound(active.begin(), active.end(), n);
  if (at == active.end() || *at != n) active.insert(at, n);
  return Operand::Void();
}

Operand Builtin_block(Frame& f, const BuiltinCall& call) { return SetBlockedBit(f, call, true); }
Operand Builtin_unblock(Frame& f, const BuiltinCall& call) { return SetBlockedBit(f, call, false); }

}  // namespace csl::sema
