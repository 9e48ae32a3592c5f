// SPDX-License-Identifier: Apache-2.0
#include "runtime/layout/resolve.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/layout/resolver.h"

namespace csl::runtime::layout {
namespace {

// Twice a wafer.
constexpr int64_t kMaxTiles = int64_t{1} << 21;

}  // namespace

std::string TileText(const SdkLayout& layout, const ResolvedLayout& resolved, uint32_t tile) {
  const Point p = resolved.canvas.At(tile);
  const int32_t owner = resolved.canvas.owner[tile];
  const auto num_regions = static_cast<int32_t>(layout.regions().size());
  if (owner == kFreeTile) return fmt::format("PE ({}, {}) of the layout", p.x, p.y);
  if (owner >= num_regions) {
    return fmt::format("PE ({}, {}) of the layout (stream '{}')", p.x, p.y,
                       resolved.io_pes[static_cast<size_t>(owner - num_regions)].stream);
  }
  const CodeRegion& region = layout.regions()[static_cast<size_t>(owner)];
  return PeText(region, {p.x - region.origin.x, p.y - region.origin.y});
}

std::string NetText(const SdkLayout& layout, const ResolvedLayout& resolved, uint32_t number) {
  const Net& net = resolved.nets[number];
  if (net.colors.empty()) {
    for (const IoPe& io : resolved.io_pes) {
      if (io.host_net == number) return fmt::format("the host's color of stream '{}'", io.stream);
    }
    return "a color";
  }
  std::string text = fmt::format("color '{}'", layout.color(net.colors[0]).global);
  for (size_t i = 1; i < net.colors.size(); ++i) {
    text += fmt::format("{}'{}'", i == 1 ? " (connected to " : ", ",
                        layout.color(net.colors[i]).global);
  }
  return net.colors.size() > 1 ? text + ")" : text;
}

StatusOr<ResolvedLayout> Resolve(const SdkLayout& layout, const ForbiddenColors& forbidden) {
  return Resolver(layout).Run(forbidden);
}

StatusOr<ResolvedLayout> Resolver::Run(const ForbiddenColors& forbidden) {
  RETURN_IF_ERROR(PlaceRegions());
  RETURN_IF_ERROR(PlaceIoPes());
  MakeNets();
  RETURN_IF_ERROR(PaintRegions());
  RETURN_IF_ERROR(ClearPorts());
  RETURN_IF_ERROR(FollowLinks());
  for (size_t i = 0; i < route_numbers_.size(); ++i) {
    out_.routes.push_back(route_numbers_.at(static_cast<uint32_t>(i)));
  }
  Crop();
  RETURN_IF_ERROR(AssignColors(layout_, forbidden, &out_));
  return std::move(out_);
}

std::string Resolver::PortText(const Port& port) const {
  return fmt::format("port '{}' ({} edge of region '{}')", port.name, EdgeName(port.edge),
                     layout_.region(port.region).name);
}

Status Resolver::PlaceRegions() {
  if (layout_.regions().empty()) {
    return InvalidArgument("compile: the layout has no code region");
  }
  int height = 0;
  int longest_port = 0;
  for (const CodeRegion& region : layout_.regions()) {
    east_ = std::max(east_, region.origin.x + region.width);
    height = std::max(height, region.origin.y + region.height);
  }
  for (const Port& port : layout_.ports()) {
    longest_port = std::max(longest_port, layout_.SizeOf(port));
  }
  for (const Link& link : layout_.links()) {
    const auto* stream = std::get_if<PortStream>(&link);
    if (stream == nullptr || !stream->io_location) continue;
    east_ = std::max(east_, stream->io_location->x + 1);
    height = std::max(height, stream->io_location->y + 1);
  }
  // Room for the ways around everything, each PE of a port beside the other.
  const int margin = layout_.links().empty() ? 0 : longest_port + 1;
  Canvas& canvas = out_.canvas;
  canvas.width = east_ + margin;
  canvas.height = height + margin;
  if (int64_t{canvas.width} * canvas.height > kMaxTiles) {
    return InvalidArgument(fmt::format("compile: the layout spans {} x {} PEs; {} are possible",
                                       east_, height, kMaxTiles));
  }
  canvas.owner.assign(static_cast<size_t>(canvas.width) * static_cast<size_t>(canvas.height),
                      kFreeTile);
  for (size_t r = 0; r < layout_.regions().size(); ++r) {
    const CodeRegion& region = layout_.regions()[r];
    for (int y = 0; y < region.height; ++y) {
      for (int x = 0; x < region.width; ++x) {
        const Point at = {region.origin.x + x, region.origin.y + y};
        int32_t& owner = canvas.owner[canvas.IndexOf(at)];
        if (owner == kFreeTile) {
          owner = static_cast<int32_t>(r);
          continue;
        }
        const CodeRegion& other = layout_.regions()[static_cast<size_t>(owner)];
        return InvalidArgument(fmt::format(
            "compile: regions '{}' ({} x {} PEs at ({}, {})) and '{}' ({} x {} PEs at ({}, {})) "
            "overlap at PE ({}, {}) of the layout; place() moves one",
            other.name, other.width, other.height, other.origin.x, other.origin.y, region.name,
            region.width, region.height, region.origin.x, region.origin.y, at.x, at.y));
      }
    }
  }
  return OkStatus();
}

Status Resolver::PlaceIoPes() {
  for (const Link& link : layout_.links()) {
    const auto* stream = std::get_if<PortStream>(&link);
    if (stream == nullptr) continue;
    IoPe io;
    io.stream = stream->name;
    io.to_device = layout_.port(stream->port).is_input;
    io.place = stream->io_location.value_or(Point{-1, -1});
    io.buffer_words = stream->buffer_words;
    out_.io_pes.push_back(io);
    if (!stream->io_location) continue;
    int32_t& owner = out_.canvas.owner[out_.canvas.IndexOf(io.place)];
    if (owner != kFreeTile) {
      return InvalidArgument(fmt::format("compile: stream '{}': io_loc ({}, {}) is taken by {}",
                                         io.stream, io.place.x, io.place.y,
                                         TileText(layout_, out_, out_.canvas.IndexOf(io.place))));
    }
    owner = static_cast<int32_t>(layout_.regions().size() + out_.io_pes.size() - 1);
  }
  return OkStatus();
}

void Resolver::MakeNets() {
  const size_t num_colors = layout_.colors().size();
  std::vector<uint32_t> leader(num_colors);
  for (uint32_t i = 0; i < num_colors; ++i) leader[i] = i;
  const auto find = [&](uint32_t color) {
    while (leader[color] != color) color = leader[color];
    return color;
  };
  for (const Link& link : layout_.links()) {
    const auto* connection = std::get_if<Connection>(&link);
    if (connection == nullptr) continue;
    const uint32_t a = find(layout_.port(connection->from).color.index);
    const uint32_t b = find(layout_.port(connection->to).color.index);
    leader[std::max(a, b)] = std::min(a, b);
  }
  const size_t tiles = out_.canvas.owner.size();
  out_.net_of_color.assign(num_colors, 0);
  for (uint32_t i = 0; i < num_colors; ++i) {
    const uint32_t first = find(i);
    if (first == i) {
      out_.net_of_color[i] = static_cast<uint32_t>(out_.nets.size());
      out_.nets.emplace_back().routes.assign(tiles, 0);
    }
    const uint32_t net = out_.net_of_color[first];
    out_.net_of_color[i] = net;
    out_.nets[net].colors.push_back(ColorId(i));
  }
  for (IoPe& io : out_.io_pes) {
    io.host_net = static_cast<uint32_t>(out_.nets.size());
    out_.nets.emplace_back().routes.assign(tiles, 0);
  }
}

Status Resolver::PaintRegions() {
  for (const CodeRegion& region : layout_.regions()) RETURN_IF_ERROR(PaintRegion(region));
  return OkStatus();
}

Status Resolver::PaintRegion(const CodeRegion& region) {
  for (const auto& [color, numbers] : region.painted()) {
    const uint32_t net = NetOf(color);
    for (int y = 0; y < region.height; ++y) {
      for (int x = 0; x < region.width; ++x) {
        const uint32_t number = numbers[region.IndexOf({x, y})];
        if (number == 0) continue;
        uint32_t& route =
            RouteAt(net, out_.canvas.IndexOf({region.origin.x + x, region.origin.y + y}));
        if (route != 0) {
          return InvalidArgument(fmt::format(
              "compile: {}: {} is painted twice, once as '{}'; colors that are connected are one",
              PeText(region, {x, y}), NetText(layout_, out_, net), layout_.color(color).global));
        }
        route = NumberOf(region.routes(number));
      }
    }
  }
  return OkStatus();
}

// The routes of a port's PEs are those of the port, whatever is painted there in its color.
Status Resolver::ClearPorts() {
  for (const Port& port : layout_.ports()) {
    if (port.used_by.empty()) {
      return InvalidArgument(
          fmt::format("compile: {} is not connected; connect() or a stream gives it its other end",
                      PortText(port)));
    }
    const CodeRegion& region = layout_.region(port.region);
    const uint32_t net = NetOf(port.color);
    for (int i = 0; i < layout_.SizeOf(port); ++i) {
      const Point place = layout_.PeOf(port, i);
      const Point local = {place.x - region.origin.x, place.y - region.origin.y};
      uint32_t& route = RouteAt(net, out_.canvas.IndexOf(place));
      for (const auto& [color, numbers] : region.painted()) {
        if (color == port.color || NetOf(color) != net || numbers[region.IndexOf(local)] == 0) {
          continue;
        }
        return InvalidArgument(fmt::format(
            "compile: {}: {} has routes there, and '{}', which is connected to the same color, is "
            "painted there too",
            PeText(region, local), PortText(port), layout_.color(color).global));
      }
      if (route == kPending) {
        return InvalidArgument(
            fmt::format("compile: {}: {} and another port are of one color ({}); a PE has one "
                        "list of routes for a color",
                        PeText(region, local), PortText(port), NetText(layout_, out_, net)));
      }
      route = kPending;
    }
  }
  return OkStatus();
}

void Resolver::Crop() {
  const Canvas& canvas = out_.canvas;
  for (uint32_t tile = 0; tile < canvas.owner.size(); ++tile) {
    const bool is_used = canvas.owner[tile] != kFreeTile ||
                         std::any_of(out_.nets.begin(), out_.nets.end(),
                                     [tile](const Net& net) { return net.routes[tile] != 0; });
    if (!is_used) continue;
    const Point at = canvas.At(tile);
    out_.width = std::max(out_.width, at.x + 1);
    out_.height = std::max(out_.height, at.y + 1);
  }
}

}  // namespace csl::runtime::layout
