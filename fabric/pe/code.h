// SPDX-License-Identifier: Apache-2.0
// The code of one program image, decoded for the interpreter: branch targets and cycle deltas are
// worked out once, at load.
//
// Time. prefix_cycles[p] is the sum of the static costs of all instructions before p in the image.
// A thread keeps a clock base such that instruction p issues at base + prefix_cycles[p]. Straight
// code therefore costs nothing to account for; a taken branch adds one precomputed delta, and a
// cost known only at run time (vector lengths, bank conflicts) is added to the base when it
// happens.
#ifndef FABRIC_PE_CODE_H_
#define FABRIC_PE_CODE_H_

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "fabric/image/variant.h"
#include "fabric/isa/instruction.h"

namespace csl::fabric::pe {

struct Inst {
  uint16_t op = 0;
  uint8_t a = 0;
  uint8_t b = 0;
  uint8_t c = 0;
  uint8_t d = 0;
  uint16_t e = 0;
  // Branches: target minus own position. call: the callee's function index. Instructions that
  // variants patch: how many of these come before it.
  int32_t jump = 0;
  int32_t delta = 0;  // branches: what taking it adds to the clock base
  uint16_t form = 0;  // which case of the interpreter's switch runs it (interpreter.h, FormOf)
  uint16_t unused = 0;

  isa::Opcode opcode() const { return static_cast<isa::Opcode>(op); }
  int32_t imm() const {
    int32_t value;
    std::memcpy(&value, &c, sizeof(value));
    return value;
  }
  isa::Instruction encoded() const { return {op, a, b, c, d, e}; }
};
static_assert(sizeof(Inst) == 20);

struct Function {
  std::string name;
  uint32_t entry = 0;  // position of its first instruction in the image
  uint32_t size = 0;   // instructions
  uint16_t num_regs = 0;
  uint16_t frame_bytes = 0;
};

// Shared by the image and all its variants: an instruction that some variant patches has a form of
// its own, which takes the operands from the PE's variant (PatchedInst).
struct Code {
  std::vector<Inst> insts;  // all functions, one after the other, then one kIllegal as a fence
  std::vector<uint32_t> prefix_cycles;
  std::vector<Function> functions;

  // The function that holds a position, or -1.
  int FunctionAt(uint32_t position) const;
};

// The instruction at a position that variants patch, with the operands of `variant` (null: of the
// image).
Inst PatchedInst(const Code& code, const image::Variant* variant, uint32_t position);

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_CODE_H_
