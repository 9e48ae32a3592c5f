// SPDX-License-Identifier: Apache-2.0
// The text form of instructions: what `cslc --dump=asm` prints and tests write. formats.def has the
// grammar.
//
//   add.i16 r1, r2, r3
//   ld.w r4, [r1 + r2<<2 + 16]
//   blt.i16 r1, r2, @7
//   v.fmacs dest.0, src0.0, src1.1, r5
//   v.fadds *r4, r3, src1.0
//   dsr.load src1.2, [r3 + 8], 1
//
// An instruction that has no such form (unknown opcode, bits in unused fields) is written `.word
// 0x...`, its 8 bytes as one little-endian number. Text and instruction determine each other.
#ifndef FABRIC_ISA_TEXT_H_
#define FABRIC_ISA_TEXT_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "fabric/isa/instruction.h"

namespace csl::isa {

std::string Disassemble(const Instruction& instruction);

// One instruction without label or comment. InvalidArgument says what was expected where.
StatusOr<Instruction> AssembleLine(std::string_view line);

// The body of one function: an instruction a line, `name:` labels, which branches name with
// `@name`, comments from ';'. Errors carry the line number.
StatusOr<std::vector<Instruction>> Assemble(std::string_view text);

}  // namespace csl::isa

#endif  // FABRIC_ISA_TEXT_H_
