// SPDX-License-Identifier: Apache-2.0
#include "runtime/layout/sdk_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace csl::runtime::layout {
namespace {

constexpr int kMaxPositions = 4;

// Names end in file names and documents.
bool IsName(std::string_view name) {
  return !name.empty() && !std::isdigit(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

Status CheckName(std::string_view call, std::string_view what, std::string_view name) {
  if (IsName(name)) return OkStatus();
  return InvalidArgument(
      fmt::format("{}: {} '{}' must be letters, digits and underscores, and begin with no digit",
                  call, what, name));
}

Status CheckPositions(std::string_view call, const std::string& what, const Routes& positions) {
  if (!positions.empty() && positions.size() <= kMaxPositions) return OkStatus();
  return InvalidArgument(fmt::format("{}: {}: {} routing positions; a router has 1 to {}", call,
                                     what, positions.size(), kMaxPositions));
}

}  // namespace

std::string PeText(const CodeRegion& region, Point local) {
  return fmt::format("region '{}', PE ({}, {})", region.name, local.x, local.y);
}

std::string SidesText(uint8_t mask) {
  std::string text;
  const std::pair<uint8_t, std::string_view> kSides[] = {
      {image::kRamp, "RAMP"},   {image::kEast, "EAST"},   {image::kWest, "WEST"},
      {image::kNorth, "NORTH"}, {image::kSouth, "SOUTH"}, {image::kHost, "the host"}};
  for (const auto& [bit, name] : kSides) {
    if ((mask & bit) != 0) text += (text.empty() ? "" : ", ") + std::string(name);
  }
  return text.empty() ? "nothing" : text;
}

StatusOr<RegionId> SdkLayout::CreateCodeRegion(std::string source, std::string name, int64_t width,
                                               int64_t height) {
  constexpr std::string_view kCall = "create_code_region";
  RETURN_IF_ERROR(CheckName(kCall, "the name", name));
  if (source.empty()) {
    return InvalidArgument(
        fmt::format("{}: region '{}': source is empty: the path of a CSL file "
                    "is expected",
                    kCall, name));
  }
  if (width < 1 || height < 1 || width > kMaxCoordinate || height > kMaxCoordinate) {
    return InvalidArgument(
        fmt::format("{}: region '{}': {} x {} PEs; width and height must be 1 "
                    "to {}",
                    kCall, name, width, height, kMaxCoordinate));
  }
  for (const CodeRegion& other : regions_) {
    if (other.name != name) continue;
    return AlreadyExists(fmt::format(
        "{}: there is a region '{}' already ({} x {} PEs of '{}'); names of regions must differ",
        kCall, name, other.width, other.height, other.source));
  }
  regions_.emplace_back(std::move(name), std::move(source), static_cast<int>(width),
                        static_cast<int>(height));
  return RegionId(static_cast<uint32_t>(regions_.size() - 1));
}

Status SdkLayout::CheckPosition(std::string_view call, const std::string& what, int64_t x,
                                int64_t y) const {
  if (x >= 0 && y >= 0 && x <= kMaxCoordinate && y <= kMaxCoordinate) return OkStatus();
  return OutOfRange(
      fmt::format("{}: {}: ({}, {}) is not the position of a PE; x and y must be 0 to {}", call,
                  what, x, y, kMaxCoordinate));
}

Status SdkLayout::Place(RegionId id, int64_t x, int64_t y) {
  CodeRegion& region = regions_[id.index];
  RETURN_IF_ERROR(CheckPosition("place", fmt::format("region '{}'", region.name), x, y));
  RETURN_IF_ERROR(CheckPosition("place", fmt::format("region '{}', its last PE", region.name),
                                x + region.width - 1, y + region.height - 1));
  region.origin = {static_cast<int>(x), static_cast<int>(y)};
  return OkStatus();
}

StatusOr<int> SdkLayout::Stack(bool horizontally, const std::vector<RegionId>& children,
                               std::optional<Point> origin) {
  const std::string_view call = horizontally ? "hstack" : "vstack";
  if (children.empty()) {
    return InvalidArgument(fmt::format("{}: the list of regions is empty", call));
  }
  const Point start = origin.value_or(region(children[0]).origin);
  Point at = start;
  for (const RegionId id : children) {
    const CodeRegion& child = region(id);
    const std::string what = fmt::format("region '{}'", child.name);
    RETURN_IF_ERROR(CheckPosition(call, what, at.x, at.y));
    RETURN_IF_ERROR(CheckPosition(call, what, at.x + child.width - 1, at.y + child.height - 1));
    (horizontally ? at.x : at.y) += horizontally ? child.width : child.height;
  }
  at = start;
  for (const RegionId id : children) {
    CodeRegion& child = regions_[id.index];
    child.origin = at;
    (horizontally ? at.x : at.y) += horizontally ? child.width : child.height;
  }
  return horizontally ? at.x - start.x : at.y - start.y;
}

StatusOr<ColorId> SdkLayout::Intern(const ColorName& color) {
  const auto [found, is_new] =
      color_by_name_.try_emplace(color.global, ColorId(static_cast<uint32_t>(colors_.size())));
  if (is_new) {
    colors_.push_back(color);
  } else if (const ColorName& known = colors_[found->second.index]; known.value != color.value) {
    const auto text = [](std::optional<int> value) {
      return value ? std::to_string(*value) : std::string("no value");
    };
    return InvalidArgument(
        fmt::format("color '{}' has {} here and {} elsewhere; colors of one name are one color",
                    color.global, text(color.value), text(known.value)));
  }
  return found->second;
}

Status SdkLayout::CheckRect(std::string_view call, const CodeRegion& region,
                            const Rect& where) const {
  const bool is_inside = where.x >= 0 && where.y >= 0 && where.width >= 1 && where.height >= 1 &&
                         int64_t{where.x} + where.width <= region.width &&
                         int64_t{where.y} + where.height <= region.height;
  if (is_inside) return OkStatus();
  const std::string bounds =
      fmt::format("it has PEs (0, 0) to ({}, {})", region.width - 1, region.height - 1);
  if (where.width < 1 || where.height < 1) {
    return InvalidArgument(fmt::format(
        "{}: region '{}': the rectangle from ({}, {}) to before ({}, {}) is empty; {}", call,
        region.name, where.x, where.y, where.x + where.width, where.y + where.height, bounds));
  }
  if (where.width == 1 && where.height == 1) {
    return OutOfRange(fmt::format("{}: region '{}' has no PE ({}, {}); {}", call, region.name,
                                  where.x, where.y, bounds));
  }
  return OutOfRange(
      fmt::format("{}: region '{}': the rectangle from ({}, {}) to before ({}, {}) leaves it; {}",
                  call, region.name, where.x, where.y, int64_t{where.x} + where.width,
                  int64_t{where.y} + where.height, bounds));
}

Status SdkLayout::SetParam(std::string_view call, RegionId id, const Rect& where,
                           const std::string& name, const ParamValue& value) {
  CodeRegion& region = regions_[id.index];
  RETURN_IF_ERROR(CheckRect(call, region, where));
  RETURN_IF_ERROR(CheckName(call, fmt::format("region '{}': the parameter", region.name), name));
  region.SetParam(where, name, value);
  return OkStatus();
}

Status SdkLayout::Paint(std::string_view call, RegionId id, const Rect& where,
                        const ColorName& color, const Routes& positions) {
  CodeRegion& region = regions_[id.index];
  RETURN_IF_ERROR(CheckRect(call, region, where));
  const std::string what = fmt::format("region '{}', color '{}'", region.name, color.global);
  RETURN_IF_ERROR(CheckPositions(call, what, positions));
  for (size_t i = 0; i < positions.size(); ++i) {
    if (positions[i].rx != 0 && positions[i].tx != 0) continue;
    return InvalidArgument(
        fmt::format("{}: {}: routing position {} has input {} and output {}; both are needed", call,
                    what, i, SidesText(positions[i].rx), SidesText(positions[i].tx)));
  }
  ASSIGN_OR_RETURN(const ColorId interned, Intern(color));
  region.Paint(where, interned, positions);
  return OkStatus();
}

Status SdkLayout::SetSymbol(RegionId id, SymbolData data) {
  CodeRegion& region = regions_[id.index];
  const std::string what =
      fmt::format("set_symbol_all: region '{}', symbol '{}'", region.name, data.symbol);
  RETURN_IF_ERROR(CheckName("set_symbol_all", "the symbol", data.symbol));
  if (data.width < 1 || data.height < 1 || data.width % region.width != 0 ||
      data.height % region.height != 0) {
    return InvalidArgument(
        fmt::format("{}: width {} and height {} must be multiples of the {} "
                    "columns and {} rows of the region",
                    what, data.width, data.height, region.width, region.height));
  }
  const size_t expected = static_cast<size_t>(data.width) * static_cast<size_t>(data.height);
  const size_t given = data.bytes.size() / static_cast<size_t>(data.element_bytes);
  if (given != expected) {
    return InvalidArgument(fmt::format("{}: data has {} elements; width {} times height {} is {}",
                                       what, given, data.width, data.height, expected));
  }
  std::erase_if(region.symbols, [&](const SymbolData& s) { return s.symbol == data.symbol; });
  region.symbols.push_back(std::move(data));
  return OkStatus();
}

}  // namespace csl::runtime::layout
