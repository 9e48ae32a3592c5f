// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/memory_alias.h"

namespace csl::passes {

using ir::Op;
using ir::ValueId;

Access AccessOf(const ir::Function& f, ValueId id) {
  const ir::Instruction& v = f.value(id);
  const size_t base = v.op == Op::kStore ? 1 : 0;
  const auto operands = f.operands(id);
  Access out;
  out.bytes = ir::StoreSize(v.op == Op::kStore ? f.value(operands[0]).type : v.type);
  out.offset = v.imm;
  out.has_offset = operands.size() == base + 1;
  ValueId address = operands[base];
  for (;;) {
    const ir::Instruction& a = f.value(address);
    if (a.op == Op::kPtrAdd) {
      const ValueId index = f.operand(address, 1);
      if (f.is_const(index)) {
        out.offset += f.signed_bits(index);
      } else {
        out.has_offset = false;
      }
      address = f.operand(address, 0);
      continue;
    }
    if (a.op == Op::kGlobalAddr) {
      out.root = Access::Root::kGlobal;
      out.id = a.symbol;
      out.offset += a.imm;
    } else if (a.op == Op::kAlloca) {
      out.root = Access::Root::kAlloca;
      out.id = address.index;
    }
    out.is_placed = f.is_const(address) ||
                    (a.op == Op::kBitcast && !f.value(f.operand(address, 0)).type.is_pointer());
    return out;
  }
}

bool MayAlias(const Access& a, const Access& b) {
  using Root = Access::Root;
  // An alloca whose address is stored somewhere could be behind an unknown pointer.
  if (a.root == Root::kUnknown || b.root == Root::kUnknown) return true;
  if (a.root != b.root || a.id != b.id) return false;
  if (!a.has_offset || !b.has_offset) return true;
  return a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
}

}  // namespace csl::passes
