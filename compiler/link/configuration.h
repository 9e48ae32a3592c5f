// SPDX-License-Identifier: Apache-2.0
// The tile configuration of a program image: Sema's, with functions as indices and the defaults of
// the machine filled in.
#ifndef COMPILER_LINK_CONFIGURATION_H_
#define COMPILER_LINK_CONFIGURATION_H_

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "compiler/codegen/object_code.h"
#include "compiler/link/reachability.h"
#include "compiler/sema/tile_program.h"
#include "fabric/image/tile_configuration.h"
#include "fabric/isa/architecture.h"

namespace csl::link {

// index_of: by ir::FunctionId. address_of: by ir::GlobalId. kInternal where the initial contents of
// a DSR are not descriptors.
StatusOr<image::TileConfiguration> LinkConfiguration(const sema::TileProgram& program,
                                                     const codegen::ObjectCode& code,
                                                     const Reachability& reachable,
                                                     const std::vector<uint32_t>& index_of,
                                                     const std::vector<uint32_t>& address_of,
                                                     isa::Arch arch);

}  // namespace csl::link

#endif  // COMPILER_LINK_CONFIGURATION_H_
