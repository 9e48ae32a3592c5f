// SPDX-License-Identifier: Apache-2.0
// Explicit registers: @load_to_dsr and its extended forms, at run time or before the start, and
// @set_dsr_base_addr.
#include "compiler/ir/dsr_load_flag.h"
#include "compiler/sema/async_config.h"
#include "compiler/sema/dsd.h"
#include "compiler/sema/dsr_load.h"
#include "compiler/types/dsd_value.h"
#include "compiler/types/predicates.h"
#include "fabric/isa/architecture.h"

namespace csl::sema {

using diagnostics::Kind;
using types::Value;

std::optional<ir::DsrRef> DsrOf(Frame& f, const Operand& o, bool is_dest, source::Span span) {
  const std::optional<Value> dsr = KnownValue(f, o, span, "a DSR");
  if (!dsr) return std::nullopt;
  ir::DsrFile file = ir::DsrFile::kDest;
  switch (f.sema.types.kind(o.type)) {
    case types::Kind::kDsrSrc0:
      file = ir::DsrFile::kSrc0;
      break;
    case types::Kind::kDsrSrc1:
    case types::Kind::kDsrFifoSrc1:
      file = ir::DsrFile::kSrc1;
      break;
    default:
      break;
  }
  const bool fits = is_dest ? file != ir::DsrFile::kSrc1 : file != ir::DsrFile::kDest;
  if (!fits) {
    FailAt(
        f, span, Kind::kExpectedKind,
        {is_dest ? "a destination DSR" : "a source DSR",
         is_dest ? "a dsr_dest or dsr_src0" : "a dsr_src0 or dsr_src1", f.sema.TypeText(o.type)});
    return std::nullopt;
  }
  return ir::DsrRef{file, static_cast<uint8_t>(dsr->bits())};
}

std::optional<ir::DsrRef> PlainDsrArg(Frame& f, const BuiltinCall& call) {
  const Operand dsr = Arg(f, call, 0);
  if (dsr.is_poison()) return std::nullopt;
  const types::Kind kind = dsr.type.valid() ? f.sema.types.kind(dsr.type) : types::Kind::kVoid;
  if (kind != types::Kind::kDsrDest && kind != types::Kind::kDsrSrc0 &&
      kind != types::Kind::kDsrSrc1) {
    Fail(f, call.args[0], Kind::kExpectedKind,
         {"the first argument", "a dsr_dest, dsr_src0 or dsr_src1", f.sema.TypeText(dsr.type)});
    return std::nullopt;
  }
  return DsrOf(f, dsr, kind == types::Kind::kDsrDest, f.span(call.args[0]));
}

namespace {

struct LoadSettings {
  uint8_t flags = 0;
  AsyncConfig async;
};

// `is_fabric`: of the DSD that is loaded. nullopt if reported.
std::optional<LoadSettings> ReadSettings(Frame& f, const Operand& given, source::Span span,
                                         bool is_fabric) {
  StructReader config(f, given, span, "the configuration of a DSR");
  config.Allow({"async", "activate", "unblock", "on_control", "priority", "ut_id", "save_address",
                "single_step"});
  LoadSettings out;
  if (is_fabric) {
    config.Refuse("save_address", "a fabric DSD has no address");
    if (!ReadAsyncFields(f, config, &out.async)) return std::nullopt;
    if (out.async.completion.has_id() && !out.async.is_async) {
      config.Error(Kind::kCompletionWithoutAsync, {});
    }
  } else {
    for (std::string_view name : kAsyncFields) {
      config.Refuse(name, "it belongs to fabric DSDs");
    }
  }
  if (config.Bool("save_address")) out.flags |= isa::kSaveAddress;
  if (config.Bool("single_step")) out.flags |= isa::kSingleStep;
  if (!config.ok()) return std::nullopt;
  return out;
}

// Everything known: the DSR holds the DSD when the program starts. Its settings may name tasks that
// later blocks bind.
Operand LoadBeforeStart(Frame& f, const BuiltinCall& call, const DsrLoad& load) {
  const source::Span span = f.span(call.args[load.dsd_argument]);
  const std::optional<Value> known = KnownValue(f, load.dsd, span, "the DSD");
  if (!known) return Operand::Poison();
  const ir::GlobalId global = f.sema.global(f.sema.ConstantSymbol(*known, f, span));
  f.sema.module.global(global).is_used = true;
  InitialDsr initial;
  initial.dsr = load.dsr;
  initial.descriptor = global;
  const size_t index = f.sema.config.dsrs.size();
  f.sema.config.dsrs.push_back(initial);
  if (load.settings.is_none()) return Operand::Void();
  f.sema.after_top_level.push_back([&a = f.sema, &home = f.instance, decl = f.decl_index, load,
                                    index] {
    Frame later(a, home, decl);
    const auto settings = ReadSettings(later, load.settings, load.settings_span, load.is_fabric);
    if (!settings) return;
    InitialDsr& out = a.config.dsrs[index];
    out.load_flags = settings->flags;
    out.async = settings->async.Settings();
    const auto number = [&](const EndAction& end) {
      if (!end.has_id()) return uint16_t{0};
      const auto id = KnownValue(later, end.id, load.settings_span, "the id");
      return id ? static_cast<uint16_t>(id->bits()) : uint16_t{0};
    };
    out.completion_id = number(settings->async.completion);
    out.on_control_id = number(settings->async.on_control);
  });
  return Operand::Void();
}

}  // namespace

Operand LoadDsr(Frame& f, const BuiltinCall& call, const DsrLoad& load) {
  if (!f.emits()) return LoadBeforeStart(f, call, load);
  const auto settings = ReadSettings(f, load.settings, load.settings_span, load.is_fabric);
  if (!settings) return Operand::Poison();
  const source::Span span = f.span(call.args[load.dsd_argument]);
  const ir::ValueId address = ToMemory(f, load.dsd, span);
  if (load.extended) {
    ir::ExtendedLoad extended = *load.extended;
    extended.flags = settings->flags;
    f.builder->DsrOperation(ir::DsrOp::kLoadX, load.dsr, extended.Encode(), std::array{address});
  } else {
    const int64_t of_memory = load.is_fabric ? 0 : ir::kLoadOfMemory;
    f.builder->DsrLoad(load.dsr, address, static_cast<uint8_t>(settings->flags | of_memory));
  }
  const isa::AsyncSettings async = settings->async.Settings();
  if (async == isa::AsyncSettings()) return Operand::Void();
  std::vector<ir::ValueId> ids;
  for (const EndAction* end : {&settings->async.completion, &settings->async.on_control}) {
    if (end->has_id()) ids.push_back(ToScalar(f, end->id, load.settings_span));
  }
  f.builder->DsrOperation(ir::DsrOp::kAsync, load.dsr, async.Encode(), ids);
  return Operand::Void();
}

void TakeSettings(Frame& f, const BuiltinCall& call, size_t n, DsrLoad* load) {
  if (call.args.size() <= n) return;
  load->settings = Arg(f, call, n);
  load->settings_span = f.span(call.args[n]);
}

// SDK 1.x: the registers that a DSD of several dimensions takes besides are the compiler's choice.
void ChooseRegisters(Frame& f, const BuiltinCall& call, DsrLoad* load) {
  ir::ExtendedLoad& extended = load->extended.emplace();
  extended.xdsr =
      static_cast<uint8_t>(load->dsr.number % isa::LimitsOf(isa::Arch::kWse2).num_xdsrs);
  const size_t count = NumStrideRegisters(f, load->dsd);
  for (size_t n = 0; n < count; ++n) extended.srs[n] = static_cast<uint8_t>(n);
  f.sema.ReportForm(diagnostics::Form::kDsrOfMem4d, f.span(call.i));
  f.sema.NoteForm(diagnostics::Form::kDsrOfMem4d, f.span(call.i),
                  std::to_string(extended.xdsr) + "," + std::to_string(count));
}

Operand Builtin_load_to_dsr(Frame& f, const BuiltinCall& call) {
  const types::TypeStore& s = f.sema.types;
  DsrLoad load;
  load.dsd = Arg(f, call, 1);
  const std::optional<ir::DsrRef> dsr = PlainDsrArg(f, call);
  if (!dsr || load.dsd.is_poison()) return Operand::Poison();
  load.dsr = *dsr;
  const types::Kind kind = load.dsd.type.valid() ? s.kind(load.dsd.type) : types::Kind::kVoid;
  std::optional<Kind> rule;
  if (kind == types::Kind::kCircbufDsd) {
    rule = Kind::kCircbufToDsr;
  } else if (kind == types::Kind::kFifoDsd) {
    rule = Kind::kFifoToDsr;
  } else if (kind == types::Kind::kFabinDsd && dsr->file == ir::DsrFile::kDest) {
    rule = Kind::kFabinToDest;
  } else if (kind == types::Kind::kFaboutDsd && dsr->file != ir::DsrFile::kDest) {
    rule = Kind::kFaboutToSource;
  }
  if (rule) return Fail(f, call.args[1], *rule);
  TakeSettings(f, call, 2, &load);
  if (kind == types::Kind::kMem4dDsd) {
    ChooseRegisters(f, call, &load);
    return LoadDsr(f, call, load);
  }
  load.is_fabric = load.dsd.type.valid() && types::IsFabricDsd(s, load.dsd.type);
  if (kind != types::Kind::kMem1dDsd && !load.is_fabric) {
    return Fail(f, call.args[1], Kind::kExpectedKind,
                {"the second argument", "a mem1d_dsd, fabin_dsd or fabout_dsd",
                 f.sema.TypeText(load.dsd.type)});
  }
  return LoadDsr(f, call, load);
}

Operand Builtin_set_dsr_base_addr(Frame& f, const BuiltinCall& call) {
  const std::optional<ir::DsrRef> dsr = PlainDsrArg(f, call);
  const source::Span span = f.span(call.args[1]);
  Operand base = f.result(call.args[1]);
  const bool is_pointer =
      base.type.valid() && f.sema.types.kind(base.type) == types::Kind::kPointer;
  base = is_pointer ? ValueOf(f, base, span) : AddressOfPlace(f, base, span);
  if (!dsr || base.is_poison()) return Operand::Poison();
  f.builder->DsrOperation(ir::DsrOp::kBase, *dsr, 0, std::array{ToScalar(f, base, span)});
  return Operand::Void();
}

}  // namespace csl::sema
