// SPDX-License-Identifier: Apache-2.0
// The ways of connections and streams.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "runtime/layout/resolver.h"

namespace csl::runtime::layout {
namespace {

// Against the way that wavelets take.
std::vector<Direction> Reversed(const std::vector<Direction>& steps) {
  std::vector<Direction> out;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) out.push_back(Opposite(*step));
  return out;
}

uint8_t OppositeSides(uint8_t sides) {
  uint8_t out = 0;
  for (const Direction d : kDirections) {
    if ((sides & BitOf(d)) != 0) out = static_cast<uint8_t>(out | BitOf(Opposite(d)));
  }
  return out;
}

const Routes& FromRamp() {
  static const Routes* const routes = new Routes{{image::kRamp, 0}};
  return *routes;
}
const Routes& ToRamp() {
  static const Routes* const routes = new Routes{{0, image::kRamp}};
  return *routes;
}

}  // namespace

Status Resolver::FollowLinks() {
  uint32_t io_pe = 0;
  for (const Link& link : layout_.links()) {
    if (const auto* connection = std::get_if<Connection>(&link)) {
      RETURN_IF_ERROR(Follow(*connection));
    } else if (const auto* stream = std::get_if<PortStream>(&link)) {
      RETURN_IF_ERROR(Follow(*stream, io_pe++));
    }
  }
  // All ways are known: what nobody feeds or takes is the host's.
  io_pe = 0;
  for (const Link& link : layout_.links()) {
    if (std::holds_alternative<PortStream>(link)) {
      const IoPe& io = out_.io_pes[io_pe++];
      out_.host_ports.push_back({io.stream, io.to_device, io.place, io.host_net});
    } else if (const auto* direct = std::get_if<DirectStream>(&link)) {
      RETURN_IF_ERROR(Follow(*direct));
    }
  }
  return OkStatus();
}

uint8_t Resolver::OpenSides(const Port& port, Point place) const {
  uint8_t taken = 0;
  for (const image::Route& route : port.positions) taken |= route.rx | route.tx;
  const Rect region = layout_.region(port.region).place();
  uint8_t open = 0;
  for (const Direction d : kDirections) {
    if ((taken & BitOf(d)) == 0 && !region.Contains(Step(place, d))) open |= BitOf(d);
  }
  return open;
}

void Resolver::Lay(uint32_t net, Point from, const std::vector<Direction>& steps,
                   const Routes& first, const Routes& last) {
  Routes routes = first;
  for (image::Route& route : routes) route.tx = BitOf(steps.front());
  RouteAt(net, out_.canvas.IndexOf(from)) = NumberOf(routes);
  Point at = from;
  for (size_t i = 0; i + 1 < steps.size(); ++i) {
    at = Step(at, steps[i]);
    RouteAt(net, out_.canvas.IndexOf(at)) =
        NumberOf({{BitOf(Opposite(steps[i])), BitOf(steps[i + 1])}});
  }
  at = Step(at, steps.back());
  routes = last;
  for (image::Route& route : routes) route.rx = BitOf(Opposite(steps.back()));
  RouteAt(net, out_.canvas.IndexOf(at)) = NumberOf(routes);
}

std::optional<Path> Resolver::WayOf(const Connection& connection, int i,
                                    const std::function<int64_t(uint32_t)>& extra_hops) const {
  const Port& tx = layout_.port(connection.from);
  const Port& rx = layout_.port(connection.to);
  const std::vector<uint32_t>& routes = out_.nets[NetOf(tx.color)].routes;
  PathRequest request;
  request.from = layout_.PeOf(tx, i);
  request.end = layout_.PeOf(rx, i);
  const uint32_t to = out_.canvas.IndexOf(*request.end);
  request.first_steps = OpenSides(tx, request.from);
  request.preferred_first = Outward(tx.edge);
  request.is_end = [to](uint32_t tile) { return tile == to; };
  request.last_steps = OppositeSides(OpenSides(rx, *request.end));
  request.preferred_last = Opposite(Outward(rx.edge));
  request.is_blocked = [&routes](uint32_t tile) { return routes[tile] != 0; };
  request.extra_hops = extra_hops;
  return FindPath(out_.canvas, request);
}

