// SPDX-License-Identifier: Apache-2.0
#include "fabric/isa/verify.h"

#include <fmt/format.h>

#include "fabric/isa/text.h"
#include "fabric/isa/vector_op.h"

namespace csl::isa {
namespace {

class Checker {
 public:
  Checker(const Instruction& i, const FunctionBounds& bounds) : i_(i), bounds_(bounds) {}

  bool Operand(char letter) const {
    switch (letter) {
      case 'a':
        return Info(i_.opcode()).has(kCalls) ? i_.a <= bounds_.num_registers : Register(i_.a);
      case 'b':
        return Register(i_.b);
      case 'c':
        return Register(i_.c);
      case 'd':
        return Register(i_.d);
      case 'C':
        return Optional(i_.c);
      case 'E':
        return Optional(i_.d);
      case 'J':
      case 'j':
      case 'k':
        return i_.target() >= 0 && static_cast<uint32_t>(i_.target()) < bounds_.num_instructions;
      case 'F':
        return i_.imm() >= 0 && static_cast<uint32_t>(i_.imm()) < bounds_.num_functions;
      case 'M':
        return Optional(i_.b) && Optional(i_.c) && i_.d < 16;
      case 'm':
        return Optional(i_.c);
      case 'D':
        return Dsr(i_.a, i_.b);
      case 'N':
        return Dsr(i_.b, i_.c);
      case 'V':
        return Vector();
      default:
        return true;
    }
  }

 private:
  bool Register(uint8_t r) const { return r < bounds_.num_registers; }
  bool Optional(uint8_t r) const { return r == kNoRegister || Register(r); }
  static bool Dsr(int file, int number) {
    return file < kNumDsrFiles && number < kLimits[0].virtual_dsrs_per_file;
  }
  bool Vector() const {
    const VectorOpInfo& op = VectorInfo(i_.opcode());
    const bool dest = op.dest == ElementType::kNone ? i_.a == kNoRegister
                      : i_.e & kDestIsPointer       ? Register(i_.a)
                                                    : Dsr(0, i_.a);
    const bool src0 = op.num_sources == 1 || (i_.e & kSrc0IsScalar ? Register(i_.b) : Dsr(1, i_.b));
    const bool src1 = i_.e & kSrc1IsScalar ? Register(i_.c) : Dsr(2, i_.c);
    return dest && src0 && src1 && (!op.has_scalar || Register(i_.d)) && i_.e < 32;
  }

  const Instruction& i_;
  const FunctionBounds& bounds_;
};

}  // namespace

Status CheckInstruction(const Instruction& instruction, const FunctionBounds& bounds) {
  if (instruction.op >= kNumOpcodes) {
    return DataLoss(fmt::format("unknown opcode {}", instruction.op));
  }
  const Checker checker(instruction, bounds);
  for (char letter : Pattern(Info(instruction.opcode()).format)) {
    if (!checker.Operand(letter)) {
      return DataLoss(fmt::format("operand out of range: {}", Disassemble(instruction)));
    }
  }
  return OkStatus();
}

}  // namespace csl::isa
