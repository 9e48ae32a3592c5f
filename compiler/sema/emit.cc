// SPDX-License-Identifier: Apache-2.0
// From operands to IR: scalars become SSA values, everything else lives in memory.
#include <cstring>

#include "base/check.h"
#include "compiler/sema/handler.h"
#include "compiler/sema/packed.h"
#include "compiler/types/coercion.h"
#include "compiler/types/encode.h"
#include "compiler/types/fold.h"
#include "compiler/types/predicates.h"
#include "compiler/types/type_layout.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;
using types::Value;

bool IsScalar(const types::TypeStore& s, TypeId t) {
  switch (s.kind(t)) {
    case types::Kind::kBool:
    case types::Kind::kInt:
    case types::Kind::kF16:
    case types::Kind::kBf16:
    case types::Kind::kCb16:
    case types::Kind::kF32:
    case types::Kind::kPointer:
    case types::Kind::kEnum:
    case types::Kind::kDirection:
      return true;
    default:
      return types::IsMachineId(s, t);
  }
}

ir::Type IrType(const types::TypeStore& s, TypeId t) {
  switch (s.kind(t)) {
    case types::Kind::kBool:
      return ir::kBoolType;
    case types::Kind::kInt:
      return ir::IntType(s.int_bits(t));
    case types::Kind::kF16:
    case types::Kind::kBf16:
    case types::Kind::kCb16:
      return ir::kF16Type;
    case types::Kind::kF32:
      return ir::kF32Type;
    case types::Kind::kPointer:
      return types::IsFnPointer(s, t) ? ir::kFunctionType : ir::kPointerType;
    case types::Kind::kEnum:
      return IrType(s, s.underlying(t));
    default:
      return ir::IntType(16);  // machine ids, direction
  }
}

namespace {

// A constant of more than 64 bits.
ir::ValueId WideConstant(ir::IrBuilder& b, const types::BigInt& n, uint32_t width) {
  ir::ValueId all = b.Int(width, n.Low64());
  types::BigInt rest = n.Wrap(false, width).ShiftRight(64);
  for (uint32_t at = 64; !rest.is_zero(); at += 64, rest = rest.ShiftRight(64)) {
    const ir::ValueId part = b.Binary(ir::Op::kShl, b.Int(width, rest.Low64()), b.Int(16, at));
    all = b.Binary(ir::Op::kOr, all, part);
  }
  return all;
}

}  // namespace

ir::ValueId ToScalar(Frame& f, const Operand& o, source::Span span) {
  types::TypeStore& s = f.sema.types;
  ir::IrBuilder& b = *f.builder;
  if (o.kind == OperandKind::kRuntime) return o.ir;
  if (o.kind == OperandKind::kMemory) return b.Load(IrType(s, o.type), o.ir);
  CHECK(o.is_const()) << "operand is not a scalar";
  const Value& v = Use(f, o);
  const ir::Type type = IrType(s, v.type());
  switch (v.form()) {
    case types::Form::kSymbol:
      return b.GlobalAddress(f.sema.global(v.symbol()), v.byte_offset());
    case types::Form::kFunction: {
      const ir::FunctionId id = f.sema.FunctionFor(v, &f, span);
      return id.valid() ? b.FunctionAddress(id) : b.Undef(type);
    }
    case types::Form::kImmediate:
      return type.is_pointer()
                 ? b.NullPointer(static_cast<uint16_t>(v.bits()))
                 : f.builder->function().Const(type, [&] {
                     const uint32_t bits = ir::BitWidth(type);
                     return bits >= 64 ? v.bits() : v.bits() & ((uint64_t{1} << bits) - 1);
                   }());
    case types::Form::kBigInt:
      return WideConstant(b, v.big_int(), ir::BitWidth(type));
    case types::Form::kCell:
      FailAt(f, span, Kind::kComptimePointerAtRunTime);
      return b.Undef(type);
    default:
      FailAt(f, span, Kind::kNotSupportedYet, {"this value at run time"});
      return b.Undef(type);
  }
}

