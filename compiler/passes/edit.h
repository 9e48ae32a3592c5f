// SPDX-License-Identifier: Apache-2.0
// Edits that several passes need.
#ifndef COMPILER_PASSES_EDIT_H_
#define COMPILER_PASSES_EDIT_H_

#include <span>
#include <vector>

#include "compiler/ir/ir.h"

namespace csl::passes {

// Collects "value a is replaced by b" (chains allowed) and carries it out in one walk.
class Replacements {
 public:
  explicit Replacements(const ir::Function& function) : to_(function.num_values()) {}

  void Add(ir::ValueId from, ir::ValueId to);
  ir::ValueId Resolve(ir::ValueId id) const;
  bool empty() const { return !any_; }
  // Rewrites every operand of every instruction in a block.
  void Apply(ir::Function& function) const;

 private:
  std::vector<ir::ValueId> to_;
  bool any_ = false;
};

// Number of reads of every value by instructions in blocks.
std::vector<uint32_t> CountUses(const ir::Function& function);

// Drops parameter `index` of the block and the argument for it of every branch to the block.
void RemoveBlockParams(ir::Function& function, ir::BlockId block, const std::vector<bool>& remove);

// New arguments for target `which` of a terminator.
void SetTargetArgs(ir::Function& function, ir::ValueId terminator, size_t which,
                   const std::vector<ir::ValueId>& args);

// Turns a cond_br into a br to its target `which`.
void MakeUnconditional(ir::Function& function, ir::ValueId terminator, size_t which);

// Appends a `br` to a block that has no end.
void AppendBr(ir::Function& function, ir::BlockId block, ir::BlockId target,
              const std::vector<ir::ValueId>& args, ir::Location location);

// A new instruction behind those of `out`, which is to become the block's list of instructions.
ir::ValueId Append(ir::Function& function, ir::BlockId block, ir::Location location, ir::Op op,
                   ir::Type type, std::span<const ir::ValueId> operands,
                   std::vector<ir::ValueId>& out);

// An instruction before position `at` of the block; its operands are copied.
ir::ValueId Insert(ir::Function& function, ir::BlockId block, size_t at,
                   const ir::Instruction& instruction, std::span<const ir::ValueId> operands);

}  // namespace csl::passes

#endif  // COMPILER_PASSES_EDIT_H_
