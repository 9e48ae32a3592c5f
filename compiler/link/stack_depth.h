// SPDX-License-Identifier: Apache-2.0
// How much stack a tile program needs: the deepest chain of calls from any function that hardware
// or host calls.
#ifndef COMPILER_LINK_STACK_DEPTH_H_
#define COMPILER_LINK_STACK_DEPTH_H_

#include <cstdint>

#include "compiler/codegen/object_code.h"
#include "compiler/link/reachability.h"

namespace csl::link {

struct StackDepth {
  uint32_t bytes = 0;         // of the deepest chain, each cycle counted once
  bool is_recursive = false;  // no bound is known: the depth is checked at run time
};

// A call through a pointer may reach every function whose address is taken.
StackDepth ComputeStackDepth(const ir::Module& module, const codegen::ObjectCode& code,
                             const Reachability& reachable);

}  // namespace csl::link

#endif  // COMPILER_LINK_STACK_DEPTH_H_