// Ways of one color must not meet. They are found one by one; PEs that several took become dearer
// for all, round by round, until nobody wants another's.
StatusOr<std::vector<Path>> Resolver::WaysOf(const Connection& connection) const {
  constexpr int kMaxRounds = 60;
  const Port& tx = layout_.port(connection.from);
  const Port& rx = layout_.port(connection.to);
  const int size = layout_.SizeOf(tx);
  std::vector<Path> ways(static_cast<size_t>(size));
  std::unordered_map<uint32_t, int64_t> users;    // by tile: how many ways cross it
  std::unordered_map<uint32_t, int64_t> history;  // in how many rounds too many did
  const auto count = [&](int i, int64_t change) {
    Point at = layout_.PeOf(tx, i);
    const std::vector<Direction>& steps = ways[static_cast<size_t>(i)].steps;
    for (size_t n = 0; n + 1 < steps.size(); ++n) {
      at = Step(at, steps[n]);
      users[out_.canvas.IndexOf(at)] += change;
    }
  };
  int blocked = 0;
  for (int round = 0; round < kMaxRounds; ++round) {
    for (int i = 0; i < size; ++i) {
      count(i, -1);
      const auto extra_hops = [&](uint32_t tile) -> int64_t {
        const auto past = history.find(tile);
        const auto now = users.find(tile);
        return (past == history.end() ? 0 : past->second) +
               (now == users.end() ? 0 : now->second * (1 + round));
      };
      std::optional<Path> way =
          WayOf(connection, i, size == 1 ? nullptr : std::function(extra_hops));
      blocked = i;
      if (!way) break;
      ways[static_cast<size_t>(i)] = *std::move(way);
      count(i, 1);
      blocked = -1;
    }
    if (blocked >= 0) break;
    for (const auto& [tile, number] : users) {
      if (number < 2) continue;
      ++history[tile];
      blocked = 0;
    }
    if (blocked < 0) return ways;
  }
  const Point from = layout_.PeOf(tx, blocked);
  const Point end = layout_.PeOf(rx, blocked);
  return InvalidArgument(fmt::format(
      "compile: there is no way from PE ({}, {}) of the layout, PE {} of {}, to PE ({}, {}), PE {} "
      "of {}, that does not meet other routes of {}; place the regions further apart or turn a "
      "port",
      from.x, from.y, blocked, PortText(tx), end.x, end.y, blocked, PortText(rx),
      NetText(layout_, out_, NetOf(tx.color))));
}

Status Resolver::Follow(const Connection& connection) {
  const Port& tx = layout_.port(connection.from);
  const Port& rx = layout_.port(connection.to);
  ASSIGN_OR_RETURN(const std::vector<Path> ways, WaysOf(connection));
  for (size_t i = 0; i < ways.size(); ++i) {
    Lay(NetOf(tx.color), layout_.PeOf(tx, static_cast<int>(i)), ways[i].steps, tx.positions,
        rx.positions);
  }
  return OkStatus();
}

