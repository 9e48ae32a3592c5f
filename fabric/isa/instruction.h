// SPDX-License-Identifier: Apache-2.0
// One instruction: 8 bytes, little endian. Opcodes, what is known of each, and the meaning of
// operand bits.
//
// Register model. A function sees a window of 32-bit registers r0..r254 (255 in an operand =
// absent).
//   call a, f:    the callee's r0 is the caller's r[a]; arguments in callee r0.., in order, results
//   in callee r0... calli a, b:   the same, function index in the low half of r[b]. frame a, imm:
//   r[a] = address of byte imm of the function's stack frame.
// Values: i16 sign-, u16 zero-extended, bool 0 or 1, f16 bits in the low half with the high half
// zero, f32 bits, pointers and function indices as u16. 8-bit values as i16/u16. Wider integers:
// several registers, low word first.
//   16-bit operations (.i16 .u16 .f16 and conversions from them) read only the low halves of their
//   operands and write the canonical 32-bit form. Shift counts: the low half of the register,
//   unsigned; count >= width gives 0 (right shift of signed: the sign). Division by zero: all ones,
//   remainder the dividend. cmp: 0 or 1. bt/bf test the whole register. sel a, b, c, d: a = b != 0
//   ? c : d. ldi: 32 bits. Addresses are taken modulo 2^16.
#ifndef FABRIC_ISA_INSTRUCTION_H_
#define FABRIC_ISA_INSTRUCTION_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "fabric/isa/architecture.h"

namespace csl::isa {

// Absent register or DSR operand.
inline constexpr uint8_t kNoRegister = 255;
// Registers a function may use.
inline constexpr int kMaxRegisters = 255;

enum class Opcode : uint16_t {
#define OPCODE(name, mnemonic, format, c2, c3, flags, size, source) name,
#include "fabric/isa/opcodes.def"
#undef OPCODE
};

inline constexpr int kNumOpcodes = 0
#define OPCODE(name, mnemonic, format, c2, c3, flags, size, source) +1
#include "fabric/isa/opcodes.def"
#undef OPCODE
    ;

enum class Format : uint8_t {
#define FORMAT(name, pattern) name,
#include "fabric/isa/formats.def"
#undef FORMAT
};

// Where a figure comes from; text in cost_sources.def.
enum class CostSource : uint8_t {
#define COST_SOURCE(name, tag, text) name,
#include "fabric/isa/cost_sources.def"
#undef COST_SOURCE
};

enum OpcodeFlag : uint16_t {
  kBranch = 1,
  kCalls = 2,
  kEndsBlock = 4,
  kReadsMemory = 8,
  kWritesMemory = 16,
  kVectorOp = 32,
  kShared = 64,
  kClock = 128,
};

struct OpcodeCost {
  uint8_t cycles;  // its thread is busy
};

struct OpcodeInfo {
  std::string_view mnemonic;
  Format format;
  OpcodeCost cost[kNumArchs];  // by Arch
  uint16_t flags;              // OpcodeFlag bits
  uint8_t size_bytes;          // nominal
  CostSource source;

  bool has(OpcodeFlag flag) const { return (flags & flag) != 0; }
};

// Precondition: opcode < kNumOpcodes.
const OpcodeInfo& Info(Opcode opcode);
std::string_view Pattern(Format format);
inline const OpcodeCost& Cost(Opcode opcode, Arch arch) {
  return Info(opcode).cost[static_cast<int>(arch)];
}
// The name of the enumerator ("kAddI16").
std::string_view EnumName(Opcode opcode);
std::optional<Opcode> FindOpcode(std::string_view mnemonic);

struct Instruction {
  uint16_t op = 0;  // Opcode; values >= kNumOpcodes are illegal
  uint8_t a = 0;
  uint8_t b = 0;
  uint8_t c = 0;
  uint8_t d = 0;
  uint16_t e = 0;

