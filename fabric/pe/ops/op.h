// SPDX-License-Identifier: Apache-2.0
// What a handler of an instruction is, and the shapes most of them share.
//
// Op<opcode> has a kKind, which says how it is called, and a static Run. An opcode without a
// specialisation is not supported: an image that holds one is refused at load. Handlers are small
// and inline; the switch over all of them is generated from opcodes.def (interpreter.cc).
#ifndef FABRIC_PE_OPS_OP_H_
#define FABRIC_PE_OPS_OP_H_

#include <cstdint>
#include <type_traits>

#include "fabric/isa/arith/arith.h"
#include "fabric/pe/code.h"
#include "fabric/pe/memory.h"

namespace csl::fabric::pe::ops {

using isa::Opcode;
namespace arith = isa::arith;

enum class Kind : uint8_t {
  kNotSupported,
  kScalar,  // void Run(uint32_t* r, const Inst& i): registers alone
  kHalf,    // the same, one instantiation a 16-bit float format: Run<Half>(r, i)
  kMemory,  // bool Run(Memory& m, uint32_t* r, const Inst& i): false = bad address in r[a]'s place
  kBranch,  // bool Taken(uint32_t* r, const Inst& i)
  kHalfBranch,
  kControl,  // calls and returns: written out in the interpreter
  kSystem,   // out of line: system.cc
  kVector,   // out of line: vector.cc
};

template <Opcode op>
struct Op {
  static constexpr Kind kKind = Kind::kNotSupported;
};

// Registers hold 16-bit values extended to 32 bits by their type; operands are read by their low
// bits.
template <typename T>
constexpr T Get(uint32_t reg) {
  return static_cast<T>(reg);
}
template <typename T>
constexpr uint32_t Put(T value) {
  using Wide = std::conditional_t<std::is_signed_v<T>, int32_t, uint32_t>;
  return static_cast<uint32_t>(static_cast<Wide>(value));
}

// a = F(b).
template <typename T, T (*F)(T)>
struct Unary {
  static constexpr Kind kKind = Kind::kScalar;
  static void Run(uint32_t* r, const Inst& i) { r[i.a] = Put<T>(F(Get<T>(r[i.b]))); }
};

// a = F(b, c).
template <typename T, T (*F)(T, T)>
struct Binary {
  static constexpr Kind kKind = Kind::kScalar;
  static void Run(uint32_t* r, const Inst& i) {
    r[i.a] = Put<T>(F(Get<T>(r[i.b]), Get<T>(r[i.c])));
  }
};

// a = F(b, imm).
template <typename T, T (*F)(T, T)>
struct BinaryImm {
  static constexpr Kind kKind = Kind::kScalar;
  static void Run(uint32_t* r, const Inst& i) {
    r[i.a] = Put<T>(F(Get<T>(r[i.b]), static_cast<T>(i.imm())));
  }
};

// a = F(b, count): the count is the low half of a register, unsigned, or the immediate.
template <typename T, T (*F)(T, uint64_t)>
struct Shift {
  static constexpr Kind kKind = Kind::kScalar;
  static void Run(uint32_t* r, const Inst& i) {
    r[i.a] = Put<T>(F(Get<T>(r[i.b]), static_cast<uint16_t>(r[i.c])));
  }
};
template <typename T, T (*F)(T, uint64_t)>
struct ShiftImm {
  static constexpr Kind kKind = Kind::kScalar;
  static void Run(uint32_t* r, const Inst& i) {
    r[i.a] = Put<T>(F(Get<T>(r[i.b]), static_cast<uint16_t>(i.imm())));
  }
};

// Relations of integers.
template <typename T>
constexpr bool Eq(T a, T b) {
  return a == b;
}
template <typename T>
constexpr bool Ne(T a, T b) {
  return a != b;
}
template <typename T>
constexpr bool Lt(T a, T b) {
  return a < b;
}
template <typename T>
constexpr bool Le(T a, T b) {
  return a <= b;
}
template <typename T>
constexpr bool Gt(T a, T b) {
  return a > b;
}
template <typename T>
constexpr bool Ge(T a, T b) {
  return a >= b;
}

// The 16-bit immediate in field e, as T reads it: signed types sign-, unsigned ones zero-extend.
template <typename T>
constexpr T ImmE(const Inst& i) {
  if constexpr (std::is_signed_v<T>) return static_cast<T>(static_cast<int16_t>(i.e));
  return static_cast<T>(i.e);
}

}  // namespace csl::fabric::pe::ops

#endif  // FABRIC_PE_OPS_OP_H_