Status Resolver::Follow(const PortStream& stream, uint32_t number) {
  IoPe& io = out_.io_pes[number];
  const Port& port = layout_.port(stream.port);
  const Point place = layout_.PeOf(port, 0);
  io.port_net = NetOf(port.color);
  Canvas& canvas = out_.canvas;
  PathRequest request;  // from the port, whatever the direction of the wavelets
  request.from = place;
  request.first_steps = OpenSides(port, place);
  request.preferred_first = Outward(port.edge);
  const bool is_given = stream.io_location.has_value();
  request.is_end = [&](uint32_t tile) {
    if (is_given) return canvas.At(tile) == io.place;
    const int x = canvas.At(tile).x;
    return (x == 0 || x == east_) && canvas.owner[tile] == kFreeTile &&
           RouteAt(io.port_net, tile) == 0;
  };
  request.is_blocked = [&](uint32_t tile) { return RouteAt(io.port_net, tile) != 0; };
  const std::optional<Path> path = FindPath(canvas, request);
  if (!path) {
    const std::string where =
        is_given ? fmt::format("PE ({}, {})", io.place.x, io.place.y) : "the edge of the fabric";
    return InvalidArgument(
        fmt::format("compile: stream '{}': there is no way between {} at PE "
                    "({}, {}) of the layout and {}",
                    io.stream, PortText(port), place.x, place.y, where));
  }
  io.place = path->end;
  canvas.owner[canvas.IndexOf(io.place)] = static_cast<int32_t>(layout_.regions().size() + number);
  uint32_t& host = RouteAt(io.host_net, canvas.IndexOf(io.place));
  if (io.to_device) {
    host = NumberOf({{image::kHost, image::kRamp}});
    Lay(io.port_net, io.place, Reversed(path->steps), FromRamp(), port.positions);
  } else {
    host = NumberOf({{image::kRamp, image::kHost}});
    Lay(io.port_net, place, path->steps, port.positions, ToRamp());
  }
  return OkStatus();
}

StatusOr<uint8_t> Resolver::HostSide(const DirectStream& stream, uint32_t net) const {
  const Canvas& canvas = out_.canvas;
  const auto routes_at = [&](uint32_t tile) -> const Routes& {
    return route_numbers_.at(out_.nets[net].routes[tile] - 1);
  };
  const auto sides_of = [&](uint32_t tile, bool inputs) {
    uint8_t sides = 0;
    if (out_.nets[net].routes[tile] == 0) return sides;
    for (const image::Route& route : routes_at(tile)) sides |= inputs ? route.rx : route.tx;
    return sides;
  };
  const uint8_t own = sides_of(canvas.IndexOf(stream.location), stream.to_device);
  uint8_t open = 0;
  for (const Direction d : kDirections) {
    if ((own & BitOf(d)) == 0) continue;
    const Point next = Step(stream.location, d);
    const uint8_t theirs =
        canvas.Contains(next) ? sides_of(canvas.IndexOf(next), !stream.to_device) : uint8_t{0};
    if ((theirs & BitOf(Opposite(d))) == 0) open |= BitOf(d);
  }
  if (open != 0 && (open & (open - 1)) == 0) return open;
  return InvalidArgument(fmt::format(
      "compile: stream '{}': at PE ({}, {}) of the layout {} {} {}, of which {} {}; one side must "
      "lead to the host",
      stream.name, stream.location.x, stream.location.y, NetText(layout_, out_, net),
      stream.to_device ? "comes from" : "goes to", SidesText(own), SidesText(open),
      stream.to_device ? "is fed by no other PE" : "is taken by no other PE"));
}

Status Resolver::Follow(const DirectStream& stream) {
  const uint32_t net = NetOf(stream.color);
  const Canvas& canvas = out_.canvas;
  const std::string at = fmt::format("compile: stream '{}': PE ({}, {}) of the layout", stream.name,
                                     stream.location.x, stream.location.y);
  const bool is_inside = canvas.Contains(stream.location);
  const uint32_t tile = is_inside ? canvas.IndexOf(stream.location) : 0;
  if (!is_inside || canvas.owner[tile] == kFreeTile) {
    return InvalidArgument(at + " belongs to no region");
  }
  uint32_t& route = RouteAt(net, tile);
  if (route == 0) {
    return InvalidArgument(fmt::format("{} ({}) has no route for {}; paint() gives it one", at,
                                       TileText(layout_, out_, tile), NetText(layout_, out_, net)));
  }
  ASSIGN_OR_RETURN(const uint8_t side, HostSide(stream, net));
  Routes routes = route_numbers_.at(route - 1);
  for (image::Route& position : routes) {
    uint8_t& sides = stream.to_device ? position.rx : position.tx;
    if ((sides & side) != 0) sides = static_cast<uint8_t>((sides & ~side) | image::kHost);
  }
  route = NumberOf(routes);
  out_.host_ports.push_back({stream.name, stream.to_device, stream.location, net});
  return OkStatus();
}

}  // namespace csl::runtime::layout