  static constexpr Instruction Fields(Opcode op, uint8_t a = 0, uint8_t b = 0, uint8_t c = 0,
                                      uint8_t d = 0, uint16_t e = 0) {
    return {static_cast<uint16_t>(op), a, b, c, d, e};
  }
  static constexpr Instruction Imm(Opcode op, uint8_t a, uint8_t b, int32_t imm) {
    Instruction i{static_cast<uint16_t>(op), a, b};
    i.set_imm(imm);
    return i;
  }
  constexpr Opcode opcode() const { return static_cast<Opcode>(op); }
  constexpr int32_t imm() const {
    return static_cast<int32_t>(c | static_cast<uint32_t>(d) << 8 | static_cast<uint32_t>(e) << 16);
  }
  constexpr void set_imm(int32_t value) {
    c = static_cast<uint8_t>(value);
    d = static_cast<uint8_t>(value >> 8);
    e = static_cast<uint16_t>(static_cast<uint32_t>(value) >> 16);
  }
  constexpr int16_t signed_e() const { return static_cast<int16_t>(e); }
  // Target of formats with letter k.
  constexpr uint16_t target_cd() const { return static_cast<uint16_t>(c | d << 8); }
  constexpr void set_target_cd(uint16_t t) {
    c = static_cast<uint8_t>(t);
    d = static_cast<uint8_t>(t >> 8);
  }
  // Branch target of any format with kBranch; other instructions: -1. An index from the function's
  // first instruction.
  int32_t target() const;
  // Precondition: the opcode has kBranch and the target fits its field (16 bits unless the format
  // has J).
  void set_target(int32_t target);

  friend constexpr bool operator==(const Instruction&, const Instruction&) = default;
};
static_assert(sizeof(Instruction) == 8);

// The three files of data structure registers.
enum class DsrFile : uint8_t { kDest = 0, kSrc0 = 1, kSrc1 = 2 };
inline constexpr int kNumDsrFiles = 3;

// Field e of a vector operation. a = destination, b = source 0, c = source 1, d = scalar register
// of the fmac family. Without flags a is a DSR of file dest, b of src0, c of src1. Single-source
// operations use c and have b = 255.
enum VectorFlag : uint16_t {
  kDestIsPointer = 1,    // register a holds the address of a scalar in memory
  kSrc0IsScalar = 2,     // register b holds the scalar
  kSrc1IsScalar = 4,     // register c holds the scalar
  kDestInSrc0File = 8,   // destination DSR a is in file src0
  kSrc1InSrc0File = 16,  // the source of a single-source operation is in file src0 (WSE-3)
};
// A vector operation is asynchronous if a fabric DSR among its operands was set so by dsr.async. It
// then runs on the microthread of that DSR, and the thread continues after start-up. `vok a` = 1 if
// the thread's last synchronous vector operation completed, 0 if a FIFO stopped it. Asynchronous
// ones count as completed.

// queue.flush: numbers below this are input queues, from it on output queues.
inline constexpr uint32_t kFlushOutputQueue = 8;

// Field d of dsr.load, bits 12-15 of field e of dsr.loadx.
enum DsrLoadFlag : uint8_t {
  kSaveAddress = 1,  // after an operation the DSR's base stands behind the elements processed
  kSingleStep = 2,   // for dsr.get and dsr.put
};

// Field e of dsr.async. The instruction applies to a loaded fabric DSR, whose settings it adds to:
// fields at their default change nothing. Loading the DSR clears its settings.
//   bit 0       asynchronous
//   bits 1-2    on completion: AsyncAction, id in register c
//   bits 3-4    when a control wavelet ends the operation: AsyncAction, id in register d
//   bits 5-6    priority: 0 default, 1 low, 2 medium, 3 high
//   bits 8-11   microthread, 15 = default (WSE-2: output queue, else input queue; WSE-3: queue of
//   the first fabric operand)
enum class AsyncAction : uint8_t { kNone, kActivate, kUnblock, kTerminate };
struct AsyncSettings {
  bool is_async = false;
  AsyncAction completion = AsyncAction::kNone;  // not kTerminate
  AsyncAction on_control = AsyncAction::kNone;
  uint8_t priority = 0;
  uint8_t microthread = 15;

  uint16_t Encode() const {
    return static_cast<uint16_t>(is_async | static_cast<int>(completion) << 1 |
                                 static_cast<int>(on_control) << 3 | (priority & 3) << 5 |
                                 (microthread & 15) << 8);
  }
  static AsyncSettings Decode(uint16_t e) {
    return {(e & 1) != 0, static_cast<AsyncAction>(e >> 1 & 3),
            static_cast<AsyncAction>(e >> 3 & 3), static_cast<uint8_t>(e >> 5 & 3),
            static_cast<uint8_t>(e >> 8 & 15)};
  }
  friend bool operator==(const AsyncSettings&, const AsyncSettings&) = default;
};

// Immediate of trap.
enum class TrapCode : uint8_t { kAssert, kUnreachable, kDivideByZero, kBounds, kStackOverflow };
std::string_view TrapText(TrapCode code);

}  // namespace csl::isa

#endif  // FABRIC_ISA_INSTRUCTION_H_
