// SPDX-License-Identifier: Apache-2.0
// @dfilt: drops data wavelets until a number of control wavelets has come.
#include "compiler/sema/async_config.h"
#include "compiler/sema/dsd.h"

namespace csl::sema {

using diagnostics::Kind;

namespace {

// The operand, a fabin_dsd or a dsr_src1 that holds one; nullopt if reported.
std::optional<ir::DsdArg> Source(Frame& f, const BuiltinCall& call, const Operand& o) {
  const types::Kind kind = o.type.valid() ? f.sema.types.kind(o.type) : types::Kind::kVoid;
  const source::Span span = f.span(call.args[0]);
  if (kind == types::Kind::kFabinDsd) return ir::DsdArg::FabricDsd(ToMemory(f, o, span));
  if (kind == types::Kind::kDsrSrc1) {
    const std::optional<ir::DsrRef> dsr = DsrOf(f, o, false, span);
    if (!dsr) return std::nullopt;
    return ir::DsdArg::Dsr(*dsr);
  }
  Fail(f, call.args[0], Kind::kExpectedKind,
       {"the operand of @dfilt", "a fabin_dsd or dsr_src1", f.sema.TypeText(o.type)});
  return std::nullopt;
}

}  // namespace

Operand Builtin_dfilt(Frame& f, const BuiltinCall& call) {
  const Operand operand = Arg(f, call, 0);
  const Operand given = Arg(f, call, 1);
  if (operand.is_poison() || given.is_poison()) return Operand::Poison();
  StructReader config(f, given, f.span(call.args[1]), "the configuration of @dfilt");
  config.Refuse("on_control", "control wavelets are what it counts");
  config.Refuse("index", "it has no operand in memory");
  if (config.ok() && !config.Bool("async")) {
    config.Error(Kind::kDfiltNotAsync, {});
  }
  const std::optional<ir::DsdArg> source = Source(f, call, operand);
  ir::DsdArgs args;
  args.op = ir::DsdOp::kDfilt;
  if (!source || !config.ok() || !ReadAsyncConfig(f, call, 1, std::span(&operand, 1), &args)) {
    return Operand::Poison();
  }
  args.src1 = *source;
  return Operand::Runtime(types::kBoolType, f.builder->DsdOperation(args));
}

}  // namespace csl::sema
