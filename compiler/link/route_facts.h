// SPDX-License-Identifier: Apache-2.0
// What checks of routes ask of a tile program, kept when the program itself is gone.
#ifndef COMPILER_LINK_ROUTE_FACTS_H_
#define COMPILER_LINK_ROUTE_FACTS_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "compiler/sema/tile_program.h"
#include "fabric/isa/architecture.h"

namespace csl::link {

inline constexpr uint16_t kNumColors = 24;

// Masks have a bit for each color.
struct RouteFacts {
  uint32_t sends = 0;          // some output DSD of the program is on the color
  uint32_t sends_control = 0;  // one whose wavelets switch routers
  uint32_t queues = 0;         // an input queue is bound to it
  uint32_t takes = 0;          // an input queue, an input DSD or a data task takes what comes
  uint32_t changed = 0;        // its route or switch may change at run time
  // Colors on which the program certainly sends and receives when the host launches it or when it
  // starts: under no condition, so on every PE that runs it. With the first operation of each.
  std::vector<std::pair<uint16_t, source::Span>> certain_sends;
  std::vector<std::pair<uint16_t, source::Span>> certain_receives;
  // Colors on which it sends before it waits for anything, and the entries that make it do so: a
  // bit for each function that the host launches, one for the start of the program.
  std::vector<std::pair<uint16_t, uint64_t>> prompt_sends;
  std::vector<image::LocalColor> local_colors;
  std::vector<source::Span> local_spans;  // by local_colors
  source::Span SendSpan(uint16_t color) const;
  source::Span ReceiveSpan(uint16_t color) const;
  uint64_t PromptEntries(uint16_t color) const;
};

RouteFacts RouteFactsOf(const sema::TileProgram& program, isa::Arch arch);

}  // namespace csl::link

#endif  // COMPILER_LINK_ROUTE_FACTS_H_
