// SPDX-License-Identifier: Apache-2.0
// A struct or DSD that is built in a temporary of the frame and then copied to a variable is built
// in that variable. `dsd = @set_dsd_length(dsd, n)` thus is one store: the temporary begins as a
// copy of the very variable that it ends in.
#include <algorithm>

#include "compiler/ir/ops.h"
#include "compiler/passes/memory_alias.h"
#include "compiler/passes/passes.h"

namespace csl::passes {
namespace {

using ir::BlockId;
using ir::Function;
using ir::Op;
using ir::ValueId;

// Where a variable of the frame is named.
struct Uses {
  bool is_bad = false;  // its address goes somewhere, or several blocks name it
  std::vector<ValueId> users;
};

bool IsPlainUse(const Function& f, ValueId user, size_t operand) {
  switch (f.value(user).op) {
    case Op::kLoad:
      return operand == 0;
    case Op::kStore:
      return operand == 1;
    case Op::kCopy:
    case Op::kZero:
      return true;
    default:
      return false;
  }
}

std::vector<Uses> FindUses(const Function& f) {
  std::vector<Uses> out(f.num_values());
  for (BlockId block : f.order) {
    for (ValueId id : f.block(block).instructions) {
      const auto operands = f.operands(id);
      for (size_t i = 0; i < operands.size(); ++i) {
        if (f.value(operands[i]).op != Op::kAlloca) continue;
        Uses& uses = out[operands[i].index];
        uses.is_bad = uses.is_bad || !IsPlainUse(f, id, i) ||
                      (!uses.users.empty() && f.value(uses.users.front()).block != block);
        uses.users.push_back(id);
      }
    }
  }
  return out;
}

// Memory of `bytes` bytes from the address on.
Access Region(const Function& f, ValueId address, int64_t bytes) {
  Access out;
  const ir::Instruction& v = f.value(address);
  if (v.op == Op::kGlobalAddr) {
    out = {Access::Root::kGlobal, v.symbol, true, v.imm, 0};
  } else if (v.op == Op::kAlloca) {
    out = {Access::Root::kAlloca, address.index, true, 0, 0};
  }
  out.bytes = static_cast<uint32_t>(bytes);
  return out;
}

// Whether the instruction may read or write the region.
bool MayTouch(const Function& f, ValueId id, const Access& region) {
  const ir::Instruction& v = f.value(id);
  const auto overlaps = [&](ValueId address) {
    return MayAlias(Region(f, address, v.imm), region);
  };
  switch (v.op) {
    case Op::kLoad:
    case Op::kStore:
      return MayAlias(AccessOf(f, id), region);
    case Op::kZero:
      return overlaps(f.operand(id, 0));
    case Op::kCopy:
      return overlaps(f.operand(id, 0)) || overlaps(f.operand(id, 1));
    default:
      return ir::Has(v.op, ir::kReads | ir::kWrites);
  }
}

// The copy at `last` ends what its temporary is for.
bool BuildInPlace(Function& f, BlockId block, size_t last, const std::vector<Uses>& uses) {
  auto& instructions = f.block(block).instructions;
  const ValueId copy = instructions[last];
  const ValueId variable = f.operand(copy, 0);
  const ValueId temporary = f.operand(copy, 1);
  const ir::Instruction& alloca = f.value(temporary);
  const Uses& of = uses[temporary.index];
  if (alloca.op != Op::kAlloca || variable == temporary || of.is_bad) return false;
  if (of.users.back() != copy || alloca.imm != f.value(copy).imm) return false;
  if (std::count(of.users.begin(), of.users.end(), copy) != 1) return false;
  // All of it is written first, or else it may hold what an earlier iteration left there.
  const ir::Instruction& first = f.value(of.users.front());
  const bool is_whole = (first.op == Op::kCopy || first.op == Op::kZero) &&
                        f.operand(of.users.front(), 0) == temporary && first.imm == alloca.imm;
  if (!is_whole) return false;
  const auto begin = std::find(instructions.begin(), instructions.end(), of.users.front());
  const auto end = instructions.begin() + static_cast<std::ptrdiff_t>(last);
  const Access region = Region(f, variable, alloca.imm);
  for (auto it = begin; it != end; ++it) {
    if (*it == variable) return false;  // its address is not known before
    const ir::Instruction& v = f.value(*it);
    const bool starts_as_it = it == begin && v.op == Op::kCopy && v.imm == alloca.imm &&
                              f.operand(*it, 0) == temporary && f.operand(*it, 1) == variable;
    const auto operands = f.operands(*it);
    const bool names_temporary =
        std::find(operands.begin(), operands.end(), temporary) != operands.end();
    if (starts_as_it) continue;
    // The temporary itself is not part of the region; a copy ends elsewhere.
    if (names_temporary && v.op != Op::kCopy) continue;
    if (MayTouch(f, *it, region)) return false;
  }
  std::vector<ValueId> kept;
  for (ValueId id : instructions) {
    const auto operands = f.operands(id);
    std::replace(operands.begin(), operands.end(), temporary, variable);
    const bool is_itself = f.value(id).op == Op::kCopy && operands[0] == operands[1];
    if (!is_itself) kept.push_back(id);
  }
  instructions = kept;
  return true;
}

}  // namespace

bool BuildInPlace(ir::Module&, Function& f) {
  bool changed = false;
  std::vector<Uses> uses = FindUses(f);
  for (BlockId block : f.order) {
    for (size_t i = 0; i < f.block(block).instructions.size(); ++i) {
      if (f.value(f.block(block).instructions[i]).op != Op::kCopy) continue;
      if (!BuildInPlace(f, block, i, uses)) continue;
      changed = true;
      uses = FindUses(f);
      i = 0;  // copies went
    }
  }
  return changed;
}

}  // namespace csl::passes
