// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "fabric/image/manifest.h"
#include "fabric/sim/simulator.h"

namespace csl::fabric {

Status CheckPort(const image::Manifest& manifest, const PortCommand& command) {
  if (command.port >= manifest.ports.size()) {
    return NotFound(
        fmt::format("port {}: the program has {} ports", command.port, manifest.ports.size()));
  }
  const image::HostPort& port = manifest.ports[command.port];
  const size_t words = port.to_device ? command.input().size() : command.destination.size();
  const size_t others = port.to_device ? command.destination.size() : command.input().size();
  const bool has_sink = command.sink != nullptr;
  if (others != 0 || (port.to_device && has_sink)) {
    return InvalidArgument(
        fmt::format("port '{}' goes {} the device", port.name, port.to_device ? "to" : "from"));
  }
  if (has_sink && words == 0) return OkStatus();
  if (has_sink) {
    return InvalidArgument(fmt::format("port '{}': both a destination and a sink", port.name));
  }
  if (words < 1 || words > kMaxPortWords) {
    return InvalidArgument(
        fmt::format("port '{}': {} words; 1 to {} are possible", port.name, words, kMaxPortWords));
  }
  return OkStatus();
}

}  // namespace csl::fabric
