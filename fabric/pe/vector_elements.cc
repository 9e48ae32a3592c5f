// SPDX-License-Identifier: Apache-2.0
// What each vector operation does to one element.
#include "fabric/isa/arith/arith.h"
#include "fabric/pe/program.h"
#include "fabric/pe/state.h"
#include "fabric/pe/vector.h"

namespace csl::fabric::pe {
namespace {

using isa::Opcode;
using isa::arith::F32;
namespace arith = isa::arith;

template <typename T>
bool ReadElement(const Memory& memory, const VectorOperand& operand, T* value) {
  if (operand.mode == VectorOperand::Mode::kMemory) {
    return memory.Load<T>(operand.cursor.at(), value);
  }
  *value = static_cast<T>(operand.scalar);
  return true;
}

// dest = f(src0, src1) for elements run->done .. end - 1.
template <typename D, typename A, typename B, typename F>
Fault ForElements(PeState& pe, VectorRun* shared, uint32_t end, F f) {
  VectorRun run = *shared;  // local, so that stores to memory cannot alias it
  const bool running_scalar = run.is_running_scalar();
  Fault fault;
  for (; run.done < end; ++run.done) {
    A a;
    B b;
    uint32_t address = run.src0.cursor.at();
    if (!ReadElement<A>(pe.memory, run.src0, &a)) {
      fault = {FaultKind::kBadAddress, address};
      break;
    }
    address = run.src1.cursor.at();
    if (!ReadElement<B>(pe.memory, run.src1, &b)) {
      fault = {FaultKind::kBadAddress, address};
      break;
    }
    const D d = f(a, b);
    address = run.dest.cursor.at();
    if (!pe.memory.Store<D>(address, d)) {
      fault = {FaultKind::kBadAddress, address};
      break;
    }
    if (running_scalar) run.src0.scalar = d;
    run.src0.cursor.Next();
    run.src1.cursor.Next();
    run.dest.cursor.Next();
  }
  *shared = run;
  return fault;
}

template <typename T, typename F>
Fault Two(PeState& pe, VectorRun* run, uint32_t end, F f) {
  return ForElements<T, T, T>(pe, run, end, f);
}
// Single-source operations read src1; src0 is absent and reads as a scalar.
template <typename D, typename S, typename F>
Fault One(PeState& pe, VectorRun* run, uint32_t end, F f) {
  return ForElements<D, uint16_t, S>(pe, run, end, [&](uint16_t, S s) { return f(s); });
}

Fault Integers(PeState& pe, VectorRun* run, uint32_t end) {
  using U = uint16_t;
  switch (run->opcode) {
    case Opcode::kVAdd16:
      return Two<U>(pe, run, end, [](U a, U b) { return arith::Add(a, b); });
    case Opcode::kVAddc16:
      return Two<U>(pe, run, end, [&](U a, U b) { return arith::AddCarry16(a, b, &pe.carry); });
    case Opcode::kVSub16:
      return Two<U>(pe, run, end, [](U a, U b) { return arith::Sub(a, b); });
    case Opcode::kVAnd16:
      return Two<U>(pe, run, end, [](U a, U b) { return static_cast<U>(a & b); });
    case Opcode::kVOr16:
      return Two<U>(pe, run, end, [](U a, U b) { return static_cast<U>(a | b); });
    case Opcode::kVXor16:
      return Two<U>(pe, run, end, [](U a, U b) { return static_cast<U>(a ^ b); });
    case Opcode::kVSar16:
      return Two<U>(pe, run, end, [](U a, U b) {
        return static_cast<U>(arith::Shr(static_cast<int16_t>(a), b));
      });
    case Opcode::kVSll16:
      return Two<U>(pe, run, end, [](U a, U b) { return arith::Shl(a, b); });
    case Opcode::kVSlr16:
      return Two<U>(pe, run, end, [](U a, U b) { return arith::Shr(a, b); });
    case Opcode::kVClz:
      return One<U, U>(pe, run, end, [](U a) { return arith::Clz(a); });
    case Opcode::kVCtz:
      return One<U, U>(pe, run, end, [](U a) { return arith::Ctz(a); });
    case Opcode::kVPopcnt:
      return One<U, U>(pe, run, end, [](U a) { return arith::Popcount(a); });
    case Opcode::kVMov16:
    case Opcode::kVFmovh:
      return One<U, U>(pe, run, end, [](U a) { return a; });
    case Opcode::kVMov32:
    case Opcode::kVFmovs:
      return One<uint32_t, uint32_t>(pe, run, end, [](uint32_t a) { return a; });
    default:
      return {FaultKind::kNotSupported, static_cast<uint32_t>(run->opcode)};
  }
}

Fault Singles(PeState& pe, VectorRun* run, uint32_t end) {
  using U = uint32_t;
  switch (run->opcode) {
    case Opcode::kVFadds:
      return Two<U>(pe, run, end, [](U a, U b) { return F32::Add(a, b); });
    case Opcode::kVFsubs:
      return Two<U>(pe, run, end, [](U a, U b) { return F32::Sub(a, b); });
    case Opcode::kVFmuls:
      return Two<U>(pe, run, end, [](U a, U b) { return F32::Mul(a, b); });
    case Opcode::kVFmaxs:
      return Two<U>(pe, run, end, [](U a, U b) { return F32::Max(a, b); });
    case Opcode::kVFmacs: {
      const U scalar = run->scalar;
      return Two<U>(pe, run, end, [scalar](U a, U b) { return F32::Fma(a, b, scalar); });
    }
    case Opcode::kVFabss:
      return One<U, U>(pe, run, end, [](U a) { return F32::Abs(a); });
    case Opcode::kVFnegs:
      return One<U, U>(pe, run, end, [](U a) { return F32::Neg(a); });
    case Opcode::kVFnorms:
      return One<U, U>(pe, run, end, [](U a) { return F32::Significand(a); });
    case Opcode::kVFs2xp16:
      return One<uint16_t, U>(
          pe, run, end, [](U a) { return static_cast<uint16_t>(F32::ToIntNearest<int16_t>(a)); });
    case Opcode::kVXp162fs:
      return One<U, uint16_t>(
          pe, run, end, [](uint16_t a) { return F32::FromInt<int16_t>(static_cast<int16_t>(a)); });
    case Opcode::kVFscales:
      return ForElements<U, U, uint16_t>(
          pe, run, end, [](U a, uint16_t n) { return F32::Scale(a, static_cast<int16_t>(n)); });
    default:
      return Integers(pe, run, end);
  }
}

template <typename Half>
Fault Mixed(PeState& pe, VectorRun* run, uint32_t end) {
  using U = uint16_t;
  const U scalar = static_cast<U>(run->scalar);
  switch (run->opcode) {
    case Opcode::kVFaddhs:
      if (run->is_running_scalar() || run->src1.mode == VectorOperand::Mode::kScalar) {
        return ForElements<uint32_t, uint32_t, U>(
            pe, run, end, [](uint32_t a, U b) { return Half::AddToF32(a, b); });
      }
      return ForElements<uint32_t, U, uint32_t>(
          pe, run, end, [](U a, uint32_t b) { return Half::AddToF32(b, a); });
    case Opcode::kVFmachs:
      return ForElements<uint32_t, uint32_t, U>(
          pe, run, end, [scalar](uint32_t a, U b) { return Half::FmaToF32(a, b, scalar); });
    case Opcode::kVFh2s:
      return One<uint32_t, U>(pe, run, end, [](U a) { return Half::ToF32(a); });
    case Opcode::kVFs2h:
      return One<U, uint32_t>(pe, run, end, [](uint32_t a) { return Half::FromF32(a); });
    case Opcode::kVFh2xp16:
      return One<U, U>(pe, run, end,
                       [](U a) { return static_cast<U>(Half::template ToIntNearest<int16_t>(a)); });
    case Opcode::kVXp162fh:
      return One<U, U>(pe, run, end, [](U a) {
        return Half::template FromInt<int16_t>(static_cast<int16_t>(a));
      });
    default:
      return Singles(pe, run, end);
  }
}

template <typename Half>
Fault Halves(PeState& pe, VectorRun* run, uint32_t end) {
  using U = uint16_t;
  const U scalar = static_cast<U>(run->scalar);
  switch (run->opcode) {
    case Opcode::kVFaddh:
      return Two<U>(pe, run, end, [](U a, U b) { return Half::Add(a, b); });
    case Opcode::kVFsubh:
      return Two<U>(pe, run, end, [](U a, U b) { return Half::Sub(a, b); });
    case Opcode::kVFmulh:
      return Two<U>(pe, run, end, [](U a, U b) { return Half::Mul(a, b); });
    case Opcode::kVFmaxh:
      return Two<U>(pe, run, end, [](U a, U b) { return Half::Max(a, b); });
    case Opcode::kVFmach:
      return Two<U>(pe, run, end, [scalar](U a, U b) { return Half::Fma(a, b, scalar); });
    case Opcode::kVFabsh:
      return One<U, U>(pe, run, end, [](U a) { return Half::Abs(a); });
    case Opcode::kVFnegh:
      return One<U, U>(pe, run, end, [](U a) { return Half::Neg(a); });
    case Opcode::kVFnormh:
      return One<U, U>(pe, run, end, [](U a) { return Half::Significand(a); });
    case Opcode::kVFscaleh:
      return Two<U>(pe, run, end, [](U a, U n) { return Half::Scale(a, static_cast<int16_t>(n)); });
    default:
      return Mixed<Half>(pe, run, end);
  }
}

}  // namespace

Fault RunElements(PeState& pe, VectorRun* run, uint32_t end) {
  return arith::WithFp16(pe.program->half,
                         [&](auto half) { return Halves<decltype(half)>(pe, run, end); });
}

}  // namespace csl::fabric::pe
