// SPDX-License-Identifier: Apache-2.0
// Checks of routes and queues over the whole layout, before anything runs.
//
// A color whose routes may change at run time is left alone, and so is one that the layout does
// not configure anywhere: memcpy and the system have routes of their own.
#ifndef COMPILER_LINK_ROUTE_CHECKS_H_
#define COMPILER_LINK_ROUTE_CHECKS_H_

#include <vector>

#include "compiler/diagnostics/engine.h"
#include "compiler/layout/layout.h"
#include "compiler/link/route_facts.h"

namespace csl::link {

// `edges`: whether the rectangle has nothing around it that receives, such as ports.
// `program_of`: by layout::ProgramId, the index into `facts`. Reports warnings, one for each
// mistake and rectangle of PEs.
void CheckRoutes(const layout::Layout& layout, const std::vector<RouteFacts>& facts,
                 const std::vector<uint32_t>& program_of, bool edges,
                 diagnostics::Engine* diagnostics);

}  // namespace csl::link

#endif  // COMPILER_LINK_ROUTE_CHECKS_H_
