// SPDX-License-Identifier: Apache-2.0
// ProgramImage: everything one distinct tile program is: code, initial memory, configuration,
// symbols. On disk one ELF32 file (docs/formats/image.md).
//
// Memory map of a PE: bytes 0..0xBFFF. Sections hold what is there before the start (bytes, or zero
// if they have none); memory outside of sections and stack is zero too. Code is not addressable:
// functions are named by index.
#ifndef FABRIC_IMAGE_PROGRAM_IMAGE_H_
#define FABRIC_IMAGE_PROGRAM_IMAGE_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "fabric/image/tile_configuration.h"
#include "fabric/isa/architecture.h"
#include "fabric/isa/instruction.h"

namespace csl::image {

struct Function {
  std::string name;
  std::string type;                // CSL spelling, "" if unknown
  uint32_t first_instruction = 0;  // index into ProgramImage::code
  uint32_t num_instructions = 0;
  uint8_t num_registers = 0;  // r0..r[n-1]
  uint8_t num_params = 0;     // registers that hold arguments at entry
  uint16_t frame_bytes = 0;   // of stack
  friend bool operator==(const Function&, const Function&) = default;
};

// A piece of PE memory.
struct Section {
  std::string name;  // ".data", ".bss", ".rodata" or a linksection's name
  uint16_t address = 0;
  uint16_t size_bytes = 0;
  bool is_const = false;
  std::vector<uint8_t> bytes;  // empty: all zero; else size_bytes
  friend bool operator==(const Section&, const Section&) = default;
};

struct Symbol {
  enum class Kind : uint8_t { kVariable, kFunction };
  std::string name;
  Kind kind = Kind::kVariable;
  uint16_t value = 0;       // byte address; function index
  uint16_t size_bytes = 0;  // variables
  bool is_global = false;   // exported: named by linker, debugger and host alike
  std::string type;         // CSL spelling, "" if unknown
  friend bool operator==(const Symbol&, const Symbol&) = default;
};

// What the host finds behind an exported name: Manifest::exports has the same ids.
struct ProgramExport {
  enum class Kind : uint8_t { kVariable, kFunction };
  uint32_t id = 0;
  Kind kind = Kind::kVariable;
  uint16_t value = 0;  // byte address of the exported (pointer) variable; function index
  friend bool operator==(const ProgramExport&, const ProgramExport&) = default;
};

// From this instruction on, until the next entry: that source line.
struct LineEntry {
  uint32_t instruction = 0;  // index into ProgramImage::code
  uint16_t file = 0;         // index into ProgramImage::files
  uint16_t column = 0;       // from 1; 0 = unknown
  uint32_t line = 0;         // from 1; 0 = unknown
  friend bool operator==(const LineEntry&, const LineEntry&) = default;
};

// Where a local variable lies while its function runs.
struct FrameSlot {
  uint16_t function = 0;  // index
  uint16_t offset = 0;    // bytes from the frame's lowest address
  uint16_t size_bytes = 0;
  std::string name;
  std::string type;  // CSL spelling, "" if unknown
  friend bool operator==(const FrameSlot&, const FrameSlot&) = default;
};

struct ProgramImage {
  isa::Arch arch = isa::Arch::kWse2;
  isa::Fp16Format fp16_format = isa::Fp16Format::kF16;
  std::string name;  // of the root file of the tile program, relative
  std::vector<Function> functions;
  std::vector<isa::Instruction> code;
  std::vector<Section> sections;  // by address, disjoint
  uint16_t stack_top = 0xc000;    // grows down from here; the first frame ends here
  uint16_t stack_bytes = 0;       // stack_top - stack_bytes is the lowest address it may use
  TileConfiguration configuration;
  std::vector<Symbol> symbols;         // by (kind, value, name)
  std::vector<ProgramExport> exports;  // by id
  std::vector<std::string> files;      // names as the user gave them, relative
  std::vector<LineEntry> lines;        // by instruction; empty with -g0
  std::vector<FrameSlot> frames;       // by (function, offset); empty with -g0

  friend bool operator==(const ProgramImage&, const ProgramImage&) = default;

  const Symbol* FindSymbol(std::string_view symbol_name) const;  // null if none
  const ProgramExport* FindExport(uint32_t id) const;            // null if none
  const Function* FunctionAt(uint32_t instruction) const;        // null if none
  const LineEntry* LineAt(uint32_t instruction) const;           // null if unknown
  std::string LocationText(uint32_t instruction) const;          // "pe.csl:12:5", "?" if unknown
  // Bytes of data (all sections), of nominal code size.
  uint32_t DataBytes() const;
  uint32_t NominalCodeBytes() const;

  // Every index, address, range and id lies where it may: what loader, PE and disassembler rely on.
  // Opcodes are known, branch targets lie in their function. DataLoss names the first thing that is
  // wrong.
  Status Validate() const;

  // Sections, configuration, symbols, exports and code, for people and golden tests (cslc
  // --dump=asm).
  std::string ToString() const;
};

// The file's bytes; equal images give equal bytes. Precondition: image.Validate() is ok.
std::vector<uint8_t> WriteElf(const ProgramImage& image);

// Any bytes are safe: DataLoss says what is wrong and where. The result is valid (Validate()).
StatusOr<ProgramImage> ReadElf(std::span<const uint8_t> bytes);

}  // namespace csl::image

#endif  // FABRIC_IMAGE_PROGRAM_IMAGE_H_
