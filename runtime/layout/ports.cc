// SPDX-License-Identifier: Apache-2.0
// Ports, connections and streams of an SdkLayout.
#include <fmt/format.h>

#include <algorithm>

#include "runtime/layout/sdk_layout.h"

namespace csl::runtime::layout {
namespace {

// What a position of a port gives, and leaves to the path.
uint8_t Given(const Port& port, const image::Route& route) {
  return port.is_input ? route.tx : route.rx;
}

std::string_view KindText(bool is_input) { return is_input ? "input" : "output"; }

Status CheckPortPositions(std::string_view call, const Port& port, const std::string& what) {
  if (port.positions.empty() || port.positions.size() > 4) {
    return InvalidArgument(fmt::format("{}: {}: {} routing positions; a router has 1 to 4", call,
                                       what, port.positions.size()));
  }
  for (size_t i = 0; i < port.positions.size(); ++i) {
    const image::Route& route = port.positions[i];
    const uint8_t other = port.is_input ? route.rx : route.tx;
    if (other != 0) {
      return InvalidArgument(fmt::format(
          "{}: {}: routing position {} has {} {}; the {} of an {} port is found when the layout is "
          "compiled, so none may be given",
          call, what, i, KindText(port.is_input), SidesText(other), KindText(port.is_input),
          KindText(port.is_input)));
    }
    if (Given(port, route) == 0) {
      return InvalidArgument(fmt::format("{}: {}: routing position {} has no {}", call, what, i,
                                         KindText(!port.is_input)));
    }
  }
  return OkStatus();
}

}  // namespace

int SdkLayout::SizeOf(const Port& port) const {
  const CodeRegion& r = region(port.region);
  return port.edge == Edge::kTop || port.edge == Edge::kBottom ? r.width : r.height;
}

Point SdkLayout::PeOf(const Port& port, int i) const {
  const CodeRegion& r = region(port.region);
  const Rect edge = EdgeRect(port.edge, r.width, r.height);
  const Point local = edge.width > 1 ? Point{edge.x + i, edge.y} : Point{edge.x, edge.y + i};
  return {r.origin.x + local.x, r.origin.y + local.y};
}

StatusOr<PortId> SdkLayout::CreatePort(RegionId id, bool is_input, const ColorName& color,
                                       Edge edge, const Routes& positions, int64_t data_size,
                                       const std::string& prefix) {
  const std::string_view call = is_input ? "create_input_port" : "create_output_port";
  const CodeRegion& r = region(id);
  Port port;
  // Colors of the region have its name in front already.
  port.name = color.global.starts_with(r.name + "_") ? color.global : r.name + "_" + color.global;
  port.name += prefix;
  port.region = id;
  port.is_input = is_input;
  port.edge = edge;
  port.positions = positions;
  const std::string what = fmt::format("region '{}', port '{}'", r.name, port.name);
  RETURN_IF_ERROR(CheckPortPositions(call, port, what));
  if (data_size < 0 || data_size > INT32_MAX) {
    return InvalidArgument(
        fmt::format("{}: {}: data_size {} must be 0 to {}", call, what, data_size, INT32_MAX));
  }
  port.data_size = static_cast<int>(data_size);
  for (const Port& other : ports_) {
    if (other.name != port.name) continue;
    return AlreadyExists(fmt::format(
        "{}: region '{}' has an {} port '{}' at its {} edge already; another prefix makes another "
        "port of the same color",
        call, r.name, KindText(other.is_input), port.name, EdgeName(other.edge)));
  }
  ASSIGN_OR_RETURN(port.color, Intern(color));
  ports_.push_back(std::move(port));
  return PortId(static_cast<uint32_t>(ports_.size() - 1));
}

Status SdkLayout::CheckFree(std::string_view call, const Port& port) const {
  if (port.used_by.empty()) return OkStatus();
  return FailedPrecondition(
      fmt::format("{}: port '{}' of region '{}' is connected to {} already; a port has one other "
                  "end",
                  call, port.name, region(port.region).name, port.used_by));
}

Status SdkLayout::Connect(PortId from, PortId to) {
  Port& tx = ports_[from.index];
  Port& rx = ports_[to.index];
  if (tx.is_input || !rx.is_input) {
    return InvalidArgument(fmt::format(
        "connect: '{}' is an {} port and '{}' an {} port; connect takes an output port, then an "
        "input port",
        tx.name, KindText(tx.is_input), rx.name, KindText(rx.is_input)));
  }
  RETURN_IF_ERROR(CheckFree("connect", tx));
  RETURN_IF_ERROR(CheckFree("connect", rx));
  if (SizeOf(tx) != SizeOf(rx)) {
    return InvalidArgument(fmt::format(
        "connect: port '{}' has {} PEs ({} edge of region '{}') and port '{}' has {} ({} edge of "
        "region '{}'); PEs are connected one to one",
        tx.name, SizeOf(tx), EdgeName(tx.edge), region(tx.region).name, rx.name, SizeOf(rx),
        EdgeName(rx.edge), region(rx.region).name));
  }
  if (tx.data_size != rx.data_size) {
    return InvalidArgument(
        fmt::format("connect: port '{}' has data_size {} and port '{}' {}; they "
                    "must agree",
                    tx.name, tx.data_size, rx.name, rx.data_size));
  }
  tx.used_by = fmt::format("port '{}'", rx.name);
  rx.used_by = fmt::format("port '{}'", tx.name);
  links_.emplace_back(Connection{from, to});
  return OkStatus();
}

Status SdkLayout::CheckStreamName(std::string_view call, const std::string& name) const {
  for (const Link& link : links_) {
    const auto* stream = std::get_if<PortStream>(&link);
    const auto* direct = std::get_if<DirectStream>(&link);
    const std::string* other = stream != nullptr ? &stream->name : nullptr;
    if (direct != nullptr) other = &direct->name;
    if (other == nullptr || *other != name) continue;
    return AlreadyExists(fmt::format(
        "{}: there is a stream '{}' already; another prefix makes another name", call, name));
  }
  return OkStatus();
}

StatusOr<std::string> SdkLayout::CreateStream(bool to_device, PortId id,
                                              std::optional<Point> io_location,
                                              int64_t buffer_words) {
  const std::string_view call = to_device ? "create_input_stream" : "create_output_stream";
  Port& port = ports_[id.index];
  const std::string what =
      fmt::format("port '{}' of region '{}'", port.name, region(port.region).name);
  if (port.is_input != to_device) {
    return InvalidArgument(fmt::format("{}: {} is an {} port; an {} port is expected", call, what,
                                       KindText(port.is_input), KindText(to_device)));
  }
  if (SizeOf(port) != 1) {
    return InvalidArgument(fmt::format(
        "{}: {} has {} PEs; streams connect ports of one PE: put a region in between that deals "
        "out or gathers",
        call, what, SizeOf(port)));
  }
  RETURN_IF_ERROR(CheckFree(call, port));
  if (io_location) {
    RETURN_IF_ERROR(CheckPosition(call, what + ": io_loc", io_location->x, io_location->y));
  }
  if (buffer_words < 1 || buffer_words > kMaxIoBufferWords) {
    return InvalidArgument(fmt::format("{}: {}: io_buffer_size {} must be 1 to {}", call, what,
                                       buffer_words, kMaxIoBufferWords));
  }
  RETURN_IF_ERROR(CheckStreamName(call, port.name));
  port.used_by = fmt::format("stream '{}'", port.name);
  links_.emplace_back(PortStream{port.name, id, io_location, static_cast<int>(buffer_words)});
  return port.name;
}

StatusOr<std::string> SdkLayout::CreateDirectStream(bool to_device, Point location,
                                                    const ColorName& color,
                                                    const std::string& prefix) {
  const std::string_view call =
      to_device ? "create_input_stream_from_loc" : "create_output_stream_from_loc";
  RETURN_IF_ERROR(
      CheckPosition(call, fmt::format("color '{}': loc", color.global), location.x, location.y));
  DirectStream stream;
  stream.name = prefix + color.global;
  stream.to_device = to_device;
  stream.location = location;
  RETURN_IF_ERROR(CheckStreamName(call, stream.name));
  ASSIGN_OR_RETURN(stream.color, Intern(color));
  std::string name = stream.name;
  links_.emplace_back(std::move(stream));
  return name;
}

}  // namespace csl::runtime::layout
