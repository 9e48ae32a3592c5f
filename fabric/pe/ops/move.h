// SPDX-License-Identifier: Apache-2.0
// Moves, constants, selection and extension to the canonical form of a type.
#ifndef FABRIC_PE_OPS_MOVE_H_
#define FABRIC_PE_OPS_MOVE_H_

#include "fabric/pe/ops/op.h"

namespace csl::fabric::pe::ops {

template <>
struct Op<Opcode::kNop> {
  static constexpr Kind kKind = Kind::kScalar;
  static void Run(uint32_t*, const Inst&) {}
};

template <>
struct Op<Opcode::kMov> {
  static constexpr Kind kKind = Kind::kScalar;
  static void Run(uint32_t* r, const Inst& i) { r[i.a] = r[i.b]; }
};

template <>
struct Op<Opcode::kLdi> {
  static constexpr Kind kKind = Kind::kScalar;
  static void Run(uint32_t* r, const Inst& i) { r[i.a] = static_cast<uint32_t>(i.imm()); }
};
template <>
struct Op<Opcode::kLdf> : Op<Opcode::kLdi> {};

template <>
struct Op<Opcode::kSel> {
  static constexpr Kind kKind = Kind::kScalar;
  static void Run(uint32_t* r, const Inst& i) { r[i.a] = r[i.b] != 0 ? r[i.c] : r[i.d]; }
};

// a = b, as a value of T.
template <typename T>
struct Extend {
  static constexpr Kind kKind = Kind::kScalar;
  static void Run(uint32_t* r, const Inst& i) { r[i.a] = Put<T>(Get<T>(r[i.b])); }
};
template <>
struct Op<Opcode::kExtI8> : Extend<int8_t> {};
template <>
struct Op<Opcode::kExtU8> : Extend<uint8_t> {};
template <>
struct Op<Opcode::kExtI16> : Extend<int16_t> {};
template <>
struct Op<Opcode::kExtU16> : Extend<uint16_t> {};

}  // namespace csl::fabric::pe::ops

#endif  // FABRIC_PE_OPS_MOVE_H_
