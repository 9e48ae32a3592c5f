// SPDX-License-Identifier: Apache-2.0
// A variable in memory that a loop reads and writes at one address, and nobody else in it may
// touch, is a value while the loop runs: loaded before it, stored behind it. (`y[i] += ...` in a
// loop over j.)
#include <algorithm>

#include "compiler/ir/ops.h"
#include "compiler/passes/edit.h"
#include "compiler/passes/loop_edit.h"
#include "compiler/passes/loop_memory.h"
#include "compiler/passes/passes.h"

namespace csl::passes {
namespace {

using ir::BlockId;
using ir::Function;
using ir::Op;
using ir::ValueId;

// An address as it stands in an instruction.
struct Place {
  ValueId base;
  int64_t offset = 0;
  ir::Type type;
  friend bool operator==(const Place&, const Place&) = default;
};

class Promoter {
 public:
  explicit Promoter(Function& function)
      : f_(function), dominance_(function), loops_(function, dominance_) {}

  // One variable of one loop; dominance stays valid, but the loop's memory has changed.
  bool PromoteOne();

 private:
  Place PlaceOf(ValueId id) const;
  bool IsInvariant(const ir::Loop& loop, ValueId value) const;
  bool HasRoomFor(const ir::Loop& loop, const LoopMemory& memory, const Place& place,
                  ValueId store) const;
  void Promote(const ir::Loop& loop, const LoopMemory& memory, const Place& place, ValueId like);
  ValueId LoadFrom(BlockId block, size_t at, ValueId base, int64_t offset, ir::Type type,
                   ir::Location location);
  void StoreTo(BlockId block, size_t at, ValueId value, ValueId base, int64_t offset,
               ir::Location location);

  Function& f_;
  ir::Dominance dominance_;
  ir::LoopInfo loops_;
};

Place Promoter::PlaceOf(ValueId id) const {
  const ir::Instruction& v = f_.value(id);
  const bool is_store = v.op == Op::kStore;
  const auto operands = f_.operands(id);
  if (operands.size() != (is_store ? 2u : 1u)) return {};
  return {operands[is_store ? 1 : 0], v.imm, is_store ? f_.value(operands[0]).type : v.type};
}

bool Promoter::IsInvariant(const ir::Loop& loop, ValueId value) const {
  const ir::Instruction& v = f_.value(value);
  if (ir::IsFree(v.op) && v.op != Op::kBlockParam) return true;
  return !loops_.Contains(loop, v.block);
}

// The store happens in every iteration, and every other access that may touch these bytes is to
// this very place.
bool Promoter::HasRoomFor(const ir::Loop& loop, const LoopMemory& memory, const Place& place,
                          ValueId store) const {
  if (memory.anything || !place.base.valid() || !IsInvariant(loop, place.base)) return false;
  for (BlockId latch : loop.latches) {
    if (!dominance_.Dominates(f_.value(store).block, latch)) return false;
  }
  const Access access = AccessOf(f_, store);
  auto is_apart = [&](ValueId other) {
    return PlaceOf(other) == place || !MayAlias(AccessOf(f_, other), access);
  };
  return std::all_of(memory.loads.begin(), memory.loads.end(), is_apart) &&
         std::all_of(memory.stores.begin(), memory.stores.end(), is_apart);
}

ValueId Promoter::LoadFrom(BlockId block, size_t at, ValueId base, int64_t offset, ir::Type type,
                           ir::Location location) {
  ir::Instruction load;
  load.op = Op::kLoad;
  load.type = type;
  load.imm = offset;
  load.location = location;
  return Insert(f_, block, at, load, std::array{base});
}

void Promoter::StoreTo(BlockId block, size_t at, ValueId value, ValueId base, int64_t offset,
                       ir::Location location) {
  ir::Instruction store;
  store.op = Op::kStore;
  store.imm = offset;
  store.location = location;
  Insert(f_, block, at, store, std::array{value, base});
}

void Promoter::Promote(const ir::Loop& loop, const LoopMemory& memory, const Place& place,
                       ValueId like) {
  const ir::Location location = f_.value(like).location;
  ir::Instruction slot;
  slot.op = Op::kAlloca;
  slot.type = ir::kPointerType;
  slot.imm = ir::StoreSize(place.type);
  slot.aux = 4;
  const ValueId alloca = Insert(f_, f_.order.front(), 0, slot, {});
  const BlockId preheader = PreheaderOf(dominance_, loops_, loop);
  const size_t end = f_.block(preheader).instructions.size() - 1;
  const ValueId before = LoadFrom(preheader, end, place.base, place.offset, place.type, location);
  StoreTo(preheader, end + 1, before, alloca, 0, location);
  for (const auto* accesses : {&memory.loads, &memory.stores}) {
    for (ValueId id : *accesses) {
      if (PlaceOf(id) != place) continue;
      const bool is_store = f_.value(id).op == Op::kStore;
      f_.operands(id)[is_store ? 1 : 0] = alloca;
      f_.value(id).imm = 0;
    }
  }
  std::vector<BlockId> exits;
  for (BlockId block : loop.blocks) {
    const ValueId terminator = f_.terminator(block);
    for (size_t which = 0; which < f_.num_targets(terminator); ++which) {
      const BlockId target = f_.value(terminator).targets[which];
      const bool is_known = std::find(exits.begin(), exits.end(), target) != exits.end();
      if (!loops_.Contains(loop, target) && !is_known) exits.push_back(target);
    }
  }
  for (BlockId exit : exits) {
    const ValueId after = LoadFrom(exit, 0, alloca, 0, place.type, location);
    StoreTo(exit, 1, after, place.base, place.offset, location);
  }
}

bool Promoter::PromoteOne() {
  for (size_t i = loops_.loops().size(); i-- > 0;) {
    const ir::Loop& loop = loops_.loops()[i];
    const LoopMemory memory(f_, loop);
    for (ValueId store : memory.stores) {
      const Place place = PlaceOf(store);
      if (!HasRoomFor(loop, memory, place, store)) continue;
      // Only worth it, and only then safe to read early, if the loop reads the place too.
      const bool is_read = std::any_of(memory.loads.begin(), memory.loads.end(),
                                       [&](ValueId load) { return PlaceOf(load) == place; });
      if (!is_read || f_.value(place.base).op == Op::kAlloca) continue;
      Promote(loop, memory, place, store);
      return true;
    }
  }
  return false;
}

}  // namespace

bool PromoteInLoops(ir::Module& module, Function& f) {
  bool changed = NormaliseLoops(f);
  while (Promoter(f).PromoteOne()) {
    Mem2Reg(module, f);
    NormaliseLoops(f);
    changed = true;
  }
  return changed;
}

}  // namespace csl::passes
