// SPDX-License-Identifier: Apache-2.0
// What a command must satisfy before it is queued.
#include <fmt/format.h>

#include <algorithm>

#include "fabric/image/overrun.h"
#include "fabric/reference/reference_simulator.h"

namespace csl::fabric::reference {
namespace {

// The register value of an argument: the host sends its bits in the low part of a word.
uint32_t RegisterValue(const std::string& type, uint32_t word) {
  if (type == "i8") return static_cast<uint32_t>(static_cast<int8_t>(word));
  if (type == "u8") return word & 0xff;
  if (type == "i16") return static_cast<uint32_t>(static_cast<int16_t>(word));
  if (type == "bool") return word & 1;
  const bool is_word = type == "i32" || type == "u32" || type == "f32";
  return is_word ? word : word & 0xffff;  // u16, 16-bit floats, pointers, enums
}

// Takes the data, and nothing else, of the transfer.
HostCommand RegionOf(HostTransfer&& t) {
  HostCommand host;
  if (t.broadcast == Broadcast::kRows) host.broadcast = HostCommand::Broadcast::kRows;
  if (t.broadcast == Broadcast::kColumns) host.broadcast = HostCommand::Broadcast::kColumns;
  host.x = t.x;
  host.y = t.y;
  host.width = t.width;
  host.height = t.height;
  host.x_step = t.x_step;
  host.y_step = t.y_step;
  host.elements_per_pe = t.elements_per_pe;
  host.column_major = t.order == CopyOrder::kColumnMajor;
  host.row_major_words = t.row_major_words;
  host.data = std::move(t.data);
  if (!t.source.empty()) host.data.assign(t.source.begin(), t.source.end());
  host.destination = t.destination;
  return host;
}

}  // namespace

Status ReferenceSimulator::CheckOpen() const {
  if (!failure_.ok()) return failure_;
  if (drained_) return FailedPrecondition("the run was stopped: no commands after that");
  return OkStatus();
}

StatusOr<const image::Export*> ReferenceSimulator::FindExport(uint32_t id,
                                                              image::ExportKind kind) const {
  const image::Export* exported = manifest_.FindExport(id);
  if (exported == nullptr) {
    return NotFound(fmt::format("the program exports no symbol with id {}", id));
  }
  if (exported->kind != kind) {
    return InvalidArgument(fmt::format("symbol '{}' is {}, wanted is {}", exported->name,
                                       image::ExportKindName(exported->kind),
                                       image::ExportKindName(kind)));
  }
  return exported;
}

Status ReferenceSimulator::CheckTransfer(const HostTransfer& t) const {
  if (std::min({t.width, t.height, t.elements_per_pe}) < 1) {
    return InvalidArgument(
        fmt::format("width={}, height={}, elements_per_pe={}: all must be at least 1", t.width,
                    t.height, t.elements_per_pe));
  }
  if (std::min(t.x_step, t.y_step) < 1) {
    return InvalidArgument(
        fmt::format("x_step={}, y_step={}: both must be at least 1", t.x_step, t.y_step));
  }
  const int64_t east = t.x + int64_t{t.x_step} * (t.width - 1);
  const int64_t south = t.y + int64_t{t.y_step} * (t.height - 1);
  if (std::min(t.x, t.y) < 0 || east >= machine_.width() || south >= machine_.height()) {
    return OutOfRange(fmt::format(
        "the PEs from x={}, y={} to x={}, y={} leave the program's rectangle (x 0 to {}, y 0 to "
        "{})",
        t.x, t.y, east, south, machine_.width() - 1, machine_.height() - 1));
  }
  const bool in = t.direction == CopyDirection::kHostToDevice;
  if (!in && t.broadcast != Broadcast::kNone) {
    return InvalidArgument("a broadcast to the host: only transfers to the device broadcast");
  }
  const size_t given = in ? t.input().size() : t.destination.size();
  if (given == t.words()) return OkStatus();
  return InvalidArgument(
      fmt::format("the host array has {} elements: it must have {}", given, t.words()));
}

Status ReferenceSimulator::CheckExported(const image::Export& exported,
                                         const CopyCommand& c) const {
  for (int row = 0; row < c.height; ++row) {
    for (int column = 0; column < c.width; ++column) {
      const int x = c.x + column * c.x_step;
      const int y = c.y + row * c.y_step;
      const Ce& ce = machine_.ce(static_cast<uint32_t>(y * machine_.width() + x));
      if (ce.program->image.FindExport(exported.id) != nullptr) continue;
      return InvalidArgument(
          fmt::format("the PE at x={}, y={} runs '{}', which does not export '{}'", x, y,
                      ce.program->image.name, exported.name));
    }
  }
  return OkStatus();
}

Status ReferenceSimulator::CheckLength(const image::Export& exported, const CopyCommand& c) {
  const auto size = static_cast<uint32_t>(c.elements_per_pe * (c.element_bits / 8));
  std::vector<std::pair<uint32_t, image::Overrun>> found;
  for (int row = 0; row < c.height; ++row) {
    for (int column = 0; column < c.width; ++column) {
      const auto index = static_cast<uint32_t>((c.y + row * c.y_step) * machine_.width() + c.x +
                                               column * c.x_step);
      const Ce& ce = machine_.ce(index);
      uint32_t pointer = 0;
      ce.Load(ce.program->image.FindExport(exported.id)->value, 2, &pointer);
      std::optional<image::Overrun> overrun = image::FindOverrun(ce.program->image, pointer, size);
      if (overrun.has_value()) found.push_back({index, *std::move(overrun)});
    }
  }
  if (found.empty()) return OkStatus();
  const int x = manifest_.offset.width + static_cast<int>(found[0].first) % machine_.width();
  const int y = manifest_.offset.height + static_cast<int>(found[0].first) / machine_.width();
  const std::string text = image::OverrunText(found[0].second, exported.name,
                                              c.direction == CopyDirection::kHostToDevice, size,
                                              fmt::format("P{}.{}", x, y), found.size());
  if (options_.refuse_long_copies) return InvalidArgument(text);
  if (long_copies_.insert({exported.id, c.direction}).second) {
    log_.Add(clock_, LogLevel::kWarning, text);
  }
  return OkStatus();
}

StatusOr<CommandId> ReferenceSimulator::Submit(LaunchCommand command) {
  RETURN_IF_ERROR(CheckOpen());
  ASSIGN_OR_RETURN(const image::Export* exported,
                   FindExport(command.export_id, image::ExportKind::kFunc));
  if (command.args.size() != exported->inputs.size()) {
    return InvalidArgument(fmt::format("'{}' takes {} arguments, {} given", exported->name,
                                       exported->inputs.size(), command.args.size()));
  }
  HostCommand host;
  host.export_id = command.export_id;
  for (size_t i = 0; i < command.args.size(); ++i) {
    host.args.push_back(RegisterValue(exported->inputs[i].type, command.args[i]));
  }
  polls_without_use_ = 0;
  return CommandId(io_.Enqueue(std::move(host), clock_));
}

StatusOr<CommandId> ReferenceSimulator::Submit(CopyCommand c) {
  RETURN_IF_ERROR(CheckOpen());
  ASSIGN_OR_RETURN(const image::Export* exported, FindExport(c.export_id, image::ExportKind::kVar));
  RETURN_IF_ERROR(CheckTransfer(c));
  if (c.element_bits != 16 && c.element_bits != 32) {
    return InvalidArgument(fmt::format("element_bits={}: must be 16 or 32", c.element_bits));
  }
  RETURN_IF_ERROR(CheckExported(*exported, c));
  RETURN_IF_ERROR(CheckLength(*exported, c));
  const bool in = c.direction == CopyDirection::kHostToDevice;
  HostCommand host = RegionOf(std::move(c));
  host.kind = in ? HostCommand::Kind::kCopyIn : HostCommand::Kind::kCopyOut;
  host.export_id = c.export_id;
  host.element_bytes = c.element_bits / 8;
  polls_without_use_ = 0;
  return CommandId(io_.Enqueue(std::move(host), clock_));
}

StatusOr<CommandId> ReferenceSimulator::Submit(StreamCommand s) {
  RETURN_IF_ERROR(CheckOpen());
  if (s.color < 0 || s.color >= kNumColors) {
    return OutOfRange(
        fmt::format("color={}: a stream's color must be 0 to {}", s.color, kNumColors - 1));
  }
  RETURN_IF_ERROR(CheckTransfer(s));
  const bool in = s.direction == CopyDirection::kHostToDevice;
  HostCommand host = RegionOf(std::move(s));
  host.kind = in ? HostCommand::Kind::kStreamIn : HostCommand::Kind::kStreamOut;
  host.color = s.color;
  polls_without_use_ = 0;
  return CommandId(io_.Enqueue(std::move(host), clock_));
}

StatusOr<CommandId> ReferenceSimulator::Submit(PortCommand c) {
  RETURN_IF_ERROR(CheckOpen());
  RETURN_IF_ERROR(CheckPort(manifest_, c));
  const image::HostPort& port = manifest_.ports[c.port];
  HostCommand host;
  host.kind = port.to_device ? HostCommand::Kind::kStreamIn : HostCommand::Kind::kStreamOut;
  host.port = static_cast<int>(c.port);
  host.color = port.color;
  host.x = port.x;
  host.y = port.y;
  host.width = host.height = 1;
  host.elements_per_pe = static_cast<int>(port.to_device ? c.input().size() : c.destination.size());
  host.data = std::move(c.data);
  if (!c.source.empty()) host.data.assign(c.source.begin(), c.source.end());
  host.destination = c.destination;
  host.is_endless = c.sink != nullptr;
  polls_without_use_ = 0;
  const uint32_t number = io_.Enqueue(std::move(host), clock_);
  if (c.sink != nullptr) sinks_.emplace(number, std::move(c.sink));
  return CommandId(number);
}

}  // namespace csl::fabric::reference
