// SPDX-License-Identifier: Apache-2.0
// Which memory an address may be: enough to tell different variables apart.
#ifndef COMPILER_PASSES_MEMORY_ALIAS_H_
#define COMPILER_PASSES_MEMORY_ALIAS_H_

#include "compiler/ir/ir.h"

namespace csl::passes {

// A load or store: the variable, as far as known, and the bytes in it.
struct Access {
  enum class Root : uint8_t { kGlobal, kAlloca, kUnknown };
  Root root = Root::kUnknown;
  uint32_t id = 0;          // GlobalId or ValueId of the alloca
  bool has_offset = false;  // offset is exact
  int64_t offset = 0;
  uint32_t bytes = 0;
  // The address is an integer of the program: it may be that of a configuration word, which the
  // hardware changes and whose accesses have effects. None is left out, added or moved.
  bool is_placed = false;
};

// `id` is a load or a store.
Access AccessOf(const ir::Function& function, ir::ValueId id);

// Whether both may touch a common byte. Unknown addresses may be any memory.
bool MayAlias(const Access& a, const Access& b);

}  // namespace csl::passes

#endif  // COMPILER_PASSES_MEMORY_ALIAS_H_
