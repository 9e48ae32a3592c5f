// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/memory_dsd.h"

#include "compiler/ir/ops.h"

namespace csl::passes {

using ir::Op;
using ir::ValueId;

std::optional<isa::DsdHeader> ConstantDsdHeader(const ir::Module& module, const ir::Function& f,
                                                ValueId address) {
  const ir::Instruction& v = f.value(address);
  if (v.op != Op::kGlobalAddr) return std::nullopt;
  const ir::Global& global = module.globals[v.symbol];
  const auto at = static_cast<size_t>(v.imm);
  if (!global.is_const || v.imm < 0 || at + 2 > global.bytes.size()) return std::nullopt;
  const auto word = static_cast<uint16_t>(global.bytes[at] | global.bytes[at + 1] << 8);
  return isa::DsdHeader::Decode(word);
}

bool IsConstantMemoryDsd(const ir::Module& module, const ir::Function& f, ValueId address) {
  const std::optional<isa::DsdHeader> header = ConstantDsdHeader(module, f, address);
  return header && IsMemory(header->kind) && !header->wavelet_index_offset;
}

bool OnlyReads(const ir::Function& f, ValueId user, size_t operand) {
  const Op op = f.value(user).op;
  return op == Op::kDsrLoad || op == Op::kLoad || (op == Op::kCopy && operand == 1);
}

bool IsMemoryDsdVariable(const ir::Module& module, const ir::Function& f, ValueId address) {
  if (f.value(address).op != Op::kAlloca) return false;
  bool begins_as_memory = false;
  for (ir::BlockId block : f.order) {
    for (ValueId id : f.block(block).instructions) {
      const Op op = f.value(id).op;
      const auto operands = f.operands(id);
      for (size_t i = 0; i < operands.size(); ++i) {
        if (operands[i] != address || OnlyReads(f, id, i)) continue;
        const bool begins = op == Op::kCopy && i == 0 && f.value(id).imm == f.value(address).imm &&
                            IsConstantMemoryDsd(module, f, operands[1]);
        const bool sets_field =
            op == Op::kStore && i == 1 && operands.size() == 2 && f.value(id).imm >= 2;
        if (!begins && !sets_field) return false;
        begins_as_memory = begins_as_memory || begins;
      }
    }
  }
  return begins_as_memory;
}

}  // namespace csl::passes
