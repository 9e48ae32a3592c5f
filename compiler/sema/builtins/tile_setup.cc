// SPDX-License-Identifier: Apache-2.0
// Handlers, rotating tasks, the control task table.
#include <algorithm>
#include <utility>

#include "compiler/sema/handler.h"
#include "compiler/sema/reserved.h"
#include "compiler/sema/struct_reader.h"
#include "compiler/sema/task_checks.h"
#include "compiler/types/predicates.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;
using types::Value;

namespace {

bool IsWse3(const Frame& f) { return f.sema.context.options.arch == Arch::kWse3; }

Operand Wse3Only(Frame& f, const BuiltinCall& call) {
  return Fail(f, call.i, Kind::kWse3Only, {BuiltinName(call.kind)});
}

// The emitted function or task of argument n; an invalid id if reported.
ir::FunctionId FunctionArg(Frame& f, const BuiltinCall& call, size_t n, bool is_task) {
  types::TypeStore& s = f.sema.types;
  const std::optional<Value> v = KnownArg(f, call, n, is_task ? "the task" : "the function");
  if (!v) return {};
  TypeId type = v->type();
  if (s.kind(type) == types::Kind::kPointer) type = s.pointee(type);
  const bool fits = v->form() == types::Form::kFunction && s.kind(type) == types::Kind::kFn &&
                    s.fn_is_task(type) == is_task;
  const bool plain =
      fits && (is_task || (s.params(type).empty() && s.result(type) == types::kVoidType));
  if (!plain) {
    Fail(f, call.args[n], Kind::kExpectedKind,
         {"this argument", is_task ? "a task" : "a function of type fn()void",
          f.sema.TypeText(type)});
    return {};
  }
  const ir::FunctionId id = f.sema.FunctionFor(*v, &f, f.span(call.args[n]));
  if (id.valid()) f.sema.module.function(id).is_entry = true;
  return id;
}

Operand AddHandler(Frame& f, const BuiltinCall& call, image::Handler::Kind kind, uint16_t id,
                   std::string_view what) {
  Handler handler;
  handler.kind = kind;
  handler.id = id;
  handler.function = FunctionArg(f, call, 0, false);
  if (!handler.function.valid()) return Operand::Poison();
  std::vector<Handler>& handlers = f.sema.config.handlers;
  const auto place = std::lower_bound(handlers.begin(), handlers.end(), handler,
                                      [](const Handler& a, const Handler& b) {
                                        return std::pair(a.kind, a.id) < std::pair(b.kind, b.id);
                                      });
  if (place != handlers.end() && place->kind == kind && place->id == id) {
    return Fail(f, call.i, Kind::kConfiguredTwice, {what, id});
  }
  handlers.insert(place, handler);
  return Operand::Void();
}

}  // namespace

Operand Builtin_set_teardown_handler(Frame& f, const BuiltinCall& call) {
  const Operand color = CoercedArg(f, call, 1, types::kColorType);
  const std::optional<Value> v =
      color.is_poison() ? std::nullopt : KnownValue(f, color, f.span(call.args[1]), "the color");
  if (!v || !CheckRoutable(f, v->bits(), f.span(call.args[1]))) return Operand::Poison();
  return AddHandler(f, call, image::Handler::Kind::kTeardown, static_cast<uint16_t>(v->bits()),
                    "the teardown handler of color");
}

Operand Builtin_set_empty_queue_handler(Frame& f, const BuiltinCall& call) {
  if (!IsWse3(f)) return Wse3Only(f, call);
  const std::optional<Value> v = KnownArg(f, call, 1, "the queue");
  if (!v) return Operand::Poison();
  const bool is_input = v->type() == types::kInputQueueType;
  if (!is_input && v->type() != types::kOutputQueueType) {
    return Fail(f, call.args[1], Kind::kExpectedKind,
                {"the second argument", "a queue", f.sema.TypeText(v->type())});
  }
  return AddHandler(
      f, call,
      is_input ? image::Handler::Kind::kEmptyInputQueue : image::Handler::Kind::kEmptyOutputQueue,
      static_cast<uint16_t>(v->bits()), "the empty handler of queue");
}

