// SPDX-License-Identifier: Apache-2.0
// Values as bytes of PE memory.
#include "compiler/types/encode.h"

#include <algorithm>
#include <optional>

#include "compiler/types/dsd_value.h"
#include "compiler/types/fold.h"
#include "compiler/types/predicates.h"
#include "compiler/types/print.h"
#include "compiler/types/type_layout.h"
#include "fabric/isa/descriptor.h"

namespace csl::types {

using diagnostics::Problem;

namespace {

isa::SimdMode ToIsa(SimdMode mode) {
  switch (mode) {
    case SimdMode::kDefault:
      return isa::SimdMode::kDefault;
    case SimdMode::kOff:
      return isa::SimdMode::kOff;
    case SimdMode::kMax:
      return isa::SimdMode::kMax;
    case SimdMode::k32:
      return isa::SimdMode::kSimd32;
    case SimdMode::k64:
      return isa::SimdMode::kSimd64;
    case SimdMode::k32Or64:
      return isa::SimdMode::kSimd32Or64;
  }
  return isa::SimdMode::kDefault;
}

isa::Priority ToIsa(FabricPriority priority) {
  switch (priority) {
    case FabricPriority::kDefault:
      return isa::Priority::kDefault;
    case FabricPriority::kHigh:
      return isa::Priority::kHigh;
    case FabricPriority::kMedium:
      return isa::Priority::kMedium;
    case FabricPriority::kLow:
      return isa::Priority::kLow;
  }
  return isa::Priority::kDefault;
}

isa::DsdKind ToIsa(Kind kind) {
  switch (kind) {
    case Kind::kMem1dDsd:
      return isa::DsdKind::kMem1d;
    case Kind::kMem4dDsd:
      return isa::DsdKind::kMem4d;
    case Kind::kCircbufDsd:
      return isa::DsdKind::kCircbuf;
    case Kind::kFabinDsd:
      return isa::DsdKind::kFabin;
    case Kind::kFaboutDsd:
      return isa::DsdKind::kFabout;
    case Kind::kFifoDsd:
      return isa::DsdKind::kFifo;
    default:
      return isa::DsdKind::kNone;
  }
}

// The descriptor with addresses left zero.
isa::Descriptor ToDescriptor(Kind kind, const DsdData& d) {
  isa::Descriptor out;
  out.header = {.kind = ToIsa(kind),
                .dimensions = d.rank,
                .wavelet_index_offset = d.wavelet_index_offset,
                .control = d.control,
                .advance_switch = d.advance_switch,
                .control_transform = d.control_transform};
  // The language lists extents with the fastest dimension last, the machine first.
  for (int i = 0; i < d.rank; ++i) out.extent[i] = d.extent[d.rank - 1 - i];
  for (int i = 0; i < d.rank; ++i) out.stride[i] = d.stride[i];
  if (d.queue != DsdData::kNoId) out.queue = static_cast<uint8_t>(d.queue);
  if (d.color != DsdData::kNoId) out.color = static_cast<uint8_t>(d.color);
  if (d.fifo != DsdData::kNoId) out.base = d.fifo;
  out.modes = {.simd = ToIsa(d.simd),
               .zero = static_cast<isa::ZeroSource>(d.zero),
               .priority = ToIsa(d.priority)};
  return out;
}

class Encoder {
 public:
  Encoder(const TypeStore& s, EncodedValue* out) : s_(s), out_(*out) {}

  Problem Put(uint64_t at, const Value& v) {
    if (!HasRuntimeBits(s_, v.type())) {
      if (v.type() == kVoidType) return diagnostics::NoProblem();
      return diagnostics::NotSupported("a value of type " + TypeText(s_, v.type()) +
                                       " in run-time memory");
    }
    const uint64_t size = SizeOf(s_, v.type());
    switch (v.form()) {
      case Form::kImmediate:
        PutBits(at, v.bits(), size);
        return diagnostics::NoProblem();
      case Form::kBigInt:
        PutNumber(at, v.big_int(), size);
        return diagnostics::NoProblem();
      case Form::kSymbol:
        PutAddress(at, v, 0);
        return diagnostics::NoProblem();
      case Form::kFunction:
        out_.relocations.push_back(
            {.offset = static_cast<uint32_t>(at), .instance = v.instance(), .decl = v.decl()});
        return diagnostics::NoProblem();
      case Form::kAggregate:
        return PutAggregate(at, v);
      case Form::kDsd:
        return PutDsd(at, v);
      default:
        return diagnostics::NotSupported("a compile-time pointer in run-time memory: " +
                                         ValueText(s_, v));
    }
  }

 private:
  void PutBits(uint64_t at, uint64_t bits, uint64_t size) {
    for (uint64_t i = 0; i < size; ++i) {
      out_.bytes[at + i] = i < 8 ? static_cast<uint8_t>(bits >> 8 * i) : 0;
    }
  }

