// SPDX-License-Identifier: Apache-2.0
// ProgramText: what the parts of a compiled program are called, by PE of the fabric. Immutable.
#ifndef RUNTIME_TRACE_PROGRAM_TEXT_H_
#define RUNTIME_TRACE_PROGRAM_TEXT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "fabric/image/artifact.h"

namespace csl::runtime {

class ProgramText {
 public:
  // The function number of the task that serves a copy of the host.
  static constexpr uint32_t kHostCopy = 0xffffffff;

  // Without images, nothing has a name.
  explicit ProgramText(image::Artifact artifact);

  const image::Manifest& manifest() const { return artifact_.manifest; }
  const std::vector<image::ProgramImage>& images() const { return artifact_.images; }
  // Null outside of the program's rectangle, or without instruction or function of that number.
  const image::ProgramImage* ImageAt(int x, int y) const;
  // As documented names go: "MOV32", "ADD_I16".
  std::string Mnemonic(int x, int y, uint32_t position) const;
  // As the assembler writes it: "add.i32 r1, r2, r3".
  std::string Instruction(int x, int y, uint32_t position) const;
  // Its operands, the destination first.
  std::vector<std::string> Operands(int x, int y, uint32_t position) const;
  bool IsBranch(int x, int y, uint32_t position) const;
  std::string Location(int x, int y, uint32_t position) const;  // "pe.csl:12:5", "?" if unknown
  std::string Function(int x, int y, uint32_t index) const;     // "?" if there is none

 private:
  const isa::Instruction* InstructionAt(int x, int y, uint32_t position) const;

  image::Artifact artifact_;
  std::vector<uint32_t> image_of_;    // by PE of the rectangle, row by row
  std::vector<uint32_t> variant_of_;  // 1 + index, 0: none
};

}  // namespace csl::runtime

#endif  // RUNTIME_TRACE_PROGRAM_TEXT_H_
