// SPDX-License-Identifier: Apache-2.0
// What a command must satisfy before it is queued.
#include <fmt/format.h>

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
  host.data = std::move(t.data);
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

Status ReferenceSimulator::CheckRegion(const HostCommand& c) const {
  if (c.width < 1 || c.height < 1 || c.elements_per_pe < 1) {
    return InvalidArgument(
        fmt::format("a copy of {} elements for each PE of {} x {}: all must be at least 1",
                    c.elements_per_pe, c.width, c.height));
  }
  if (c.x < 0 || c.y < 0 || c.x_step < 1 || c.y_step < 1 ||
      c.PeX(c.width - 1) >= machine_.width() || c.PeY(c.height - 1) >= machine_.height()) {
    return OutOfRange(fmt::format(
        "the rectangle x={}, y={}, width={}, height={} leaves the program's {} x {} PEs", c.x, c.y,
        c.width, c.height, machine_.width(), machine_.height()));
  }
  const size_t given = c.is_in() ? c.data.size() : c.destination.size();
  if (given != static_cast<size_t>(c.host_words())) {
    return InvalidArgument(
        fmt::format("the host array has {} elements, the copy moves {}", given, c.host_words()));
  }
  return OkStatus();
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
  return CommandId(io_.Enqueue(std::move(host), clock_));
}

StatusOr<CommandId> ReferenceSimulator::Submit(CopyCommand c) {
  RETURN_IF_ERROR(CheckOpen());
  ASSIGN_OR_RETURN(const image::Export* exported, FindExport(c.export_id, image::ExportKind::kVar));
  if (c.element_bits != 16 && c.element_bits != 32) {
    return InvalidArgument(
        fmt::format("elements of {} bits: only 16 or 32 can be copied", c.element_bits));
  }
  const bool in = c.direction == CopyDirection::kHostToDevice;
  HostCommand host = RegionOf(std::move(c));
  host.kind = in ? HostCommand::Kind::kCopyIn : HostCommand::Kind::kCopyOut;
  host.export_id = c.export_id;
  host.element_bytes = c.element_bits / 8;
  RETURN_IF_ERROR(CheckRegion(host));
  RETURN_IF_ERROR(CheckExported(*exported, c));
  return CommandId(io_.Enqueue(std::move(host), clock_));
}

StatusOr<CommandId> ReferenceSimulator::Submit(StreamCommand s) {
  RETURN_IF_ERROR(CheckOpen());
  if (s.color < 0 || s.color >= kNumColors) {
    return InvalidArgument(fmt::format("color {}: must be 0 to {}", s.color, kNumColors - 1));
  }
  const bool in = s.direction == CopyDirection::kHostToDevice;
  HostCommand host = RegionOf(std::move(s));
  host.kind = in ? HostCommand::Kind::kStreamIn : HostCommand::Kind::kStreamOut;
  host.color = s.color;
  RETURN_IF_ERROR(CheckRegion(host));
  return CommandId(io_.Enqueue(std::move(host), clock_));
}

}  // namespace csl::fabric::reference
