// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/emit.h"

namespace csl::codegen {
namespace {

bool HasImmediate(isa::Format format) {
  switch (format) {
    case isa::Format::kI:
    case isa::Format::kRI:
    case isa::Format::kRF:
    case isa::Format::kRRI:
    case isa::Format::kCall:
      return true;
    default:
      return false;
  }
}

isa::Instruction Encode(const MachineInstruction& m) {
  const auto field = [&](size_t i) { return static_cast<uint8_t>(m.field[i]); };
  if (HasImmediate(isa::Info(m.op).format)) {
    return isa::Instruction::Imm(m.op, field(0), field(1), m.imm);
  }
  return isa::Instruction::Fields(m.op, field(0), field(1), field(2), field(3),
                                  static_cast<uint16_t>(m.imm));
}

}  // namespace

CodeFunction EmitFunction(const MachineFunction& function, ir::FunctionId id, int num_registers) {
  CodeFunction out;
  out.id = id;
  out.num_registers = static_cast<uint8_t>(num_registers);
  out.num_params = static_cast<uint8_t>(function.params.size());
  out.frame_bytes = function.frame_bytes;
  out.has_indirect_call = function.has_indirect_call;
  out.loaded_dsrs = function.loaded_dsrs;
  std::vector<uint32_t> first;
  uint32_t count = 0;
  for (const MachineBlock& block : function.blocks) {
    first.push_back(count);
    count += static_cast<uint32_t>(block.instructions.size());
  }
  for (const MachineBlock& block : function.blocks) {
    for (const MachineInstruction& m : block.instructions) {
      const auto index = static_cast<uint32_t>(out.instructions.size());
      isa::Instruction encoded = Encode(m);
      if (IsBranch(m)) {
        encoded.set_target(static_cast<int32_t>(first[function.block_index[m.target.index]]));
      }
      if (m.symbol.kind != SymbolRef::Kind::kNone) {
        const bool is_imm = HasImmediate(isa::Info(m.op).format);
        out.relocations.push_back({index, is_imm ? Relocation::Field::kImm : Relocation::Field::kE,
                                   m.symbol.kind == SymbolRef::Kind::kFunction, m.symbol.id});
      }
      if (m.location.line != 0 && (out.lines.empty() || out.lines.back().location != m.location)) {
        out.lines.push_back({index, m.location});
      }
      out.instructions.push_back(encoded);
    }
  }
  return out;
}

}  // namespace csl::codegen
