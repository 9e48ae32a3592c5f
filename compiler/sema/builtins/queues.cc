// SPDX-License-Identifier: Apache-2.0
// @initialize_queue: binds queues to colors before the program starts.
#include "compiler/sema/handler.h"
#include "compiler/sema/queue_choice.h"
#include "compiler/sema/reserved.h"
#include "compiler/sema/struct_reader.h"
#include "compiler/types/fold.h"
#include "compiler/types/predicates.h"
#include "fabric/isa/architecture.h"

namespace csl::sema {

using diagnostics::Kind;
using types::Value;

namespace {

// The color of the queue; kNoColor where it is absent and need not be given.
uint8_t ReadColor(Frame& f, StructReader& config, bool required) {
  const Operand given = required ? config.Required("color") : config.Get("color");
  if (given.is_none() || given.is_poison()) return isa::kNoColor;
  const Operand color = Coerce(f, given, types::kColorType, config.span());
  if (color.is_poison()) {
    config.Error(Kind::kExpectedKind, {"'.color'", "a color", f.sema.TypeText(given.type)});
    return isa::kNoColor;
  }
  const std::optional<Value> v = AsKnown(f, color);
  if (!v) {
    config.Error(Kind::kNotComptime, {"'.color'"});
    return isa::kNoColor;
  }
  if (!CheckRoutable(f, v->bits(), config.span())) {
    config.Poison();
    return isa::kNoColor;
  }
  WarnIfReserved(f, Resource::kColor, v->bits(), config.span());
  return static_cast<uint8_t>(v->bits());
}

Operand InitializeInput(Frame& f, const BuiltinCall& call, StructReader& config, uint8_t number) {
  const bool is_wse3 = f.sema.context.options.arch == Arch::kWse3;
  config.Allow({"color", "priority", "ctrl_table_id", "dense_mode"});
  if (is_wse3) {
    config.Refuse("priority", "on WSE-3 DSDs have priorities");
  } else {
    config.Refuse("ctrl_table_id", "it exists on WSE-3 only");
    config.Refuse("dense_mode", "it exists on WSE-3 only");
  }
  image::InputQueue queue;
  queue.queue = number;
  queue.color = ReadColor(f, config, true);
  const int priority = config.Choice("priority", {"low", "medium", "high"});
  if (priority >= 0) queue.priority = static_cast<isa::Priority>(priority + 1);
  queue.control_table = static_cast<uint8_t>(config.Int("ctrl_table_id", 0, 7, 0));
  queue.dense = config.Bool("dense_mode");
  if (!config.ok()) return Operand::Poison();
  for (const image::InputQueue& other : f.sema.config.input_queues) {
    if (other.queue == number) {
      return Fail(f, call.i, Kind::kConfiguredTwice, {"input queue", number});
    }
    if (other.color == queue.color) {
      return Fail(f, call.i, Kind::kConfiguredTwice, {"the input queue of color", queue.color});
    }
  }
  f.sema.config.input_queues.push_back(queue);
  return Operand::Void();
}

Operand InitializeOutput(Frame& f, const BuiltinCall& call, StructReader& config, uint8_t number) {
  const bool is_wse3 = f.sema.context.options.arch == Arch::kWse3;
  config.Allow({"color", "dense_mode"});
  if (!is_wse3) {
    config.Refuse("color", "on WSE-2 the color comes with each wavelet");
    config.Refuse("dense_mode", "it exists on WSE-3 only");
  }
  image::OutputQueue queue;
  queue.queue = number;
  queue.color = ReadColor(f, config, is_wse3);
  queue.dense = config.Bool("dense_mode");
  if (!config.ok()) return Operand::Poison();
  for (const image::OutputQueue& other : f.sema.config.output_queues) {
    if (other.queue == number) {
      return Fail(f, call.i, Kind::kConfiguredTwice, {"output queue", number});
    }
  }
  f.sema.config.output_queues.push_back(queue);
  return Operand::Void();
}

// A number, as in SDK 1.0, is the input queue that gets a color, or an output queue.
Operand QueueToInitialize(Frame& f, const BuiltinCall& call) {
  const bool has_config = call.args.size() > 1;
  return QueueOfNumber(f, Arg(f, call, 0), has_config, f.span(call.args[0]),
                       has_config ? "input" : "output");
}

}  // namespace

Operand QueueOfNumber(Frame& f, const Operand& o, bool is_input, source::Span span,
                      std::string_view fact) {
  const bool is_number = o.is_const() && types::IsAnyInt(f.sema.types, o.type);
  if (!is_number || f.sema.context.options.arch == Arch::kWse3) return o;
  const isa::Limits& limits = isa::LimitsOf(isa::Arch::kWse2);
  const int highest = (is_input ? limits.num_input_queues : limits.num_output_queues) - 1;
  const types::BigInt number = types::ToBigInt(f.sema.types, Use(f, o));
  if (number < types::BigInt(0) || number > types::BigInt(highest)) {
    return FailAt(f, span, Kind::kOutOfRange,
                  {is_input ? "an input queue" : "an output queue", 0, highest, number.ToString()});
  }
  f.sema.ReportForm(diagnostics::Form::kQueueNumber, span);
  f.sema.NoteForm(diagnostics::Form::kQueueNumber, span, std::string(fact));
  return Operand::Const(Value::Immediate(
      is_input ? types::kInputQueueType : types::kOutputQueueType, number.Low64()));
}

Operand Builtin_initialize_queue(Frame& f, const BuiltinCall& call) {
  const Operand queue = QueueToInitialize(f, call);
  if (queue.is_poison()) return queue;
  const bool is_input = queue.type == types::kInputQueueType;
  if (!is_input && queue.type != types::kOutputQueueType) {
    return Fail(
        f, call.args[0], Kind::kExpectedKind,
        {"the first argument", "an input_queue or output_queue", f.sema.TypeText(queue.type)});
  }
  const std::optional<Value> number = KnownValue(f, queue, f.span(call.args[0]), "the queue");
  if (!number) return Operand::Poison();
  const bool has_config = call.args.size() > 1;
  if (has_config && Arg(f, call, 1).type == types::kColorType) {
    return FailOnForm(f, diagnostics::Form::kQueueByColor, f.span(call.args[1]));
  }
  StructReader config(f, has_config ? Arg(f, call, 1) : Operand::None(),
                      f.span(has_config ? call.args[1] : call.i), "the configuration of a queue");
  if (!config.ok()) return Operand::Poison();
  const uint8_t n = static_cast<uint8_t>(number->bits());
  WarnIfReserved(f, is_input ? Resource::kInputQueue : Resource::kOutputQueue, n,
                 f.span(call.args[0]));
  return is_input ? InitializeInput(f, call, config, n) : InitializeOutput(f, call, config, n);
}

}  // namespace csl::sema
