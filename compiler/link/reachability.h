// SPDX-License-Identifier: Apache-2.0
// Which functions and globals of a tile program can matter: those that hardware, host or another of
// them names.
#ifndef COMPILER_LINK_REACHABILITY_H_
#define COMPILER_LINK_REACHABILITY_H_

#include <vector>

#include "compiler/codegen/object_code.h"
#include "compiler/sema/tile_program.h"

namespace csl::link {

struct Reachability {
  std::vector<bool> functions;  // by ir::FunctionId
  std::vector<bool> globals;    // by ir::GlobalId
};

Reachability FindReachable(const sema::TileProgram& program, const codegen::ObjectCode& code);

}  // namespace csl::link

#endif  // COMPILER_LINK_REACHABILITY_H_
