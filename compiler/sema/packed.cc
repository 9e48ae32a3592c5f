// SPDX-License-Identifier: Apache-2.0
// Fields of packed structs and unions in memory: bits of the words that hold them.
#include "compiler/sema/packed.h"

#include "compiler/types/type_layout.h"

namespace csl::sema {
namespace {

// The smallest run of 16-bit words around a field; all of a value of at most 16 bits.
struct Window {
  ir::ValueId address;
  uint32_t bits = 0;   // of the window
  uint32_t shift = 0;  // of the field in it
};

Window WindowOf(Frame& f, const Place& p, uint32_t field_bits) {
  const uint32_t all = types::PackedBits(f.sema.types, p.packed_in);
  const ir::ValueId address = PlaceAddress(f, p);
  if (all <= 16) return {address, all, p.bit_offset};
  const uint32_t first = p.bit_offset / 16;
  const uint32_t end = (p.bit_offset + field_bits + 15) / 16;
  return {first == 0 ? address : f.builder->PtrAdd(address, static_cast<int32_t>(first * 2)),
          (end - first) * 16, p.bit_offset - first * 16};
}

uint32_t FieldBits(const types::TypeStore& s, types::TypeId t) {
  return IsScalar(s, t) ? ir::BitWidth(IrType(s, t)) : types::PackedBits(s, t);
}

// An integer with the low `count` bits set.
ir::ValueId LowBits(ir::IrBuilder& b, uint32_t width, uint32_t count) {
  if (width <= 64) return b.Int(width, count >= 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1);
  const ir::ValueId all = b.Not(b.Int(width, 0));
  return b.Binary(ir::Op::kLShr, all, b.Int(16, width - count));
}

ir::ValueId PackFields(Frame& f, const Operand& o, source::Span span);

// The bits of a field's value as an integer.
ir::ValueId AsBits(Frame& f, const Operand& o, source::Span span) {
  types::TypeStore& s = f.sema.types;
  ir::IrBuilder& b = *f.builder;
  const uint32_t bits = FieldBits(s, o.type);
  if (!IsScalar(s, o.type)) {
    if (o.kind == OperandKind::kFields) return PackFields(f, o, span);
    return b.Load(ir::IntType(bits), ToMemory(f, o, span));
  }
  const ir::ValueId v = ToScalar(f, o, span);
  return b.TypeOf(v).is_int() ? v : b.Convert(ir::Op::kBitcast, ir::IntType(bits), v);
}

// A packed struct in parts as one integer of its PackedBits.
ir::ValueId PackFields(Frame& f, const Operand& o, source::Span span) {
  types::TypeStore& s = f.sema.types;
  ir::IrBuilder& b = *f.builder;
  const uint32_t width = types::PackedBits(s, o.type);
  ir::ValueId word = b.Int(width, 0);
  for (uint32_t n = 0; n < o.fields->size(); ++n) {
    if (FieldBits(s, (*o.fields)[n].type) == 0) continue;
    const ir::ValueId v = b.IntCast(width, AsBits(f, (*o.fields)[n], span), false);
    const ir::ValueId count = b.Int(16, types::PackedFieldBit(s, o.type, n));
    word = b.Binary(ir::Op::kOr, word, b.Binary(ir::Op::kShl, v, count));
  }
  return word;
}

}  // namespace

Operand LoadBits(Frame& f, const Place& p) {
  types::TypeStore& s = f.sema.types;
  ir::IrBuilder& b = *f.builder;
  const uint32_t bits = FieldBits(s, p.type);
  const Window w = WindowOf(f, p, bits);
  ir::ValueId v = b.Load(ir::IntType(w.bits), w.address);
  if (w.shift != 0) v = b.Binary(ir::Op::kLShr, v, b.Int(16, w.shift));
  v = b.IntCast(bits, v, false);
  if (IsScalar(s, p.type)) {
    const ir::Type type = IrType(s, p.type);
    return Operand::Runtime(p.type, type.is_int() ? v : b.Convert(ir::Op::kBitcast, type, v));
  }
  const ir::ValueId copy =
      b.Alloca(static_cast<uint32_t>(types::SizeOf(s, p.type)), types::AlignOf(s, p.type));
  b.Store(v, copy);
  return Operand::StableMemory(p.type, copy);
}

void StoreBits(Frame& f, const Place& p, const Operand& o, source::Span span) {
  ir::IrBuilder& b = *f.builder;
  const uint32_t bits = FieldBits(f.sema.types, p.type);
  ir::ValueId v = AsBits(f, o, span);
  const Window w = WindowOf(f, p, bits);
  if (w.bits != bits) {
    v = b.Binary(ir::Op::kShl, b.IntCast(w.bits, v, false), b.Int(16, w.shift));
    const ir::ValueId field = b.Binary(ir::Op::kShl, LowBits(b, w.bits, bits), b.Int(16, w.shift));
    const ir::ValueId rest =
        b.Binary(ir::Op::kAnd, b.Load(ir::IntType(w.bits), w.address), b.Not(field));
    v = b.Binary(ir::Op::kOr, rest, v);
  }
  b.Store(v, w.address);
}

void StorePackedFields(Frame& f, ir::ValueId address, int32_t offset, const Operand& o,
                       source::Span span) {
  types::TypeStore& s = f.sema.types;
  if (types::PackedBits(s, o.type) <= 32) {
    f.builder->Store(PackFields(f, o, span), address, offset);
    return;
  }
  Place p;
  p.kind = PlaceKind::kDynamic;
  p.address = address;
  p.offset = offset;
  p.packed_in = o.type;
  f.builder->Zero(PlaceAddress(f, p), static_cast<uint32_t>(types::SizeOf(s, o.type)));
  for (uint32_t n = 0; n < o.fields->size(); ++n) {
    p.type = s.fields(o.type)[n].type;
    p.bit_offset = types::PackedFieldBit(s, o.type, n);
    if (FieldBits(s, p.type) != 0) StoreBits(f, p, (*o.fields)[n], span);
  }
}

}  // namespace csl::sema
