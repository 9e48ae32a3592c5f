// SPDX-License-Identifier: Apache-2.0
// Scalar loads and stores: [b + (c << d) + e] modulo 2^16, 255 = absent.
#ifndef FABRIC_PE_OPS_LOAD_STORE_H_
#define FABRIC_PE_OPS_LOAD_STORE_H_

#include "fabric/pe/ops/op.h"

namespace csl::fabric::pe::ops {

// Which parts of the address an instruction has. Most have one of the first three forms, for which
// nothing need be asked at run time.
enum class AddressMode : uint8_t { kBase, kBaseIndex, kIndex, kAny };

inline AddressMode AddressModeOf(const Inst& i) {
  if (i.b == isa::kNoRegister) {
    return i.c == isa::kNoRegister ? AddressMode::kAny : AddressMode::kIndex;
  }
  return i.c == isa::kNoRegister ? AddressMode::kBase : AddressMode::kBaseIndex;
}

template <AddressMode mode = AddressMode::kAny>
inline uint32_t Address(const uint32_t* r, const Inst& i) {
  constexpr bool kAny = mode == AddressMode::kAny;
  uint32_t address = i.e;
  if (kAny ? i.b != isa::kNoRegister : mode != AddressMode::kIndex) address += r[i.b];
  if (kAny ? i.c != isa::kNoRegister : mode != AddressMode::kBase) address += r[i.c] << (i.d & 31);
  return address & 0xffff;
}

constexpr bool IsAccess(Opcode opcode) { return opcode >= Opcode::kLdI8 && opcode <= Opcode::kStW; }

// Bytes of a load or store. It is one of those.
constexpr int AccessBytes(Opcode opcode) {
  switch (opcode) {
    case Opcode::kLdI8:
    case Opcode::kLdU8:
    case Opcode::kStB:
      return 1;
    case Opcode::kLdW:
    case Opcode::kStW:
      return 4;
    default:
      return 2;
  }
}

template <typename T>
struct LoadOp {
  static constexpr Kind kKind = Kind::kMemory;
  template <AddressMode mode>
  static bool Run(Memory& m, uint32_t* r, const Inst& i) {
    T value;
    if (!m.Load<T>(Address<mode>(r, i), &value)) return false;
    r[i.a] = Put<T>(value);
    return true;
  }
};

template <typename T>
struct StoreOp {
  static constexpr Kind kKind = Kind::kMemory;
  template <AddressMode mode>
  static bool Run(Memory& m, uint32_t* r, const Inst& i) {
    return m.Store<T>(Address<mode>(r, i), Get<T>(r[i.a]));
  }
};

template <>
struct Op<Opcode::kLdI8> : LoadOp<int8_t> {};
template <>
struct Op<Opcode::kLdU8> : LoadOp<uint8_t> {};
template <>
struct Op<Opcode::kLdI16> : LoadOp<int16_t> {};
template <>
struct Op<Opcode::kLdU16> : LoadOp<uint16_t> {};
template <>
struct Op<Opcode::kLdW> : LoadOp<uint32_t> {};
template <>
struct Op<Opcode::kStB> : StoreOp<uint8_t> {};
template <>
struct Op<Opcode::kStH> : StoreOp<uint16_t> {};
template <>
struct Op<Opcode::kStW> : StoreOp<uint32_t> {};

}  // namespace csl::fabric::pe::ops

#endif  // FABRIC_PE_OPS_LOAD_STORE_H_
