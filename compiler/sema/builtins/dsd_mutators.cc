// SPDX-License-Identifier: Apache-2.0
// Builtins that yield a changed copy of a DSD.
#include "compiler/sema/dsd.h"
#include "compiler/sema/handler.h"
#include "compiler/types/dsd_value.h"
#include "compiler/types/predicates.h"
#include "compiler/types/type_layout.h"
#include "fabric/isa/descriptor.h"

namespace csl::sema {

using diagnostics::Kind;
using types::DsdData;
using types::TypeId;
using types::Value;

namespace {

// Argument 0, a DSD of one of the kinds; poison if reported.
Operand DsdArg(Frame& f, const BuiltinCall& call, bool (*allowed)(const types::TypeStore&, TypeId),
               std::string_view what) {
  const Operand dsd = Arg(f, call, 0);
  if (dsd.is_poison()) return dsd;
  if (dsd.type.valid() && allowed(f.sema.types, dsd.type)) return dsd;
  return Fail(f, call.args[0], Kind::kExpectedKind,
              {"the first argument", what, f.sema.TypeText(dsd.type)});
}

bool IsFlat(const types::TypeStore& s, TypeId t) {
  return types::IsDsd(s, t) && s.kind(t) != types::Kind::kMem4dDsd &&
         s.kind(t) != types::Kind::kFifoDsd;
}
bool IsMem1d(const types::TypeStore& s, TypeId t) { return s.kind(t) == types::Kind::kMem1dDsd; }
bool IsMem1dOrMem4d(const types::TypeStore& s, TypeId t) {
  return s.kind(t) == types::Kind::kMem1dDsd || s.kind(t) == types::Kind::kMem4dDsd;
}

// A copy that stores may change.
ir::ValueId CopyOf(Frame& f, const Operand& dsd, source::Span span) {
  types::TypeStore& s = f.sema.types;
  const ir::ValueId copy = f.builder->Alloca(static_cast<uint32_t>(types::SizeOf(s, dsd.type)),
                                             types::AlignOf(s, dsd.type));
  StoreTo(f, copy, 0, dsd, span);
  return copy;
}

// Replaces the 16-bit word at `offset` by a value.
Operand WithWord(Frame& f, const Operand& dsd, uint32_t offset, const Operand& word,
                 source::Span span) {
  if (!f.emits()) return FailAt(f, span, Kind::kNotComptime, {"this DSD"});
  const ir::ValueId copy = CopyOf(f, dsd, span);
  ir::ValueId v = ToScalar(f, word, span);
  if (f.builder->TypeOf(v).is_int()) v = f.builder->IntCast(16, v, true);
  f.builder->Store(v, copy, static_cast<int32_t>(offset));
  return Operand::StableMemory(dsd.type, copy);
}

}  // namespace

Operand Builtin_set_dsd_base_addr(Frame& f, const BuiltinCall& call) {
  const Operand dsd = DsdArg(f, call, IsMem1dOrMem4d, "a mem1d_dsd or mem4d_dsd");
  if (dsd.is_poison()) return dsd;
  types::TypeStore& s = f.sema.types;
  const source::Span span = f.span(call.args[1]);
  Operand base = f.result(call.args[1]);
  if (base.type.valid() && s.kind(base.type) == types::Kind::kPointer) {
    base = ValueOf(f, base, span);
  } else {
    base = AddressOfPlace(f, base, span);
  }
  if (base.is_poison()) return base;
  if (dsd.is_const() && base.is_const()) {
    DsdData data = Use(f, dsd).dsd();
    data.base = Use(f, base);
    return Operand::Const(Value::Dsd(dsd.type, std::move(data)));
  }
  return WithWord(f, dsd, isa::kDsdBaseOffset, base, span);
}

Operand Builtin_increment_dsd_offset(Frame& f, const BuiltinCall& call) {
  const Operand dsd = DsdArg(f, call, IsMem1dOrMem4d, "a mem1d_dsd or mem4d_dsd");
  if (dsd.is_poison()) return dsd;
  types::TypeStore& s = f.sema.types;
  const Operand count = CoercedArg(f, call, 1, types::kI16Type);
  const std::optional<TypeId> element = TypeArg(f, call, 2);
  if (count.is_poison() || !element) return Operand::Poison();
  if (!types::HasRuntimeBits(s, *element)) {
    return Fail(f, call.args[2], Kind::kRunTimeComptimeOnly, {f.sema.TypeText(*element)});
  }
  const uint32_t bytes = static_cast<uint32_t>(types::SizeOf(s, *element));
  const source::Span span = f.span(call.i);
  if (dsd.is_const() && count.is_const()) {
    DsdData data = Use(f, dsd).dsd();
    const Operand base = AdvancePointer(f, Operand::Const(data.base), count, bytes, span);
    if (base.is_poison()) return base;
    data.base = Use(f, base);
    return Operand::Const(Value::Dsd(dsd.type, std::move(data)));
  }
  if (!f.emits()) return Fail(f, call.i, Kind::kNotComptime, {"this DSD"});
  const ir::ValueId copy = CopyOf(f, dsd, span);
  const ir::ValueId base = f.builder->Load(ir::kPointerType, copy, isa::kDsdBaseOffset);
  const ir::ValueId moved = f.builder->ElementPtr(base, ToScalar(f, count, span), true, bytes);
  f.builder->Store(moved, copy, isa::kDsdBaseOffset);
  return Operand::StableMemory(dsd.type, copy);
}

Operand Builtin_set_dsd_length(Frame& f, const BuiltinCall& call) {
  const Operand dsd = DsdArg(f, call, IsFlat, "a DSD of one dimension");
  const Operand length = CoercedArg(f, call, 1, types::kU16Type);
  if (dsd.is_poison() || length.is_poison()) return Operand::Poison();
  if (dsd.is_const() && length.is_const()) {
    DsdData data = Use(f, dsd).dsd();
    data.extent[0] = static_cast<uint16_t>(Use(f, length).bits());
    return Operand::Const(Value::Dsd(dsd.type, std::move(data)));
  }
  return WithWord(f, dsd, isa::kDsdExtentOffset, length, f.span(call.i));
}

Operand Builtin_set_dsd_stride(Frame& f, const BuiltinCall& call) {
  const Operand dsd = DsdArg(f, call, IsMem1d, "a mem1d_dsd");
  const Operand stride = CoercedArg(f, call, 1, types::kI8Type);
  if (dsd.is_poison() || stride.is_poison()) return Operand::Poison();
  if (dsd.is_const() && stride.is_const()) {
    DsdData data = Use(f, dsd).dsd();
    data.stride[0] = static_cast<int16_t>(Use(f, stride).int64());
    return Operand::Const(Value::Dsd(dsd.type, std::move(data)));
  }
  return WithWord(f, dsd, isa::kDsdStrideOffset, stride, f.span(call.i));
}

}  // namespace csl::sema
