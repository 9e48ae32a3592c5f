// SPDX-License-Identifier: Apache-2.0
// Explicit DSRs: @load_to_dsr, at run time or before the start.
#include "compiler/sema/dsd.h"
#include "compiler/sema/handler.h"
#include "compiler/sema/struct_reader.h"
#include "compiler/types/predicates.h"
#include "fabric/isa/instruction.h"

namespace csl::sema {

using diagnostics::Kind;
using types::Value;

std::optional<ir::DsrRef> DsrOf(Frame& f, const Operand& o, bool is_dest, source::Span span) {
  types::TypeStore& s = f.sema.types;
  const std::optional<Value> dsr = KnownValue(f, o, span, "a DSR");
  if (!dsr) return std::nullopt;
  ir::DsrFile file = ir::DsrFile::kDest;
  switch (s.kind(o.type)) {
    case types::Kind::kDsrDest:
      break;
    case types::Kind::kDsrSrc0:
      file = ir::DsrFile::kSrc0;
      break;
    case types::Kind::kDsrSrc1:
      file = ir::DsrFile::kSrc1;
      break;
    default:
      FailAt(f, span, Kind::kNotSupportedYet, {"FIFO DSRs"});
      return std::nullopt;
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

namespace {

// nullopt if reported.
std::optional<uint8_t> LoadFlags(Frame& f, const BuiltinCall& call) {
  if (call.args.size() < 3) return uint8_t{0};
  StructReader config(f, Arg(f, call, 2), f.span(call.args[2]), "the configuration of a DSR");
  config.Allow(
      {"async", "activate", "unblock", "on_control", "ut_id", "save_address", "single_step"});
  for (const char* name : {"activate", "unblock", "on_control", "ut_id"}) {
    if (config.Has(name)) {
      config.Error(Kind::kNotSupportedYet, {"'." + std::string(name) + "' of @load_to_dsr"});
    }
  }
  if (config.Bool("async")) config.Error(Kind::kNotSupportedYet, {"'.async' of @load_to_dsr"});
  uint8_t flags = 0;
  if (config.Bool("save_address")) flags |= isa::kSaveAddress;
  if (config.Bool("single_step")) flags |= isa::kSingleStep;
  if (!config.ok()) return std::nullopt;
  return flags;
}

Operand LoadBeforeStart(Frame& f, const BuiltinCall& call, ir::DsrRef dsr, const Operand& dsd,
                        uint8_t flags) {
  const source::Span span = f.span(call.args[1]);
  const std::optional<Value> known = KnownValue(f, dsd, span, "the DSD");
  if (!known) return Operand::Poison();
  const ir::GlobalId global = f.sema.global(f.sema.ConstantSymbol(*known, f, span));
  f.sema.module.global(global).is_used = true;
  f.sema.config.dsrs.push_back({dsr, global, flags});
  return Operand::Void();
}

}  // namespace

Operand Builtin_load_to_dsr(Frame& f, const BuiltinCall& call) {
  types::TypeStore& s = f.sema.types;
  const Operand dsr = Arg(f, call, 0);
  const Operand dsd = Arg(f, call, 1);
  if (dsr.is_poison() || dsd.is_poison()) return Operand::Poison();
  if (!dsr.type.valid() || !types::IsDsr(s, dsr.type)) {
    return Fail(f, call.args[0], Kind::kExpectedKind,
                {"the first argument", "a DSR", f.sema.TypeText(dsr.type)});
  }
  const bool takes = dsd.type.valid() && (s.kind(dsd.type) == types::Kind::kMem1dDsd ||
                                          types::IsFabricDsd(s, dsd.type));
  if (!takes) {
    return Fail(
        f, call.args[1], Kind::kExpectedKind,
        {"the second argument", "a mem1d_dsd, fabin_dsd or fabout_dsd", f.sema.TypeText(dsd.type)});
  }
  const bool is_dest = s.kind(dsr.type) == types::Kind::kDsrDest;
  const std::optional<ir::DsrRef> target = DsrOf(f, dsr, is_dest, f.span(call.args[0]));
  const std::optional<uint8_t> flags = LoadFlags(f, call);
  if (!target || !flags) return Operand::Poison();
  if (!f.emits()) return LoadBeforeStart(f, call, *target, dsd, *flags);
  f.builder->DsrLoad(*target, ToMemory(f, dsd, f.span(call.args[1])), *flags);
  return Operand::Void();
}

}  // namespace csl::sema
