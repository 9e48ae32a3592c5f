// SPDX-License-Identifier: Apache-2.0
// Algebraic identities of single instructions; part of the pass fold.
#ifndef COMPILER_PASSES_FOLD_RULES_H_
#define COMPILER_PASSES_FOLD_RULES_H_

#include <vector>

#include "compiler/ir/ir.h"

namespace csl::passes {

struct FoldContext {
  ir::Function& f;
  ir::BlockId block;
  ir::ValueId id;                    // operands are final
  std::vector<ir::ValueId>* before;  // where new instructions go, in order
  bool changed;                      // the instruction itself was rewritten

  // An instruction before this one.
  ir::ValueId Make(ir::Op op, ir::Type type, std::vector<ir::ValueId> operands);
};

// The value that this one equals, or none; the instruction may be rewritten in place.
ir::ValueId ApplyRules(FoldContext& context);

}  // namespace csl::passes

#endif  // COMPILER_PASSES_FOLD_RULES_H_