  // Two's complement, 64 bits at a time. The bytes may hold relocations, which are zero.
  void PutNumber(uint64_t at, BigInt rest, uint64_t size) {
    for (uint64_t i = 0; i < size; i += 8, rest = rest.ShiftRight(64)) {
      PutBits(at + i, rest.Low64(), std::min<uint64_t>(8, size - i));
    }
  }

  void PutAddress(uint64_t at, const Value& pointer, int32_t addend) {
    if (pointer.is_immediate()) {
      PutBits(at, pointer.bits() + static_cast<uint64_t>(int64_t{addend}), 2);
      return;
    }
    out_.relocations.push_back({.offset = static_cast<uint32_t>(at),
                                .symbol = pointer.symbol(),
                                .addend = pointer.byte_offset() + addend});
  }

  Problem PutAggregate(uint64_t at, const Value& v) {
    const Kind kind = s_.kind(v.type());
    if (kind == Kind::kArray || kind == Kind::kRange) {
      if (v.is_zero_array()) return diagnostics::NoProblem();  // the bytes are zero already
      const uint64_t step = SizeOf(s_, s_.element(v.type()));
      for (size_t i = 0; i < v.element_count(); ++i)
        RETURN_IF_PROBLEM(Put(at + i * step, v.element(i)));
      return diagnostics::NoProblem();
    }
    if (s_.packing(v.type()) == Packing::kPacked) {
      BigInt bits;
      RETURN_IF_PROBLEM(PutPacked(at, 0, v, &bits));
      PutNumber(at, bits, SizeOf(s_, v.type()));
      return diagnostics::NoProblem();
    }
    if (kind == Kind::kUnion) return Put(at, v.element(0));
    for (uint32_t i = 0; i < v.element_count(); ++i) {
      RETURN_IF_PROBLEM(Put(at + FieldOffset(s_, v.type(), i), v.element(i)));
    }
    return diagnostics::NoProblem();
  }

  // Adds v, at that bit of a packed value, to its backing integer; addresses as relocations.
  Problem PutPacked(uint64_t at, uint32_t bit, const Value& v, BigInt* bits) {
    if (v.form() == Form::kSymbol || v.form() == Form::kFunction) {
      if (bit % 16 != 0)
        return diagnostics::NotSupported("an address that is not aligned to 16 bits");
      return Put(at + bit / 8, v);
    }
    if (v.form() != Form::kAggregate) {
      ASSIGN_OR_RETURN(const BigInt field, PackBits(s_, v));
      *bits = *bits | field.ShiftLeft(bit);
      return diagnostics::NoProblem();
    }
    for (uint32_t i = 0; i < v.element_count(); ++i) {
      const uint32_t start = v.is_union() ? 0 : PackedFieldBit(s_, v.type(), i);
      RETURN_IF_PROBLEM(PutPacked(at, bit + start, v.element(i), bits));
    }
    return diagnostics::NoProblem();
  }

  Problem PutDsd(uint64_t at, const Value& v) {
    const DsdData& d = v.dsd();
    const std::vector<uint8_t> bytes = ToDescriptor(s_.kind(v.type()), d).Encode();
    std::copy(bytes.begin(), bytes.end(), out_.bytes.begin() + static_cast<std::ptrdiff_t>(at));
    if (!d.base) return diagnostics::NoProblem();
    PutAddress(at + isa::kDsdBaseOffset, d.base, 0);
    if (s_.kind(v.type()) != Kind::kCircbufDsd) return diagnostics::NoProblem();
    const TypeId pointee = s_.pointee(d.base.type());
    const TypeId element = s_.kind(pointee) == Kind::kArray ? s_.element(pointee) : pointee;
    const auto length = static_cast<int32_t>(d.wraparound * SizeOf(s_, element));
    PutAddress(at + isa::kCircbufStartOffset, d.base, 0);
    PutAddress(at + isa::kCircbufEndOffset, d.base, length);
    return diagnostics::NoProblem();
  }

  const TypeStore& s_;
  EncodedValue& out_;
};

}  // namespace

bool EncodedValue::all_zero() const {
  return relocations.empty() && std::ranges::all_of(bytes, [](uint8_t b) { return b == 0; });
}

ProblemOr<EncodedValue> Encode(const TypeStore& s, const Value& v) {
  EncodedValue out;
  if (v.type() == kVoidType) return out;
  if (!HasRuntimeBits(s, v.type())) {
    return diagnostics::NotSupported("a value of type " + TypeText(s, v.type()) +
                                     " in run-time memory");
  }
  out.bytes.assign(SizeOf(s, v.type()), 0);
  RETURN_IF_PROBLEM(Encoder(s, &out).Put(0, v));
  return out;
}

}  // namespace csl::types
