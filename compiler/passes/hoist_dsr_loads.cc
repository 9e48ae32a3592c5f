// SPDX-License-Identifier: Apache-2.0
// A DSR that a loop loads in every iteration with the same memory DSD, and that nobody else loads,
// is loaded before the loop: an operation with its DSRs loaded starts in a fifth of the time. The
// DSD is a constant, or a variable of the frame that began as one and that the loop leaves alone.
// What dsd_registers loads is of no use behind the loop: there, nobody else means nobody in it.
#include <array>
#include <span>

#include "compiler/ir/dsr_load_flag.h"
#include "compiler/ir/ops.h"
#include "compiler/passes/loop_edit.h"
#include "compiler/passes/memory_dsd.h"
#include "compiler/passes/passes.h"

namespace csl::passes {
namespace {

using ir::BlockId;
using ir::Function;
using ir::Op;
using ir::ValueId;

// How often code names each register number.
class Users {
 public:
  void NoteProgram(const ir::Module& module) {
    for (const Function& f : module.functions) NoteBlocks(f, f.order);
  }
  void NoteBlocks(const Function& f, std::span<const BlockId> blocks) {
    for (BlockId block : blocks) {
      for (ValueId id : f.block(block).instructions) Note(f, id);
    }
  }

  // One operation uses the number, and it is loaded for that alone.
  bool IsPrivate(ir::DsrRef dsr) const {
    const Counts& counts = of_[dsr.number];
    return counts.operations == 1 && !counts.is_shared &&
           counts.loads[static_cast<size_t>(dsr.file)] == 1;
  }

 private:
  struct Counts {
    std::array<uint32_t, 3> loads = {};  // by file
    uint32_t operations = 0;
    bool is_shared = false;  // moved, stepped, given another index
  };

  void Note(const Function& f, ValueId id) {
    const ir::Instruction& v = f.value(id);
    if (v.op == Op::kDsrLoad) {
      const ir::DsrRef dsr = ir::DsrRef::FromBits(v.imm);
      ++of_[dsr.number].loads[static_cast<size_t>(dsr.file)];
    } else if (ir::TextOf(v.op).starts_with("dsr_")) {
      of_[ir::DsrRef::FromBits(v.imm).number].is_shared = true;
    } else if (v.op == Op::kDsdOp) {
      const ir::DsdOpInfo& info = f.dsd_ops[static_cast<size_t>(v.imm)];
      uint8_t last = 0;
      for (const ir::DsdOperand& operand : info.operands) {
        if (operand.kind != ir::DsdOperandKind::kDsr) continue;
        Counts& counts = of_[operand.dsr.number];
        counts.is_shared = counts.is_shared || info.has_index || info.is_async;
        if (operand.dsr.number != last) ++counts.operations;
        last = operand.dsr.number;
      }
    }
  }

  std::array<Counts, 256> of_;
};

// A variable of the frame with a memory DSD that the loop does not write.
bool IsUnchangedMemory(const ir::Module& module, const Function& f, ValueId address,
                       const ir::Loop& loop) {
  if (!IsMemoryDsdVariable(module, f, address)) return false;
  for (BlockId block : loop.blocks) {
    for (ValueId id : f.block(block).instructions) {
      const auto operands = f.operands(id);
      for (size_t i = 0; i < operands.size(); ++i) {
        if (operands[i] == address && !OnlyReads(f, id, i)) return false;
      }
    }
  }
  return true;
}

bool HoistFrom(Function& f, const ir::Module& module, const Users& program,
               const ir::Dominance& dominance, const ir::LoopInfo& loops, const ir::Loop& loop) {
  const BlockId preheader = PreheaderOf(dominance, loops, loop);
  Users in_loop;
  in_loop.NoteBlocks(f, loop.blocks);
  const bool is_alone = !HasCall(f, loop);
  bool changed = false;
  for (BlockId block : loop.blocks) {
    bool is_always = true;
    for (BlockId latch : loop.latches) is_always = is_always && dominance.Dominates(block, latch);
    if (!is_always) continue;
    for (ValueId id : std::vector<ValueId>(f.block(block).instructions)) {
      if (f.value(id).op != Op::kDsrLoad) continue;
      const int64_t flags = f.value(id).imm >> 16;
      if ((flags & ~ir::kCompilerLoadFlags) != 0) continue;
      const bool is_local = (flags & ir::kLoadForOperation) != 0 && is_alone;
      const Users& users = is_local ? in_loop : program;
      if (!users.IsPrivate(ir::DsrRef::FromBits(f.value(id).imm))) continue;
      const ValueId dsd = f.operand(id, 0);
      if (!IsConstantMemoryDsd(module, f, dsd) && !IsUnchangedMemory(module, f, dsd, loop))
        continue;
      std::erase(f.block(block).instructions, id);
      auto& before = f.block(preheader).instructions;
      before.insert(before.end() - 1, id);
      f.value(id).block = preheader;
      changed = true;
    }
  }
  return changed;
}

}  // namespace

bool HoistDsrLoads(ir::Module& module, Function& f) {
  if (f.dsd_ops.empty()) return false;
  bool changed = NormaliseLoops(f);
  const ir::Dominance dominance(f);
  const ir::LoopInfo loops(f, dominance);
  if (loops.loops().empty()) return changed;
  Users program;
  program.NoteProgram(module);
  // Inner loops first: what leaves them may leave the outer one too.
  for (size_t i = loops.loops().size(); i-- > 0;) {
    changed = HoistFrom(f, module, program, dominance, loops, loops.loops()[i]) || changed;
  }
  return changed;
}

}  // namespace csl::passes
