// SPDX-License-Identifier: Apache-2.0
// A load of what was just loaded or stored is that value: along chains of blocks with one way in,
// until something may write the place.
#include <algorithm>

#include "compiler/ir/dominance.h"
#include "compiler/ir/ops.h"
#include "compiler/passes/edit.h"
#include "compiler/passes/memory_alias.h"
#include "compiler/passes/passes.h"

namespace csl::passes {
namespace {

using ir::BlockId;
using ir::Function;
using ir::Op;
using ir::ValueId;

// Memory whose contents are known. More than this many are not kept.
constexpr size_t kMaxKnown = 64;

struct Known {
  ValueId access;  // the load or store
  ValueId value;
};

class Forwarder {
 public:
  explicit Forwarder(Function& function)
      : f_(function),
        dominance_(function),
        replacements_(function),
        at_end_(function.num_blocks()) {}

  bool Run() {
    for (BlockId block : dominance_.reverse_postorder()) Visit(block);
    replacements_.Apply(f_);
    return !replacements_.empty();
  }

 private:
  void Visit(BlockId block);
  bool IsSamePlace(ValueId a, ValueId b) const;
  void Forget(std::vector<Known>& known, ValueId store) const;
  ir::Type TypeAt(ValueId access) const {
    const bool is_store = f_.value(access).op == Op::kStore;
    return f_.value(is_store ? f_.operand(access, 0) : access).type;
  }

  Function& f_;
  ir::Dominance dominance_;
  Replacements replacements_;
  std::vector<std::vector<Known>> at_end_;  // by block
};

bool Forwarder::IsSamePlace(ValueId a, ValueId b) const {
  const auto address = [&](ValueId id) {
    return f_.operands(id).subspan(f_.value(id).op == Op::kStore ? 1 : 0);
  };
  const auto x = address(a);
  const auto y = address(b);
  return f_.value(a).imm == f_.value(b).imm && f_.value(a).aux == f_.value(b).aux &&
         TypeAt(a) == TypeAt(b) &&
         std::equal(x.begin(), x.end(), y.begin(), y.end(), [&](ValueId p, ValueId q) {
           return replacements_.Resolve(p) == replacements_.Resolve(q);
         });
}

void Forwarder::Forget(std::vector<Known>& known, ValueId store) const {
  const Access written = AccessOf(f_, store);
  std::erase_if(known, [&](const Known& k) { return MayAlias(AccessOf(f_, k.access), written); });
}

void Forwarder::Visit(BlockId block) {
  std::vector<Known> known;
  const auto& preds = dominance_.predecessors(block);
  if (preds.size() == 1) known = at_end_[preds[0].index];
  std::vector<ValueId> kept;
  for (ValueId id : f_.block(block).instructions) {
    const Op op = f_.value(id).op;
    const bool is_placed = (op == Op::kLoad || op == Op::kStore) && AccessOf(f_, id).is_placed;
    if (op == Op::kLoad && is_placed) {
      // It may read something else each time.
    } else if (op == Op::kLoad) {
      const auto same = std::find_if(known.begin(), known.end(),
                                     [&](const Known& k) { return IsSamePlace(k.access, id); });
      if (same != known.end()) {
        replacements_.Add(id, same->value);
        continue;
      }
      if (known.size() < kMaxKnown) known.push_back({id, id});
    } else if (op == Op::kStore) {
      Forget(known, id);
      // Bits above an odd width do not survive memory.
      const ir::Type type = TypeAt(id);
      const bool is_whole = !type.is_int() || type.bits == 16 || type.bits == 32;
      if (is_whole && !is_placed && known.size() < kMaxKnown)
        known.push_back({id, f_.operand(id, 0)});
    } else if (ir::Has(op, ir::kWrites)) {
      known.clear();
    }
    kept.push_back(id);
  }
  f_.block(block).instructions = kept;
  at_end_[block.index] = known;
}

}  // namespace

bool ForwardLoads(ir::Module&, Function& f) { return Forwarder(f).Run(); }

}  // namespace csl::passes
