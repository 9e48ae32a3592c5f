// SPDX-License-Identifier: Apache-2.0
// The steps of Resolve, with what they hand on.
#ifndef RUNTIME_LAYOUT_RESOLVER_H_
#define RUNTIME_LAYOUT_RESOLVER_H_

#include <vector>

#include "runtime/layout/resolve.h"

namespace csl::runtime::layout {

class Resolver {
 public:
  explicit Resolver(const SdkLayout& layout) : layout_(layout) {}

  StatusOr<ResolvedLayout> Run(const ForbiddenColors& forbidden);

 private:
  // resolve.cc
  Status PlaceRegions();
  Status PlaceIoPes();
  void MakeNets();
  Status PaintRegions();
  Status PaintRegion(const CodeRegion& region);
  Status ClearPorts();
  void Crop();

  // follow_links.cc
  Status FollowLinks();
  Status Follow(const Connection& connection);
  Status Follow(const PortStream& stream, uint32_t io_pe);
  Status Follow(const DirectStream& stream);
  // The way between PE `i` of both ports; absent: blocked by the net itself.
  std::optional<Path> WayOf(const Connection& connection, int i,
                            const std::function<int64_t(uint32_t)>& extra_hops) const;
  // Ways of all PEs, none of which touches another. An error names a PE that has none.
  StatusOr<std::vector<Path>> WaysOf(const Connection& connection) const;
  // The sides by which a port's PE may be left (an output) or entered (an input).
  uint8_t OpenSides(const Port& port, Point place) const;
  // The way and the routes of both ends, which are the port's where that is one.
  void Lay(uint32_t net, Point from, const std::vector<Direction>& steps, const Routes& first,
           const Routes& last);
  // The side of a user's PE on which the host stands.
  StatusOr<uint8_t> HostSide(const DirectStream& stream, uint32_t net) const;

  uint32_t NumberOf(const Routes& routes) { return route_numbers_.Number(routes) + 1; }
  uint32_t NetOf(ColorId color) const { return out_.net_of_color[color.index]; }
  uint32_t& RouteAt(uint32_t net, uint32_t tile) { return out_.nets[net].routes[tile]; }
  std::string PortText(const Port& port) const;

  // In place of the number of routes: a port's PE whose way is not found yet.
  static constexpr uint32_t kPending = UINT32_MAX;

  const SdkLayout& layout_;
  ResolvedLayout out_;
  Numbered<Routes> route_numbers_;
  int east_ = 0;  // the first column behind all regions
};

}  // namespace csl::runtime::layout

#endif  // RUNTIME_LAYOUT_RESOLVER_H_
