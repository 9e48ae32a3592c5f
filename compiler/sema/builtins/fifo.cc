// SPDX-License-Identifier: Apache-2.0
// @allocate_fifo and the mutators of FIFOs.
#include <algorithm>

#include "compiler/sema/async_config.h"
#include "compiler/sema/handler.h"
#include "compiler/sema/struct_reader.h"
#include "compiler/types/dsd_value.h"
#include "compiler/types/predicates.h"
#include "compiler/types/type_layout.h"
#include "fabric/isa/architecture.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;
using types::Value;

namespace {

// The machine wants FIFO buffers at this many bytes.
constexpr uint32_t kFifoAlignment = 16;

// Whether the program asks for an alignment itself.
bool HasAlignment(Frame& f, types::SymbolId id) {
  const Symbol& symbol = f.sema.symbol(id);
  if (!symbol.instance.valid()) return false;
  const Instance& home = f.sema.instance(symbol.instance);
  return !home.file->decls[symbol.decl.index].align.empty();
}

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
  if (HasAlignment(f, pointer->symbol()) && global.alignment < kFifoAlignment) {
    FailAt(f, span, Kind::kFifoAlignment, {kFifoAlignment, global.alignment});
    return false;
  }
  global.alignment = std::max(global.alignment, kFifoAlignment);
  global.is_used = true;
  return true;
}

uint8_t ReadTask(Frame& f, StructReader& config, std::string_view name) {
  if (!config.Has(name)) return image::kNoTask;
  const std::string what = "'." + std::string(name) + "'";
  const Operand given = ActivatedId(f, config.Get(name), name, config.span());
  const std::optional<Operand> id =
      TaskIdOf(f, given, {types::Kind::kLocalTaskId}, what, config.span());
  const std::optional<Value> v = id ? KnownValue(f, *id, config.span(), what) : std::nullopt;
  if (!v) {
    config.Error(Kind::kNotComptime, {what});
    return image::kNoTask;
  }
  return static_cast<uint8_t>(v->bits());
}

// The tasks of a FIFO made by a top-level block may be bound after it.
void ReadTasks(Frame& f, const BuiltinCall& call, uint16_t number) {
  if (call.args.size() < 2) return;
  const auto read = [&a = f.sema, &home = f.instance, decl = f.decl_index, given = Arg(f, call, 1),
                     span = f.span(call.args[1]), number] {
    Frame later(a, home, decl);
    StructReader config(later, given, span, "the configuration of a FIFO");
    a.config.fifos[number].activate_pop = ReadTask(later, config, "activate_pop");
    a.config.fifos[number].activate_push = ReadTask(later, config, "activate_push");
  };
  if (f.sema.in_top_level) {
    f.sema.after_top_level.push_back(read);
  } else {
    read();
  }
}

int MaxFifos(const Frame& f) {
  return isa::LimitsOf(f.sema.context.options.arch == Arch::kWse2 ? isa::Arch::kWse2
                                                                  : isa::Arch::kWse3)
      .num_fifos;
}

// The number of the register in a field of one of two types; -1 if reported.
int RegisterField(Frame& f, StructReader& config, std::string_view name, types::TypeId type,
                  types::TypeId other) {
  const std::string what = "'." + std::string(name) + "'";
  const std::optional<Value> v = KnownValue(f, config.Get(name), config.span(), what);
  if (!v) return -1;
  if (v->type() == type || v->type() == other) return static_cast<int>(v->bits());
  config.Error(Kind::kExpectedKind, {what, f.sema.TypeText(type), f.sema.TypeText(v->type())});
  return -1;
}

// `.dest`, `.src` and `.xdsr`, all or none of them. False if reported.
bool ReadRegisters(Frame& f, StructReader& config, Fifo* fifo) {
  const int given = config.Has("dest") + config.Has("src") + config.Has("xdsr");
  if (given == 0) return true;
  if (given != 3) {
    config.Error(Kind::kFifoRegisters, {});
    return false;
  }
  const int dest = RegisterField(f, config, "dest", types::kDsrDestType, types::kDsrFifoDestType);
  const int src = RegisterField(f, config, "src", types::kDsrSrc1Type, types::kDsrFifoSrc1Type);
  const int xdsr = RegisterField(f, config, "xdsr", types::kXdsrType, types::kXdsrType);
  if (dest < 0 || src < 0 || xdsr < 0) return false;
  if (dest != src) {
    config.Error(Kind::kFifoRegisterNumbers, {dest, src});
    return false;
  }
  fifo->dsr = static_cast<int8_t>(dest);
  return true;
}

bool CheckRegistersFree(Frame& f, const BuiltinCall& call, const Fifo& fifo) {
  for (const Fifo& other : f.sema.config.fifos) {
    if (fifo.dsr < 0 || other.dsr != fifo.dsr) continue;
    Fail(f, call.i, Kind::kConfiguredTwice, {"the FIFO in DSR", fifo.dsr});
    return false;
  }
  return true;
}

// The registers hold the FIFO from the start on.
void LoadRegisters(Frame& f, uint16_t number, uint8_t dsr) {
  const ir::GlobalId descriptor = f.sema.global(f.sema.FifoSymbol(number));
  f.sema.module.global(descriptor).is_used = true;
  for (ir::DsrFile file : {ir::DsrFile::kDest, ir::DsrFile::kSrc1}) {
    InitialDsr initial;
    initial.dsr = {file, dsr};
    initial.descriptor = descriptor;
    f.sema.config.dsrs.push_back(initial);
  }
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
  if (!config.ok() || !ReadRegisters(f, config, &fifo)) return Operand::Poison();
  fifo.empty_action = ReadAction(config, "empty_action");
  fifo.full_action = ReadAction(config, "full_action");
  ReadSimd(config, &fifo);
  const int priority = config.Choice("priority", {"low", "medium", "high"});
  if (priority >= 0) fifo.priority = static_cast<isa::Priority>(priority + 1);
  if (!config.ok()) return Operand::Poison();
  types::DsdData data;
  data.fifo = static_cast<uint16_t>(f.sema.config.fifos.size());
  if (data.fifo >= MaxFifos(f)) {
    return Fail(f, call.i, Kind::kTooManyFifos, {MaxFifos(f)});
  }
  if (!CheckRegistersFree(f, call, fifo)) return Operand::Poison();
  f.sema.config.fifos.push_back(fifo);
  ReadTasks(f, call, data.fifo);
  if (fifo.dsr >= 0) LoadRegisters(f, data.fifo, static_cast<uint8_t>(fifo.dsr));
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
