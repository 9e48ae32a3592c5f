// SPDX-License-Identifier: Apache-2.0
// A vector operation as the front end writes it: operands are DSDs in memory, scalars, or explicit
// DSRs. The pass `dsd_registers` turns DSDs into allocated DSRs, so that code generation sees kDsr,
// kScalar and kScalarPointer only.
#ifndef COMPILER_IR_DSD_OP_H_
#define COMPILER_IR_DSD_OP_H_

#include <array>
#include <cstdint>

namespace csl::ir {

enum class DsdOp : uint8_t {
#define DSD_OP(name, text, sources, scalar) name,
#include "compiler/ir/dsd_ops.def"
#undef DSD_OP
};

// The three files of 16 data structure registers.
enum class DsrFile : uint8_t { kDest, kSrc0, kSrc1 };

struct DsrRef {
  DsrFile file = DsrFile::kDest;
  uint8_t number = 0;

  friend constexpr bool operator==(DsrRef, DsrRef) = default;
  // As it stands in Instruction::imm of dsr_load.
  constexpr int64_t bits() const { return static_cast<int64_t>(file) << 8 | number; }
  // Bits 16 and up hold the load's flags.
  static constexpr DsrRef FromBits(int64_t b) {
    return {static_cast<DsrFile>(b >> 8 & 3), static_cast<uint8_t>(b)};
  }
};

// What else is done with one of them.
enum class DsrOp : uint8_t {
#define DSR_OP(name, text, operands, has_result) name,
#include "compiler/ir/dsr_ops.def"
#undef DSR_OP
};

// Registers that the load of a mem4d or circular buffer takes besides the DSR.
struct ExtendedLoad {
  static constexpr uint8_t kNoRegister = 15;
  uint8_t flags = 0;  // isa::DsrLoadFlag bits
  uint8_t xdsr = 0;
  std::array<uint8_t, 3> srs = {kNoRegister, kNoRegister, kNoRegister};

  constexpr int64_t Encode() const {
    return flags | xdsr << 4 | srs[0] << 8 | srs[1] << 12 | srs[2] << 16;
  }
  static constexpr ExtendedLoad Decode(int64_t b) {
    const auto nibble = [b](int at) { return static_cast<uint8_t>(b >> at & 15); };
    return {nibble(0), nibble(4), {nibble(8), nibble(12), nibble(16)}};
  }
};

enum class DsdOperandKind : uint8_t {
  kNone,
  kDsd,            // value: address of the DSD in memory
  kScalar,         // value: a number of the operation's element type
  kScalarPointer,  // value: address of a scalar in memory (destinations only)
  kDsr,            // no value: an explicit or allocated register
};

struct DsdOperand {
  DsdOperandKind kind = DsdOperandKind::kNone;
  DsrRef dsr;  // of kDsr
  // A queue's end: what makes the operation asynchronous is said to this operand's register.
  bool is_fabric = false;

  friend bool operator==(const DsdOperand&, const DsdOperand&) = default;
  bool has_value() const {
    return kind == DsdOperandKind::kDsd || kind == DsdOperandKind::kScalar ||
           kind == DsdOperandKind::kScalarPointer;
  }
};

// What happens when an asynchronous operation ends: nothing, or a task id (an operand value) is
// activated or unblocked.
enum class DsdAction : uint8_t { kNone, kActivate, kUnblock, kTerminate };
enum class DsdPriority : uint8_t { kDefault, kLow, kMedium, kHigh };

// The instruction's value operands are, in this order and as far as present: dest, src0, src1,
// scalar, completion id, on_control id, index.
struct DsdOpInfo {
  DsdOp op = DsdOp::kMov16;
  std::array<DsdOperand, 4> operands;  // dest, src0, src1, scalar
  bool is_async = false;
  DsdAction completion = DsdAction::kNone;
  DsdAction on_control = DsdAction::kNone;
  bool has_index = false;
  DsdPriority priority = DsdPriority::kDefault;
  int8_t microthread = -1;  // -1: chosen by the compiler

  friend bool operator==(const DsdOpInfo&, const DsdOpInfo&) = default;
};

}  // namespace csl::ir

#endif  // COMPILER_IR_DSD_OP_H_