Operand Builtin_queue_flush(Frame& f, const BuiltinCall& call) {
  if (!IsWse3(f)) return Wse3Only(f, call);
  const Operand queue = Arg(f, call, 0);
  if (queue.is_poison()) return queue;
  if (queue.type != types::kInputQueueType && queue.type != types::kOutputQueueType) {
    return Fail(f, call.args[0], Kind::kExpectedKind,
                {"the argument", "a queue", f.sema.TypeText(queue.type)});
  }
  ir::ValueId number = ToScalar(f, queue, f.span(call.i));
  if (queue.type == types::kOutputQueueType) {
    const ir::ValueId first = f.builder->Int(16, isa::kFlushOutputQueue);
    number = f.builder->Binary(ir::Op::kAdd, number, first);
  }
  const ir::ValueId args[] = {number};
  f.builder->Sys(ir::SysOp::kQueueFlush, args);
  return Operand::Void();
}

Operand Builtin_set_control_task_table(Frame& f, const BuiltinCall& call) {
  if (!IsWse3(f)) return Wse3Only(f, call);
  TileConfig& config = f.sema.config;
  if (config.separate_control_table) {
    return Fail(f, call.i, Kind::kConfiguredTwice, {"the control task", "table"});
  }
  const bool given = !call.args.empty();
  StructReader reader(f, given ? Arg(f, call, 0) : Operand::None(),
                      f.span(given ? call.args[0] : call.i),
                      "the configuration of the control task table");
  reader.Allow({"instructions", "stride"});
  const int64_t instructions = reader.Int("instructions", 2, 8, 4);
  if (instructions != 2 && instructions != 4 && instructions != 8) {
    reader.Error(Kind::kControlTableInstructions, {instructions});
  }
  config.control_table_instructions = static_cast<uint8_t>(instructions);
  config.control_table_stride = static_cast<uint8_t>(reader.Int("stride", 1, 7, 1));
  config.separate_control_table = true;
  return reader.ok() ? Operand::Void() : Operand::Poison();
}

Operand Builtin_bind_rotating_tasks(Frame& f, const BuiltinCall& call) {
  if (!IsWse3(f)) return Wse3Only(f, call);
  TileConfig& config = f.sema.config;
  if (config.rotating_tasks.size() == 2) {
    return Fail(f, call.i, Kind::kRotatingPairs);
  }
  const ir::FunctionId main = FunctionArg(f, call, 0, true);
  const ir::FunctionId other = FunctionArg(f, call, 1, true);
  const Operand id = CoercedArg(f, call, 2, types::kDataTaskIdType);
  if (!main.valid() || !other.valid() || id.is_poison()) return Operand::Poison();
  const std::optional<Value> number = KnownValue(f, id, f.span(call.args[2]), "the task id");
  StructReader reader(f, Arg(f, call, 3), f.span(call.args[3]),
                      "the configuration of rotating tasks");
  reader.Allow({"limit", "init"});
  reader.Required("limit");
  const int64_t limit = reader.Int("limit", 0, 0xffff, 0);
  const int64_t init = reader.Int("init", 0, limit, 0);
  if (!number || !reader.ok()) return Operand::Poison();
  const uint16_t n = static_cast<uint16_t>(number->bits());
  AddTask(config, {n, TaskKind::kData, main, f.span(call.i)});
  config.rotating_tasks.push_back(
      {n, other, static_cast<uint16_t>(limit), static_cast<uint16_t>(init), f.span(call.i)});
  std::sort(config.rotating_tasks.begin(), config.rotating_tasks.end(),
            [](const RotatingTasks& a, const RotatingTasks& b) { return a.data_id < b.data_id; });
  return Operand::Void();
}

}  // namespace csl::sema
