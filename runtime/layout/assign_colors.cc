// SPDX-License-Identifier: Apache-2.0
// Numbers of colors. A net is where it has routes, where its routes lead, and where a program is
// told its number; two nets that are somewhere together have different numbers. Nets whose number
// the user gave come first, then the others in the order in which their colors were first used,
// each with the lowest number that is free.
#include <fmt/format.h>

#include <bit>
#include <set>

#include "runtime/layout/resolve.h"

namespace csl::runtime::layout {
namespace {

constexpr uint32_t kAllColors = (uint32_t{1} << kNumColors) - 1;
// WSE-3: colors whose routers have switches.
constexpr uint32_t kSwitchColors = 0b0011'0011'0011'0011'1111'1111;

class Assigner {
 public:
  Assigner(const SdkLayout& layout, const ForbiddenColors& forbidden, ResolvedLayout* resolved)
      : layout_(layout),
        forbidden_(forbidden),
        out_(*resolved),
        used_(resolved->canvas.owner.size()) {}

  Status Run() {
    CollectParameterTiles();
    for (uint32_t net = 0; net < out_.nets.size(); ++net) {
      ASSIGN_OR_RETURN(const std::optional<int> given, GivenValue(net));
      if (given) RETURN_IF_ERROR(Give(net, *given));
    }
    for (uint32_t net = 0; net < out_.nets.size(); ++net) {
      if (out_.nets[net].value < 0) RETURN_IF_ERROR(Choose(net));
    }
    return OkStatus();
  }

 private:
  // Where programs are told the number of a net.
  void CollectParameterTiles() {
    told_.resize(out_.nets.size());
    for (const CodeRegion& region : layout_.regions()) {
      for (int y = 0; y < region.height; ++y) {
        for (int x = 0; x < region.width; ++x) {
          const uint32_t tile = out_.canvas.IndexOf({region.origin.x + x, region.origin.y + y});
          for (const auto& [name, value] : region.params_at(region.IndexOf({x, y}))) {
            const auto* color = std::get_if<ColorId>(&value);
            if (color != nullptr) told_[out_.net_of_color[color->index]].push_back(tile);
          }
        }
      }
    }
  }

  std::set<uint32_t> TilesOf(uint32_t number) const {
    const Net& net = out_.nets[number];
    std::set<uint32_t> tiles(told_[number].begin(), told_[number].end());
    for (uint32_t tile = 0; tile < net.routes.size(); ++tile) {
      if (net.routes[tile] == 0) continue;
      tiles.insert(tile);
      for (const image::Route& route : out_.routes[net.routes[tile] - 1]) {
        for (const Direction d : kDirections) {
          const Point next = Step(out_.canvas.At(tile), d);
          if ((route.tx & BitOf(d)) != 0 && out_.canvas.Contains(next)) {
            tiles.insert(out_.canvas.IndexOf(next));
          }
        }
      }
    }
    return tiles;
  }

  StatusOr<std::optional<int>> GivenValue(uint32_t number) const {
    std::optional<ColorId> first;
    for (const ColorId id : out_.nets[number].colors) {
      const std::optional<int> value = layout_.color(id).value;
      if (!value) continue;
      if (first && layout_.color(*first).value != value) {
        return InvalidArgument(fmt::format(
            "compile: colors '{}' ({}) and '{}' ({}) are connected, so they must be equal",
            layout_.color(*first).global, *layout_.color(*first).value, layout_.color(id).global,
            *value));
      }
      first = id;
    }
    return first ? layout_.color(*first).value : std::optional<int>();
  }

  bool HasSwitches(uint32_t number) const {
    for (const uint32_t route : out_.nets[number].routes) {
      if (route != 0 && out_.routes[route - 1].size() > 1) return true;
    }
    return false;
  }

  Status Give(uint32_t number, int value) {
    if (layout_.arch() == isa::Arch::kWse3 && HasSwitches(number) &&
        (kSwitchColors >> value & 1) == 0) {
      return InvalidArgument(fmt::format(
          "compile: {} has several routing positions and the value {}; on WSE-3 the colors 0 to 9, "
          "12, 13, 16, 17, 20 and 21 have switches",
          NetText(layout_, out_, number), value));
    }
    for (const uint32_t tile : TilesOf(number)) {
      if ((used_[tile] >> value & 1) != 0) {
        return InvalidArgument(fmt::format(
            "compile: {}: {} and {} both have the value {}", TileText(layout_, out_, tile),
            NetText(layout_, out_, number), NetText(layout_, out_, UserOf(tile, value)), value));
      }
    }
    Take(number, value);
    return OkStatus();
  }

  Status Choose(uint32_t number) {
    const std::set<uint32_t> tiles = TilesOf(number);
    uint32_t possible = kAllColors;
    const bool has_switches = HasSwitches(number);
    if (layout_.arch() == isa::Arch::kWse3 && has_switches) possible = kSwitchColors;
    uint32_t fullest = 0;
    int most = -1;
    for (const uint32_t tile : tiles) {
      const uint32_t here = used_[tile] | (forbidden_.empty() ? 0 : forbidden_[tile]);
      possible &= ~here;
      if (std::popcount(here) > most) {
        most = std::popcount(here);
        fullest = tile;
      }
    }
    if (possible != 0) {
      Take(number, std::countr_zero(possible));
      return OkStatus();
    }
    return ResourceExhausted(
        fmt::format("compile: no number is left for {}{}: at {} {} of {} colors are in use{}",
                    NetText(layout_, out_, number), has_switches ? ", which needs switches" : "",
                    TileText(layout_, out_, fullest), most, kNumColors,
                    forbidden_.empty() ? "" : ", local tasks of the program counted"));
  }

  void Take(uint32_t number, int value) {
    out_.nets[number].value = value;
    for (const uint32_t tile : TilesOf(number)) used_[tile] |= uint32_t{1} << value;
  }

  uint32_t UserOf(uint32_t tile, int value) const {
    for (uint32_t net = 0; net < out_.nets.size(); ++net) {
      if (out_.nets[net].value == value && TilesOf(net).contains(tile)) return net;
    }
    return 0;
  }

  const SdkLayout& layout_;
  const ForbiddenColors& forbidden_;
  ResolvedLayout& out_;
  std::vector<uint32_t> used_;  // by tile: a bit for each number
  std::vector<std::vector<uint32_t>> told_;
};

}  // namespace

Status AssignColors(const SdkLayout& layout, const ForbiddenColors& forbidden,
                    ResolvedLayout* resolved) {
  return Assigner(layout, forbidden, resolved).Run();
}

}  // namespace csl::runtime::layout
