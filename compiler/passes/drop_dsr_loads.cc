// SPDX-License-Identifier: Apache-2.0
// A load of what the DSR holds already is left out: along chains of blocks with one way in, until
// something may change the register or the DSD.
#include <algorithm>

#include "compiler/ir/dominance.h"
#include "compiler/ir/dsr_load_flag.h"
#include "compiler/ir/ops.h"
#include "compiler/passes/memory_dsd.h"
#include "compiler/passes/passes.h"

namespace csl::passes {
namespace {

using ir::BlockId;
using ir::Function;
using ir::Op;
using ir::ValueId;

// What a register was loaded with.
struct Held {
  ir::DsrRef dsr;
  ValueId address;
};

class Dropper {
 public:
  Dropper(const ir::Module& module, Function& function)
      : module_(module), f_(function), dominance_(function), at_end_(function.num_blocks()) {}

  bool Run() {
    for (BlockId block : dominance_.reverse_postorder()) Visit(block);
    return changed_;
  }

 private:
  void Visit(BlockId block);
  bool IsRedundantLoad(ValueId id, std::vector<Held>& held) const;
  void Forget(ValueId id, std::vector<Held>& held) const;
  bool IsSameDsd(ValueId a, ValueId b) const {
    const ir::Instruction& x = f_.value(a);
    const ir::Instruction& y = f_.value(b);
    return a == b || (x.op == Op::kGlobalAddr && y.op == Op::kGlobalAddr && x.symbol == y.symbol &&
                      x.imm == y.imm);
  }

  const ir::Module& module_;
  Function& f_;
  ir::Dominance dominance_;
  std::vector<std::vector<Held>> at_end_;  // by block
  bool changed_ = false;
};

// Notes what the register holds from now on.
bool Dropper::IsRedundantLoad(ValueId id, std::vector<Held>& held) const {
  const ir::DsrRef dsr = ir::DsrRef::FromBits(f_.value(id).imm);
  const ValueId address = f_.operand(id, 0);
  const auto same = std::ranges::find_if(held, [&](const Held& h) { return h.dsr == dsr; });
  const bool is_known = same != held.end() && IsSameDsd(same->address, address);
  if (is_known) return true;
  if (same != held.end()) held.erase(same);
  const int64_t flags = f_.value(id).imm >> 16 & ~ir::kCompilerLoadFlags;
  if (flags == 0 &&
      (IsConstantMemoryDsd(module_, f_, address) || IsMemoryDsdVariable(module_, f_, address))) {
    held.push_back({dsr, address});
  }
  return false;
}

// What the instruction, not a load of a register, may change.
void Dropper::Forget(ValueId id, std::vector<Held>& held) const {
  const ir::Instruction& v = f_.value(id);
  const auto operands = f_.operands(id);
  if (v.op == Op::kStore || v.op == Op::kCopy) {
    const ValueId written = operands[v.op == Op::kStore ? 1 : 0];
    std::erase_if(held, [&](const Held& h) { return h.address == written; });
  } else if (v.op == Op::kDsrOp) {
    const ir::DsrRef dsr = ir::DsrRef::FromBits(v.imm);
    std::erase_if(held, [&](const Held& h) { return h.dsr == dsr; });
  } else if (v.op == Op::kDsdOp) {
    const ir::DsdOpInfo& info = f_.dsd_ops[static_cast<size_t>(v.imm)];
    if (!info.is_async && !info.has_index) return;
    for (const ir::DsdOperand& operand : info.operands) {
      if (operand.kind != ir::DsdOperandKind::kDsr) continue;
      std::erase_if(held, [&](const Held& h) { return h.dsr == operand.dsr; });
    }
  } else if (ir::Has(v.op, ir::kWrites)) {
    held.clear();
  }
}

void Dropper::Visit(BlockId block) {
  std::vector<Held> held;
  const auto& preds = dominance_.predecessors(block);
  if (preds.size() == 1) held = at_end_[preds[0].index];
  std::vector<ValueId> kept;
  for (ValueId id : f_.block(block).instructions) {
    if (f_.value(id).op != Op::kDsrLoad) {
      Forget(id, held);
    } else if (IsRedundantLoad(id, held)) {
      changed_ = true;
      continue;
    }
    kept.push_back(id);
  }
  f_.block(block).instructions = kept;
  at_end_[block.index] = held;
}

}  // namespace

bool DropDsrLoads(ir::Module& module, Function& f) {
  return !f.dsd_ops.empty() && Dropper(module, f).Run();
}

}  // namespace csl::passes
