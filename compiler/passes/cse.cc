// SPDX-License-Identifier: Apache-2.0
// Common subexpressions: a pure operation that a dominating block has already done on the same
// operands.
#include <map>
#include <tuple>

#include "compiler/ir/dominance.h"
#include "compiler/ir/ops.h"
#include "compiler/passes/edit.h"
#include "compiler/passes/passes.h"

namespace csl::passes {
namespace {

using ir::BlockId;
using ir::Function;
using ir::Op;
using ir::ValueId;

using Key = std::tuple<Op, uint8_t, uint32_t, uint32_t, int64_t, std::vector<ValueId>>;

Key KeyOf(const Function& f, ValueId id, const Replacements& replacements) {
  const ir::Instruction& v = f.value(id);
  std::vector<ValueId> operands;
  for (ValueId operand : f.operands(id)) operands.push_back(replacements.Resolve(operand));
  if (ir::Has(v.op, ir::kCommutes) && operands[1] < operands[0])
    std::swap(operands[0], operands[1]);
  return {
      v.op, static_cast<uint8_t>(v.type.kind), v.type.bits, v.symbol, v.imm, std::move(operands)};
}

}  // namespace

bool CommonSubexpressions(ir::Module&, Function& f) {
  const ir::Dominance dominance(f);
  Replacements replacements(f);
  std::map<Key, std::vector<ValueId>> seen;  // candidates on the path from the entry
  struct Step {
    BlockId block;
    size_t next_child;
    std::vector<Key> added;
  };
  std::vector<Step> stack;
  auto enter = [&](BlockId block) {
    Step step{block, 0, {}};
    auto& instructions = f.block(block).instructions;
    std::erase_if(instructions, [&](ValueId id) {
      if (!ir::IsPure(f.value(id).op)) return false;
      Key key = KeyOf(f, id, replacements);
      auto& same = seen[key];
      if (!same.empty()) {
        replacements.Add(id, same.back());
        return true;
      }
      same.push_back(id);
      step.added.push_back(std::move(key));
      return false;
    });
    stack.push_back(std::move(step));
  };
  enter(f.order.front());
  while (!stack.empty()) {
    Step& step = stack.back();
    const auto& children = dominance.children(step.block);
    if (step.next_child < children.size()) {
      enter(children[step.next_child++]);
      continue;
    }
    for (const Key& key : step.added) seen[key].pop_back();
    stack.pop_back();
  }
  replacements.Apply(f);
  return !replacements.empty();
}

}  // namespace csl::passes
