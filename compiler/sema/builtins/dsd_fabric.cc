// SPDX-License-Identifier: Apache-2.0
// @get_dsd for the fabric: fabin_dsd and fabout_dsd.
#include "compiler/sema/dsd.h"
#include "compiler/sema/handler.h"
#include "compiler/sema/library_forms.h"
#include "compiler/sema/queue_choice.h"
#include "compiler/sema/reserved.h"
#include "compiler/sema/struct_reader.h"
#include "compiler/types/dsd_value.h"
#include "compiler/types/type_layout.h"
#include "fabric/isa/descriptor.h"

namespace csl::sema {

using diagnostics::Form;
using diagnostics::Kind;
using types::DsdData;
using types::TypeId;
using types::Value;

namespace {

void ReadSimdMode(Frame& f, StructReader& fields, DsdData* data) {
  if (!fields.Has("simd_mode")) {
    if (!f.sema.context.options.single_halves || IsInLibrary(f, fields.span())) return;
    data->simd = types::SimdMode::kOff;
    f.sema.ReportForm(Form::kSimdModeLeftOut, fields.span());
    f.sema.NoteForm(Form::kSimdModeLeftOut, fields.span(), "used");
    return;
  }
  const int mode =
      fields.Choice("simd_mode", {"simd_32", "simd_64", "simd_32_or_64", "simd_off", "simd_max"});
  static constexpr types::SimdMode kModes[] = {types::SimdMode::k32, types::SimdMode::k64,
                                               types::SimdMode::k32Or64, types::SimdMode::kOff,
                                               types::SimdMode::kMax};
  if (mode < 0) return;
  // The library's streams use simd_off on WSE-2 as well.
  if (mode == 4 && f.sema.context.options.arch == Arch::kWse2) {
    fields.Error(Kind::kSimdMaxOnWse2, {});
    return;
  }
  const bool is_old_mode = mode < 3 && f.sema.context.options.arch == Arch::kWse3;
  data->simd = is_old_mode ? types::SimdMode::kMax : kModes[mode];
  if (is_old_mode) {
    f.sema.ReportForm(Form::kSimdModeOfWse2, fields.span());
    f.sema.NoteForm(Form::kSimdModeOfWse2, fields.span(), "used");
  }
  if (mode >= 3 && !IsInLibrary(f, fields.span())) {
    f.sema.ReportForm(Form::kSimdModeOfWse3, fields.span());
  }
}

void ReadModes(Frame& f, StructReader& fields, bool is_output, DsdData* data) {
  data->control_transform = fields.Bool("control_transform");
  ReadSimdMode(f, fields, data);
  const int priority = fields.Choice("priority", {"high", "medium", "low"});
  if (priority >= 0) data->priority = static_cast<types::FabricPriority>(priority + 1);
  if (!is_output) return;
  data->control = fields.Bool("control");
  data->wavelet_index_offset = fields.Bool("wavelet_index_offset");
  data->advance_switch = fields.Bool("advance_switch");
  const int zero = fields.Choice("zero", {"first_source", "second_source"});
  if (zero >= 0) data->zero = static_cast<types::ZeroSource>(zero + 1);
}

// A color or queue, known or not; kNone where the field is absent.
Operand IdField(Frame& f, StructReader& fields, std::string_view name, TypeId type) {
  Operand o = fields.Get(name);
  if (!o.is_none() && type != types::kColorType) {
    o = QueueOfNumber(f, o, type == types::kInputQueueType, fields.span(), name);
  }
  return o.is_none() ? o : Coerce(f, o, type, fields.span());
}

void CheckRegisters(Frame& f, StructReader& fields, bool is_output, bool has_queue,
                    bool has_color) {
  const bool is_wse3 = f.sema.context.options.arch == Arch::kWse3;
  const char* queue = is_output ? "output_queue" : "input_queue";
  const char* what = is_output ? "a fabout_dsd" : "a fabin_dsd";
  if (!has_queue && !has_color) fields.Error(Kind::kMissingField, {what, queue});
  if (!is_wse3 && is_output && !has_color) {
    fields.Error(Kind::kMissingField, {what, "fabric_color"});
  }
  const bool is_superfluous = has_color && has_queue && (is_wse3 || !is_output);
  if (fields.ok() && is_superfluous && !IsInLibrary(f, fields.span())) {
    f.sema.ReportForm(Form::kFabricColorBesideQueue, fields.span());
  }
}

// The queue of a DSD that names only a color (WSE-3).
Operand QueueFromColor(Frame& f, StructReader& fields, bool is_output, const Operand& color) {
  if (!fields.ok() || color.is_poison()) return Operand::Poison();
  const std::optional<Value> known =
      KnownValue(f, color, fields.span(), "'.fabric_color' without a queue");
  if (!known || !CheckRoutable(f, known->bits(), fields.span())) return Operand::Poison();
  f.sema.ReportForm(Form::kFabricColorAlone, fields.span());
  bool is_bound = false;
  const std::optional<uint16_t> number = QueueOfColor(
      f.sema, is_output, static_cast<uint16_t>(known->bits()), fields.span(), &is_bound);
  if (!number) return Operand::Poison();
  const std::string name = is_output ? "output_queue=" : "input_queue=";
  f.sema.NoteForm(Form::kFabricColorAlone, fields.span(),
                  is_bound ? name + std::to_string(*number) : "");
  return Operand::Const(
      Value::Immediate(is_output ? types::kOutputQueueType : types::kInputQueueType, *number));
}

// WSE-2: the queue of a fabout_dsd that names only a color.
Operand QueueForOutput(Frame& f, uint16_t color) {
  if (f.sema.purpose != Purpose::kTile) return Operand::None();
  return Operand::Const(
      Value::Immediate(types::kOutputQueueType, OutputQueueForColor(f.sema, color)));
}

// In SDK 1.x a fabin_dsd binds its queue to its color on WSE-2. False: it does not.
bool NoteInputColor(Frame& f, const Operand& queue, const Operand& color, source::Span span) {
  if (f.sema.context.options.arch == Arch::kWse3) return false;
  if (!f.sema.context.options.binds_queues || IsInLibrary(f, span)) return false;
  f.sema.input_colors.push_back({static_cast<uint16_t>(Use(f, queue).bits()),
                                 static_cast<uint16_t>(Use(f, color).bits()), span});
  return true;
}

// Word 1 of the descriptor: queue in the low byte, color in the high one.
ir::ValueId QueueWord(Frame& f, const Operand& queue, const Operand& color, source::Span span) {
  ir::IrBuilder& b = *f.builder;
  const ir::ValueId low = queue.is_none() ? b.Int(16, isa::kNoQueue) : ToScalar(f, queue, span);
  const ir::ValueId high = color.is_none() ? b.Int(16, isa::kNoColor) : ToScalar(f, color, span);
  return b.Binary(ir::Op::kOr, low, b.Binary(ir::Op::kShl, high, b.Int(16, 8)));
}

}  // namespace

Operand FabricDsd(Frame& f, const BuiltinCall& call, TypeId type) {
  const bool is_output = type == types::kFaboutDsdType;
  const source::Span span = f.span(call.args[1]);
  StructReader fields(f, Arg(f, call, 1), span, is_output ? "a fabout_dsd" : "a fabin_dsd");
  if (is_output) {
    fields.Allow({"extent", "output_queue", "fabric_color", "control", "wavelet_index_offset",
                  "simd_mode", "zero", "advance_switch", "control_transform", "priority"});
  } else {
    fields.Allow(
        {"extent", "input_queue", "fabric_color", "simd_mode", "control_transform", "priority"});
  }
  DsdData data;
  const Operand given = fields.Required("extent");
  const Operand extent = given.is_poison() ? given : Coerce(f, given, types::kU16Type, span);
  Operand queue = IdField(f, fields, is_output ? "output_queue" : "input_queue",
                          is_output ? types::kOutputQueueType : types::kInputQueueType);
  Operand color = IdField(f, fields, "fabric_color", types::kColorType);
  ReadModes(f, fields, is_output, &data);
  CheckRegisters(f, fields, is_output, !queue.is_none(), !color.is_none());
  const bool is_wse3 = f.sema.context.options.arch == Arch::kWse3;
  if (is_wse3 && queue.is_none()) queue = QueueFromColor(f, fields, is_output, color);
  const bool binds =
      !is_output && queue.is_const() && color.is_const() && NoteInputColor(f, queue, color, span);
  // Where the queue has the color, that of the DSD says nothing.
  if (!queue.is_none() && (is_wse3 || !is_output) && !binds && !color.is_poison()) {
    color = Operand::None();
  }
  if (!fields.ok() || extent.is_poison() || queue.is_poison() || color.is_poison()) {
    return Operand::Poison();
  }
  if (extent.is_const()) data.extent[0] = static_cast<uint16_t>(Use(f, extent).bits());
  if (color.is_const()) data.color = static_cast<uint16_t>(Use(f, color).bits());
  const bool is_routable = !color.is_const() || IsRoutable(data.color);
  if (is_output && queue.is_none() && !color.is_none() && !color.is_poison() && is_routable) {
    queue = QueueForOutput(f, data.color);
    data.queue_is_chosen = !queue.is_none();
  }
  if (queue.is_const()) data.queue = static_cast<uint16_t>(Use(f, queue).bits());
  if (!is_output && queue.is_none() && is_routable)
    f.sema.inputs_without_queue.emplace(data.color, span);
  if (is_routable) {
    f.sema.config.fabric_uses.push_back(
        {is_output, data.control || data.advance_switch, data.queue, data.color, span});
  }
  const bool ids_known =
      (queue.is_none() || queue.is_const()) && (color.is_none() || color.is_const());
  const Operand constant = Operand::Const(Value::Dsd(type, data));
  if (ids_known && extent.is_const()) return constant;
  if (!f.emits()) return FailAt(f, span, Kind::kNotComptime, {"every field of this DSD"});
  ir::IrBuilder& b = *f.builder;
  const ir::ValueId memory = b.Alloca(isa::kDsdBytes, 2);
  StoreTo(f, memory, 0, constant, span);
  if (!extent.is_const()) b.Store(ToScalar(f, extent, span), memory, isa::kDsdExtentOffset);
  if (!ids_known) b.Store(QueueWord(f, queue, color, span), memory, isa::kDsdBaseOffset);
  return Operand::StableMemory(type, memory);
}

}  // namespace csl::sema
