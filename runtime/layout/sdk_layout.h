// SPDX-License-Identifier: Apache-2.0
// SdkLayout: a program told as rectangles of code, their ports, and what is connected to what. The
// Python class of the same name is a thin layer on top.
//
//   regions, colors, parameters, routes -> place, connect, streams -> Resolve (resolve.h) ->
//   compile
//
// A color is its global name: two with one name are one color. Coordinates of PEs are those of the
// region ("local") or of the layout, whose north-west PE is (0, 0).
//
// Every call checks what can be checked at once and leaves the layout as it was when it fails;
// messages name the call, the region, the port and the PE. Not thread safe.
#ifndef RUNTIME_LAYOUT_SDK_LAYOUT_H_
#define RUNTIME_LAYOUT_SDK_LAYOUT_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/status.h"
#include "fabric/isa/architecture.h"
#include "runtime/layout/code_region.h"
#include "runtime/layout/geometry.h"

namespace csl::runtime::layout {

inline constexpr int kNumColors = 24;
// Of a PE of a layout: the larger wafer has 1,172 rows.
inline constexpr int kMaxCoordinate = 2047;
inline constexpr int kDefaultIoBufferWords = 1024;
// What the program of a stream's own PE can hold beside its code.
inline constexpr int kMaxIoBufferWords = 10'000;

struct ColorName {
  std::string global;        // "region_name" where it belongs to a region
  std::string local;         // the parameter that it sets
  std::optional<int> value;  // 0 .. 23; none: chosen when the layout is compiled
};

// Sides by position, as the user gives them; masks of image::DirectionBit.
struct Port {
  std::string name;
  RegionId region;
  bool is_input = false;
  ColorId color;
  Edge edge = Edge::kTop;
  Routes positions;  // of an input rx is 0, of an output tx: the path gives them
  int data_size = 0;
  std::string used_by;  // what it is connected to; "": nothing yet
};

struct Connection {
  PortId from;
  PortId to;
};

// To or from the host, over a PE of its own with a buffer.
struct PortStream {
  std::string name;
  PortId port;
  std::optional<Point> io_location;  // none: the nearest free PE of the west or east edge
  int buffer_words = kDefaultIoBufferWords;
};

// To or from the host, at a PE of the user's.
struct DirectStream {
  std::string name;
  bool to_device = true;
  Point location;
  ColorId color;
};

using Link = std::variant<Connection, PortStream, DirectStream>;

class SdkLayout {
 public:
  explicit SdkLayout(isa::Arch arch) : arch_(arch) {}

  isa::Arch arch() const { return arch_; }
  const std::vector<CodeRegion>& regions() const { return regions_; }
  const CodeRegion& region(RegionId id) const { return regions_[id.index]; }
  const std::vector<ColorName>& colors() const { return colors_; }
  const ColorName& color(ColorId id) const { return colors_[id.index]; }
  const std::vector<Port>& ports() const { return ports_; }
  const Port& port(PortId id) const { return ports_[id.index]; }
  const std::vector<Link>& links() const { return links_; }

  StatusOr<RegionId> CreateCodeRegion(std::string source, std::string name, int64_t width,
                                      int64_t height);
  Status Place(RegionId region, int64_t x, int64_t y);
  // The regions side by side, from the first one's place or `origin` on. Returns the sum of their
  // widths (or heights).
  StatusOr<int> Stack(bool horizontally, const std::vector<RegionId>& regions,
                      std::optional<Point> origin);

  // The number of a color; the same for the same global name.
  StatusOr<ColorId> Intern(const ColorName& color);

  // `call` is the name of the user's call, for messages. Rectangles are local.
  Status SetParam(std::string_view call, RegionId region, const Rect& where,
                  const std::string& name, const ParamValue& value);
  Status Paint(std::string_view call, RegionId region, const Rect& where, const ColorName& color,
               const Routes& positions);
  Status SetSymbol(RegionId region, SymbolData data);

  StatusOr<PortId> CreatePort(RegionId region, bool is_input, const ColorName& color, Edge edge,
                              const Routes& positions, int64_t data_size,
                              const std::string& prefix);
  Status Connect(PortId from, PortId to);
  // Returns the name of the stream.
  StatusOr<std::string> CreateStream(bool to_device, PortId port, std::optional<Point> io_location,
                                     int64_t buffer_words);
  StatusOr<std::string> CreateDirectStream(bool to_device, Point location, const ColorName& color,
                                           const std::string& prefix);

  // How many PEs a port has.
  int SizeOf(const Port& port) const;
  // Of PE `i` of a port, counted from the west or the north; in the layout's coordinates.
  Point PeOf(const Port& port, int i) const;

 private:
  Status CheckRect(std::string_view call, const CodeRegion& region, const Rect& where) const;
  Status CheckPosition(std::string_view call, const std::string& what, int64_t x, int64_t y) const;
  Status CheckFree(std::string_view call, const Port& port) const;
  Status CheckStreamName(std::string_view call, const std::string& name) const;

  const isa::Arch arch_;
  std::vector<CodeRegion> regions_;
  std::vector<ColorName> colors_;
  std::map<std::string, ColorId> color_by_name_;
  std::vector<Port> ports_;
  std::vector<Link> links_;
};

// "region 'gemv', PE (3, 0)".
std::string PeText(const CodeRegion& region, Point local);
// "RAMP, EAST"; "nothing".
std::string SidesText(uint8_t mask);

}  // namespace csl::runtime::layout

#endif  // RUNTIME_LAYOUT_SDK_LAYOUT_H_
