// SPDX-License-Identifier: Apache-2.0
// ObjectCode: what code generation makes of one module: instructions whose symbols are not known
// yet.
#ifndef COMPILER_CODEGEN_OBJECT_CODE_H_
#define COMPILER_CODEGEN_OBJECT_CODE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/ir/ir.h"
#include "fabric/isa/instruction.h"

namespace csl::codegen {

// The linker adds the symbol's value (byte address, or function index) to the field.
struct Relocation {
  enum class Field : uint8_t { kE, kImm };  // the 16-bit field e, or the 32-bit immediate
  uint32_t instruction = 0;                 // index in its function
  Field field = Field::kImm;
  bool is_function = false;
  uint32_t symbol = 0;  // ir::GlobalId or ir::FunctionId
};

// From this instruction on.
struct Line {
  uint32_t instruction = 0;
  ir::Location location;
};

// What lies in the frame: a variable, or (without a name) values that found no register.
struct FrameSlot {
  uint32_t offset = 0;  // bytes
  uint32_t size_bytes = 0;
  std::string name;
  std::string type;  // CSL spelling
  ir::Location where;
};

// A DSR that operations of a function find loaded when the program starts.
struct LoadedDsr {
  ir::DsrRef dsr;
  ir::GlobalId descriptor;  // its initial contents
  isa::AsyncSettings async;
  uint16_t completion_id = 0;
  uint16_t on_control_id = 0;
};

struct CodeFunction {
  ir::FunctionId id;
  std::vector<isa::Instruction> instructions;  // branch targets count from the first one
  std::vector<Relocation> relocations;
  std::vector<Line> lines;
  uint8_t num_registers = 0;
  uint8_t num_params = 0;
  uint32_t frame_bytes = 0;
  std::vector<FrameSlot> frame;  // by offset
  std::vector<LoadedDsr> loaded_dsrs;
  bool has_indirect_call = false;
};

struct ObjectCode {
  std::vector<CodeFunction> functions;  // those with a body, by id
};

// Names stand for symbols: "ld.w r1, [A + r0<<2]" prints as the disassembler has it, with "; e +=
// A".
std::string ToString(const ObjectCode& code, const ir::Module& module);

}  // namespace csl::codegen

#endif  // COMPILER_CODEGEN_OBJECT_CODE_H_
