// SPDX-License-Identifier: Apache-2.0
// @allocate_fifo and the mutators of FIFOs.
#include <algorithm>

#include "compiler/sema/async_config.h"
#include "compiler/sema/handler.h"
#include "compiler/sema/struct_reader.h"
#include "compiler/types/dsd_value.h"
#include "compiler/types/predicates.h"
#include "compiler/types/type_layout.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;
using types::Value;

namespace {

// The machine wants FIFO buffers at this many bytes.
constexpr uint32_t kFifoAlignment = 16;

// Buffer of argument 0: a global array or a pointer to one. False if reported.
bool ReadBuffer(Frame& f, const BuiltinCall& call, Fifo* fifo) {
  types::TypeStore& s = f.sema.types;
  const source::Span span = f.span(call.args[0]);
  Operand buffer = f.result(call.args[0]);
  if (!buffer.type.valid() || s.kind(buffer.type) != types::Kind::kPointer) {
    buffer = AddressOfPlace(f, buffer, span);
  }
  const std::optional<Value> pointer = KnownValue(f, buffer, span, "the buffer of a FIFO");
  if (!pointer) return false;
  const TypeId tensor = s.pointee(pointer->type());
  if (pointer->form() != types::Form::kSymbol || s.kind(tensor) != types::Kind::kArray ||
      !types::IsAbiSized(s, s.element(tensor))) {
    FailAt(f, span, Kind::kExpectedKind,
           {"the buffer of a FIFO", "a global array of 16 or 32 bit numbers",
            f.sema.TypeText(tensor)});
    return false;
  }
  fifo->buffer = f.sema.global(pointer->symbol());
  fifo->offset = pointer->byte_offset();
  fifo->capacity = static_cast<uint16_t>(s.element_count(tensor));
  fifo->element_bytes = static_cast<uint8_t>(types::SizeOf(s, s.element(tensor)));
  ir::Global& global = f.sema.module.global(fifo->buffer);
  global.alignment = std::max(global.alignment, kFifoAlignment);
  global.is_used = true;
  return true;
}

uint8_t ReadTask(Frame& f, StructReader& config, std::string_view name) {
  if (!config.Has(name)) return image::kNoTask;
  const std::string what = "'." + std::string(name) + "'";
  const std::optional<Operand> id =
      TaskIdOf(f, config.Get(name), {types::Kind::kLocalTaskId}, what, config.span());
  const std::optional<Value> v = id ? KnownValue(f, *id, config.span(), what) : std::nullopt;
  if (!v) {
    config.Error(Kind::kNotComptime, {what});
    return image::kNoTask;
  }
  return static_cast<uint8_t>(v->bits());
}

image::FifoAction ReadAction(StructReader& config, std::string_view name) {
  const int n = config.Choice(name, {"test_or_suspend", "terminate", "suspend", "fault"});
  return n < 0 ? image::FifoAction::kTestOrSuspend : static_cast<image::FifoAction>(n);
}

void ReadSimd(StructReader& config, Fifo* fifo) {
  static constexpr isa::SimdMode kModes[] = {isa::SimdMode::kSimd32, isa::SimdMode::kSimd64,
                                             isa::SimdMode::kSimd32Or64};
  const int mode = config.Choice("simd_mode", {"simd_32", "simd_64", "simd_32_or_64"});
  if (mode >= 0) fifo->simd = kModes[mode];
}

}  // namespace

Operand Builtin_allocate_fifo(Frame& f, const BuiltinCall& call) {
  Fifo fifo;
  if (!ReadBuffer(f, call, &fifo)) return Operand::Poison();
  const bool has_config = call.args.size() > 1;
  StructReader config(f, has_config ? Arg(f, call, 1) : Operand::None(),
                      f.span(has_config ? call.args[1] : call.i), "the configuration of a FIFO");
  config.Allow({"activate_pop", "activate_push", "empty_action", "full_action", "dest", "src",
                "xdsr", "priority", "simd_mode"});
  if (f.sema.context.options.arch == Arch::kWse3) {
    config.Refuse("simd_mode", "it exists on WSE-2 only");
  } else {
    config.Refuse("full_action", "it exists on WSE-3 only");
    config.Refuse("priority", "it exists on WSE-3 only");
  }
  for (const char* reg : {"dest", "src", "xdsr"}) {
    if (config.Has(reg)) {
      config.Error(Kind::kNotSupportedYet, {"explicit registers of a FIFO"});
    }
  }
  if (!config.ok()) return Operand::Poison();
  fifo.activate_pop = ReadTask(f, config, "activate_pop");
  fifo.activate_push = ReadTask(f, config, "activate_push");
  fifo.empty_action = ReadAction(config, "empty_action");
  fifo.full_action = ReadAction(config, "full_action");
  ReadSimd(config, &fifo);
  const int priority = config.Choice("priority", {"low", "medium", "high"});
  if (priority >= 0) fifo.priority = static_cast<isa::Priority>(priority + 1);
  if (!config.ok()) return Operand::Poison();
  types::DsdData data;
  data.fifo = static_cast<uint16_t>(f.sema.config.fifos.size());
  f.sema.config.fifos.push_back(fifo);
  return Operand::Const(Value::Dsd(types::kFifoDsdType, std::move(data)));
}

namespace {

Operand SetLength(Frame& f, const BuiltinCall& call, ir::SysOp op) {
  const std::optional<Value> fifo = KnownArg(f, call, 0, "the FIFO");
  const Operand length = CoercedArg(f, call, 1, types::kU16Type);
  if (!fifo || length.is_poison()) return Operand::Poison();
  if (fifo->type() != types::kFifoDsdType) {
    return Fail(f, call.args[0], Kind::kExpectedKind,
                {"the first argument", "a FIFO", f.sema.TypeText(fifo->type())});
  }
  const ir::ValueId args[] = {f.builder->Int(16, fifo->dsd().fifo),
                              ToScalar(f, length, f.span(call.args[1]))};
  f.builder->Sys(op, args);
  return Operand::Void();
}

}  // namespace

Operand Builtin_set_fifo_read_length(Frame& f, const BuiltinCall& call) {
  return SetLength(f, call, ir::SysOp::kFifoSetReadLength);
}

Operand Builtin_set_fifo_write_length(Frame& f, const BuiltinCall& call) {
  return SetLength(f, call, ir::SysOp::kFifoSetWriteLength);
}

}  // namespace csl::sema
