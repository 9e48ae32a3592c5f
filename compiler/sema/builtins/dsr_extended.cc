// SPDX-License-Identifier: Apache-2.0
// Loads that take registers besides the DSR: an XDSR for circular buffers, and stride registers for
// DSDs of several dimensions.
#include "compiler/sema/dsr_load.h"
#include "compiler/types/dsd_value.h"
#include "compiler/types/predicates.h"

namespace csl::sema {

using diagnostics::Kind;
using types::Value;

size_t NumStrideRegisters(Frame& f, const Operand& dsd) {
  if (!dsd.is_const()) return 3;
  const types::DsdData& data = Use(f, dsd).dsd();
  const size_t outer = data.rank - size_t{1};
  return outer > 0 && data.stride[0] == 1 ? outer - 1 : outer;
}

namespace {

// The number of the register in argument n, of that type. nullopt if reported.
std::optional<uint8_t> RegisterArg(Frame& f, const BuiltinCall& call, size_t n, types::TypeId type,
                                   std::string_view what) {
  const Operand o = Arg(f, call, n);
  if (o.is_poison()) return std::nullopt;
  if (o.type != type) {
    Fail(f, call.args[n], Kind::kExpectedKind,
         {what, f.sema.TypeText(type), f.sema.TypeText(o.type)});
    return std::nullopt;
  }
  const std::optional<Value> v = KnownValue(f, o, f.span(call.args[n]), what);
  if (!v) return std::nullopt;
  return static_cast<uint8_t>(v->bits());
}

// The DSD in argument n; poison if reported.
Operand DsdArg(Frame& f, const BuiltinCall& call, size_t n, types::TypeId type) {
  const Operand o = Arg(f, call, n);
  if (o.is_poison() || o.type == type) return o;
  return Fail(f, call.args[n], Kind::kExpectedKind,
              {"the DSD", f.sema.TypeText(type), f.sema.TypeText(o.type)});
}

bool ReadStrideRegisters(Frame& f, const BuiltinCall& call, size_t wanted, ir::ExtendedLoad* out) {
  const Operand list = Arg(f, call, 2);
  const std::optional<Value> srs =
      list.is_poison() ? std::nullopt
                       : KnownValue(f, list, f.span(call.args[2]), "the stride registers");
  if (!srs) return false;
  const types::TypeStore& s = f.sema.types;
  const bool is_list = s.is_tuple(srs->type()) || s.kind(srs->type()) == types::Kind::kArray ||
                       (s.kind(srs->type()) == types::Kind::kStruct && srs->element_count() == 0);
  if (!is_list) {
    Fail(f, call.args[2], Kind::kExpectedKind,
         {"the third argument", "a tuple of stride registers", f.sema.TypeText(srs->type())});
    return false;
  }
  if (srs->element_count() != wanted) {
    Fail(f, call.args[2], Kind::kStrideRegisterCount, {wanted, srs->element_count()});
    return false;
  }
  for (size_t n = 0; n < wanted; ++n) {
    const Value& sr = srs->element(n);
    if (sr.type() != types::kSrType) {
      Fail(f, call.args[2], Kind::kExpectedKind,
           {"a stride register", "sr", f.sema.TypeText(sr.type())});
      return false;
    }
    out->srs[n] = static_cast<uint8_t>(sr.bits());
  }
  return true;
}

}  // namespace

Operand Builtin_load_to_dsr_xdsr(Frame& f, const BuiltinCall& call) {
  const std::optional<ir::DsrRef> dsr = PlainDsrArg(f, call);
  const std::optional<uint8_t> xdsr = RegisterArg(f, call, 1, types::kXdsrType, "the XDSR");
  DsrLoad load;
  load.dsd = DsdArg(f, call, 2, types::kCircbufDsdType);
  if (!dsr || !xdsr || load.dsd.is_poison()) return Operand::Poison();
  load.dsr = *dsr;
  load.dsd_argument = 2;
  load.extended.emplace().xdsr = *xdsr;
  TakeSettings(f, call, 3, &load);
  return LoadDsr(f, call, load);
}

Operand Builtin_load_to_dsr_xdsr_sr(Frame& f, const BuiltinCall& call) {
  const std::optional<ir::DsrRef> dsr = PlainDsrArg(f, call);
  const std::optional<uint8_t> xdsr = RegisterArg(f, call, 1, types::kXdsrType, "the XDSR");
  DsrLoad load;
  load.dsd = DsdArg(f, call, 3, types::kMem4dDsdType);
  if (!dsr || !xdsr || load.dsd.is_poison()) return Operand::Poison();
  load.dsr = *dsr;
  load.dsd_argument = 3;
  load.extended.emplace().xdsr = *xdsr;
  if (!ReadStrideRegisters(f, call, NumStrideRegisters(f, load.dsd), &*load.extended)) {
    return Operand::Poison();
  }
  TakeSettings(f, call, 4, &load);
  return LoadDsr(f, call, load);
}

}  // namespace csl::sema
