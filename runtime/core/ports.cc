// SPDX-License-Identifier: Apache-2.0
// Words through the ports of a program.
#include <fmt/format.h>

#include "runtime/core/near_names.h"
#include "runtime/core/sdk_runtime.h"

namespace csl::runtime {

StatusOr<uint32_t> SdkRuntime::GetPortId(std::string_view name) const {
  if (const std::optional<uint32_t> id = manifest().FindPort(name)) return *id;
  if (manifest().ports.empty()) {
    return NotFound(
        fmt::format("port '{}': the program has no ports; SdkLayout.create_input_stream and "
                    "create_output_stream make them",
                    name));
  }
  std::vector<std::string> names;
  for (const image::HostPort& port : manifest().ports) names.push_back(port.name);
  return NotFound(
      fmt::format("the program has no port '{}'; {}", name, NearNames(name, std::move(names))));
}

Status SdkRuntime::CheckPort(std::string_view what, uint32_t id, bool to_device,
                             size_t words) const {
  RETURN_IF_ERROR(CheckRunning(what));
  const std::vector<image::HostPort>& ports = manifest().ports;
  if (id >= ports.size()) {
    return NotFound(fmt::format("{}: port = {}: the program has {} ports", what, id, ports.size()));
  }
  const image::HostPort& port = ports[id];
  if (port.to_device != to_device) {
    return InvalidArgument(fmt::format(
        "{}: port '{}' goes {}", what, port.name,
        port.to_device ? "from the host to the device" : "from the device to the host"));
  }
  if (words < 1 || words > static_cast<size_t>(fabric::kMaxPortWords)) {
    return InvalidArgument(fmt::format("{}: port '{}': {} wavelets; must be 1 to {}", what,
                                       port.name, words, fabric::kMaxPortWords));
  }
  return OkStatus();
}

StatusOr<TaskId> SdkRuntime::Send(uint32_t port, std::span<const uint32_t> data, bool nonblock,
                                  std::shared_ptr<void> keep_alive) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(CheckPort("send()", port, true, data.size()));
  fabric::PortCommand command;
  command.port = port;
  if (nonblock || keep_alive == nullptr) {
    command.data.assign(data.begin(), data.end());
  } else {
    command.source = data;
  }
  return Enqueue(device_->Submit(std::move(command)), data.size_bytes(), std::move(keep_alive),
                 nonblock);
}

StatusOr<TaskId> SdkRuntime::Receive(uint32_t port, std::span<uint32_t> destination,
                                     std::shared_ptr<void> keep_alive, bool nonblock) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(CheckPort("receive()", port, false, destination.size()));
  fabric::PortCommand command;
  command.port = port;
  command.destination = destination;
  return Enqueue(device_->Submit(std::move(command)), 0, std::move(keep_alive), nonblock);
}

StatusOr<TaskId> SdkRuntime::ReceiveToFile(uint32_t port, const std::filesystem::path& path,
                                           bool nonblock) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(CheckPort("receive_tofile()", port, false, 1));
  ASSIGN_OR_RETURN(std::shared_ptr<PortFile> file, PortFile::Open(path));
  fabric::PortCommand command;
  command.port = port;
  command.sink = [file](std::span<const uint32_t> words) { file->Write(words); };
  const auto finish = [file] { file->Close(); };
  ASSIGN_OR_RETURN(const TaskId id,
                   Enqueue(device_->Submit(std::move(command)), 0, nullptr, true, finish));
  files_.emplace(id.index, std::move(file));
  if (!nonblock) RETURN_IF_ERROR(Wait(id));
  return id;
}

Status SdkRuntime::FileOf(TaskId id) const {
  const auto found = files_.find(id.index);
  return found == files_.end() ? OkStatus() : found->second->status();
}

std::string SdkRuntime::DescribePorts() const {
  std::string text;
  for (size_t i = 0; i < manifest().ports.size(); ++i) {
    const image::HostPort& port = manifest().ports[i];
    text += fmt::format("port {} '{}': {}, PE ({}, {}), color {}\n", i, port.name,
                        port.to_device ? "host to device" : "device to host", port.x, port.y,
                        port.color);
  }
  return text.empty() ? "the program has no ports\n" : text;
}

}  // namespace csl::runtime
