// SPDX-License-Identifier: Apache-2.0
// Where everything of a tile program lies in the 48 KB of a PE.
#ifndef COMPILER_LINK_MEMORY_MAP_H_
#define COMPILER_LINK_MEMORY_MAP_H_

#include <map>
#include <string>
#include <vector>

#include "compiler/diagnostics/problem.h"
#include "compiler/link/reachability.h"
#include "compiler/link/stack_depth.h"
#include "fabric/image/program_image.h"

namespace csl::link {

struct MemoryMap {
  std::vector<uint32_t> address;         // by ir::GlobalId; of reachable globals
  std::vector<image::Section> sections;  // sizes and addresses; bytes are filled in by the caller
  std::vector<std::vector<uint32_t>> members;  // by section: ir::GlobalId::index, by address
  uint16_t stack_top = 0;
  uint16_t stack_bytes = 0;
};

// Byte addresses at which sections of these names begin: --link-section-start-address-bytes.
using SectionStarts = std::map<std::string, uint32_t>;

struct MemoryOptions {
  uint32_t memory_bytes = 0;
  uint32_t code_bytes = 0;  // nominal size
  SectionStarts section_starts;
};

// Data from low addresses up: constants, initialised data, zeroed data, named sections, around the
// sections that begin at a given address; the stack as high as it fits. A recursive program's stack
// gets all that is left beside the nominal size of the code. kMemoryFull lists sections, the
// largest variables and the stack when they are over 48 KB; other problems name a start address
// that cannot be.
diagnostics::ProblemOr<MemoryMap> PlaceInMemory(const ir::Module& module,
                                                const Reachability& reachable,
                                                const StackDepth& stack,
                                                const MemoryOptions& options);

}  // namespace csl::link

#endif  // COMPILER_LINK_MEMORY_MAP_H_