ir::ValueId ToMemory(Frame& f, const Operand& o, source::Span span) {
  types::TypeStore& s = f.sema.types;
  if (o.kind == OperandKind::kMemory) return o.ir;
  if (o.is_const()) {
    Use(f, o);
    return f.builder->GlobalAddress(f.sema.global(f.sema.ConstantSymbol(o.value, f, span)));
  }
  const ir::ValueId address =
      f.builder->Alloca(static_cast<uint32_t>(types::SizeOf(s, o.type)), types::AlignOf(s, o.type));
  StoreTo(f, address, 0, o, span);
  return address;
}

namespace {

void StoreFields(Frame& f, ir::ValueId address, int32_t offset, const Operand& o,
                 source::Span span) {
  types::TypeStore& s = f.sema.types;
  const bool is_array =
      s.kind(o.type) == types::Kind::kArray || s.kind(o.type) == types::Kind::kRange;
  if (!is_array && s.packing(o.type) == types::Packing::kPacked) {
    StorePackedFields(f, address, offset, o, span);
    return;
  }
  for (uint32_t n = 0; n < o.fields->size(); ++n) {
    const uint64_t at =
        is_array ? n * types::SizeOf(s, s.element(o.type)) : types::FieldOffset(s, o.type, n);
    if (!types::HasRuntimeBits(s, (*o.fields)[n].type)) continue;
    StoreTo(f, address, offset + static_cast<int32_t>(at), (*o.fields)[n], span);
  }
}

}  // namespace

void StoreTo(Frame& f, ir::ValueId address, int32_t offset, const Operand& o, source::Span span) {
  types::TypeStore& s = f.sema.types;
  ir::IrBuilder& b = *f.builder;
  if (o.is_poison()) return;
  if (!types::HasRuntimeBits(s, o.type)) return;
  if (IsScalar(s, o.type)) {
    b.Store(ToScalar(f, o, span), address, offset);
    return;
  }
  const uint32_t size = static_cast<uint32_t>(types::SizeOf(s, o.type));
  const ir::ValueId to = offset == 0 ? address : b.PtrAdd(address, offset);
  if (o.kind == OperandKind::kFields) {
    StoreFields(f, address, offset, o, span);
  } else if (o.is_const()) {
    const diagnostics::ProblemOr<types::EncodedValue> bytes = types::Encode(s, Use(f, o));
    if (bytes.ok() && bytes->all_zero()) {
      b.Zero(to, size);
    } else {
      b.Copy(to, ToMemory(f, o, span), size);
    }
  } else {
    b.Copy(to, o.ir, size);
  }
}

Operand LoadFrom(Frame& f, TypeId type, ir::ValueId address, int32_t offset) {
  types::TypeStore& s = f.sema.types;
  if (!types::HasRuntimeBits(s, type)) return Operand::Const(types::ZeroValue(s, type));
  if (IsScalar(s, type)) {
    return Operand::Runtime(type, f.builder->Load(IrType(s, type), address, offset));
  }
  return Operand::Memory(type, offset == 0 ? address : f.builder->PtrAdd(address, offset));
}

Operand Detach(Frame& f, const Operand& o, source::Span span) {
  if (o.kind == OperandKind::kFields) {
    std::vector<Operand> parts;
    parts.reserve(o.fields->size());
    for (const Operand& part : *o.fields) parts.push_back(Detach(f, part, span));
    return Operand::Fields(o.type, std::move(parts));
  }
  if (o.kind != OperandKind::kMemory || o.is_stable) return o;
  types::TypeStore& s = f.sema.types;
  const uint32_t size = static_cast<uint32_t>(types::SizeOf(s, o.type));
  const ir::ValueId copy = f.builder->Alloca(size, types::AlignOf(s, o.type));
  f.builder->Copy(copy, o.ir, size);
  return Operand::StableMemory(o.type, copy);
}

ir::ValueId PlaceAddress(Frame& f, const Place& place) {
  if (place.kind == PlaceKind::kStatic) {
    return f.builder->GlobalAddress(f.sema.global(place.symbol), place.offset);
  }
  return place.offset == 0 ? place.address : f.builder->PtrAdd(place.address, place.offset);
}

}  // namespace csl::sema
