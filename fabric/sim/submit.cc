// SPDX-License-Identifier: Apache-2.0
// What a command must satisfy before it is queued.
#include <fmt/format.h>

#include "fabric/sim/fabric_simulator.h"

namespace csl::fabric {
namespace {

// The canonical register value of an argument: the host sends its bits in the low part of a word.
uint32_t Canonical(const std::string& type, uint32_t word) {
  if (type == "i8") return static_cast<uint32_t>(static_cast<int8_t>(word));
  if (type == "u8") return static_cast<uint8_t>(word);
  if (type == "i16") return static_cast<uint32_t>(static_cast<int16_t>(word));
  if (type == "i32" || type == "u32" || type == "f32") return word;
  if (type == "bool") return word & 1;
  return word & 0xffff;  // u16, 16-bit floats, pointers, enums
}

}  // namespace

Status FabricSimulator::CheckOpen() const {
  if (!failure_.ok()) return failure_;
  if (drained_) return FailedPrecondition("the run was stopped: no commands after that");
  return OkStatus();
}

StatusOr<const image::Export*> FabricSimulator::FindExport(uint32_t id,
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

Status FabricSimulator::CheckExported(const image::Export& exported, int x, int y, int width,
                                      int height) const {
  for (int py = y; py < y + height; ++py) {
    for (int px = x; px < x + width; ++px) {
      const size_t pe =
          static_cast<size_t>(py) * static_cast<size_t>(geometry_.width) + static_cast<size_t>(px);
      const pe::Program& program = machine_->BaseProgram(static_cast<uint32_t>(pe));
      if (program.image.FindExport(exported.id) == nullptr) {
        return InvalidArgument(
            fmt::format("the PE at x={}, y={} runs '{}', which does not export '{}'", px, py,
                        program.image.name, exported.name));
      }
    }
  }
  return OkStatus();
}

StatusOr<CommandId> FabricSimulator::Enqueue(pe::HostCommand command) {
  return CommandId(io_.Enqueue(std::move(command), clock_));
}

StatusOr<CommandId> FabricSimulator::Submit(LaunchCommand command) {
  RETURN_IF_ERROR(CheckOpen());
  ASSIGN_OR_RETURN(const image::Export* exported,
                   FindExport(command.export_id, image::ExportKind::kFunc));
  if (command.args.size() != exported->inputs.size()) {
    return InvalidArgument(fmt::format("'{}' takes {} arguments, {} given", exported->name,
                                       exported->inputs.size(), command.args.size()));
  }
  pe::HostCommand host;
  host.kind = pe::HostCommand::Kind::kLaunch;
  host.export_id = command.export_id;
  for (size_t i = 0; i < command.args.size(); ++i) {
    host.args.push_back(Canonical(exported->inputs[i].type, command.args[i]));
  }
  return Enqueue(std::move(host));
}

Status FabricSimulator::CheckCopy(const CopyCommand& c) const {
  if (c.width < 1 || c.height < 1 || c.elements_per_pe < 1) {
    return InvalidArgument(
        fmt::format("a copy of {} elements for each PE of {} x {}: all must be at least 1",
                    c.elements_per_pe, c.width, c.height));
  }
  if (c.x < 0 || c.y < 0 || c.x > geometry_.width - c.width || c.y > geometry_.height - c.height) {
    return OutOfRange(fmt::format(
        "the rectangle x={}, y={}, width={}, height={} leaves the program's {} x {} PEs", c.x, c.y,
        c.width, c.height, geometry_.width, geometry_.height));
  }
  if (c.element_bits != 16 && c.element_bits != 32) {
    return InvalidArgument(
        fmt::format("elements of {} bits: only 16 or 32 can be copied", c.element_bits));
  }
  const uint64_t words =
      uint64_t(c.width) * uint64_t(c.height) * static_cast<uint64_t>(c.elements_per_pe);
  const uint64_t given =
      c.direction == CopyDirection::kHostToDevice ? c.data.size() : c.destination.size();
  if (given != words) {
    return InvalidArgument(
        fmt::format("the host array has {} elements, the copy moves {}", given, words));
  }
  return OkStatus();
}

StatusOr<CommandId> FabricSimulator::Submit(CopyCommand command) {
  RETURN_IF_ERROR(CheckOpen());
  ASSIGN_OR_RETURN(const image::Export* exported,
                   FindExport(command.export_id, image::ExportKind::kVar));
  RETURN_IF_ERROR(CheckCopy(command));
  RETURN_IF_ERROR(CheckExported(*exported, command.x, command.y, command.width, command.height));
  pe::HostCommand host;
  host.kind = command.direction == CopyDirection::kHostToDevice ? pe::HostCommand::Kind::kCopyIn
                                                                : pe::HostCommand::Kind::kCopyOut;
  host.export_id = command.export_id;
  host.x = command.x;
  host.y = command.y;
  host.width = command.width;
  host.height = command.height;
  host.elements_per_pe = command.elements_per_pe;
  host.element_bytes = command.element_bits / 8;
  host.column_major = command.order == CopyOrder::kColumnMajor;
  host.data = std::move(command.data);
  host.destination = command.destination;
  return Enqueue(std::move(host));
}

}  // namespace csl::fabric
