// SPDX-License-Identifier: Apache-2.0
// What a command must satisfy before it is queued.
#include <fmt/format.h>

#include <optional>

#include "fabric/image/overrun.h"
#include "fabric/pe/core.h"
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

// Its kind aside. Takes the data, and nothing else, of the transfer.
pe::HostCommand ToHostCommand(HostTransfer&& transfer) {
  pe::HostCommand host;
  switch (transfer.broadcast) {
    case Broadcast::kNone:
      host.broadcast = pe::HostCommand::Broadcast::kNone;
      break;
    case Broadcast::kRows:
      host.broadcast = pe::HostCommand::Broadcast::kRows;
      break;
    case Broadcast::kColumns:
      host.broadcast = pe::HostCommand::Broadcast::kColumns;
      break;
  }
  host.x = transfer.x;
  host.y = transfer.y;
  host.width = transfer.width;
  host.height = transfer.height;
  host.x_step = transfer.x_step;
  host.y_step = transfer.y_step;
  host.elements_per_pe = transfer.elements_per_pe;
  host.column_major = transfer.order == CopyOrder::kColumnMajor;
  host.row_major_words = transfer.row_major_words;
  host.source = transfer.source;
  host.data = std::move(transfer.data);
  host.destination = transfer.destination;
  return host;
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

Status FabricSimulator::CheckExported(const image::Export& exported, const HostTransfer& t) const {
  for (int row = 0; row < t.height; ++row) {
    for (int column = 0; column < t.width; ++column) {
      const int px = t.x + column * t.x_step;
      const int py = t.y + row * t.y_step;
      const pe::Program& program =
          machine_->BaseProgram(static_cast<uint32_t>(py * geometry_.width + px));
      if (program.image.FindExport(exported.id) == nullptr) {
        return InvalidArgument(
            fmt::format("the PE at x={}, y={} runs '{}', which does not export '{}'", px, py,
                        program.image.name, exported.name));
      }
    }
  }
  return OkStatus();
}

uint32_t FabricSimulator::PointerOf(const image::Export& exported, uint32_t pe) const {
  const image::ProgramImage& image = machine_->BaseProgram(pe).image;
  const uint32_t address = image.FindExport(exported.id)->value;
  const pe::PeState* state = engine_->FindPe(pe);
  if (state == nullptr) return image::InitialHalf(image, machine_->VariantOf(pe), address);
  uint16_t pointer = 0;
  (void)state->memory.Load<uint16_t>(address, &pointer);
  return pointer;
}

Status FabricSimulator::CheckLength(const image::Export& exported, const CopyCommand& c) {
  const bool to_device = c.direction == CopyDirection::kHostToDevice;
  const auto size = static_cast<uint32_t>(c.elements_per_pe * c.element_bits / 8);
  if (!options_.refuse_long_copies && long_copies_.count({exported.id, c.direction}) > 0) {
    return OkStatus();
  }
  std::optional<image::Overrun> first;
  uint32_t first_pe = 0;
  uint64_t num_pes = 0;
  // Neighbours mostly run the same program with the same pointer.
  const image::ProgramImage* last_image = nullptr;
  uint32_t last_pointer = 0;
  std::optional<image::Overrun> last;
  for (int row = 0; row < c.height; ++row) {
    for (int column = 0; column < c.width; ++column) {
      const auto pe =
          static_cast<uint32_t>((c.y + row * c.y_step) * geometry_.width + c.x + column * c.x_step);
      const image::ProgramImage& image = machine_->BaseProgram(pe).image;
      const uint32_t pointer = PointerOf(exported, pe);
      if (&image != last_image || pointer != last_pointer) {
        last = image::FindOverrun(image, pointer, size);
        last_image = &image;
        last_pointer = pointer;
      }
      if (!last.has_value()) continue;
      if (num_pes++ > 0) continue;
      first = last;
      first_pe = pe;
    }
  }
  if (!first.has_value()) return OkStatus();
  const std::string text = image::OverrunText(*first, exported.name, to_device, size,
                                              pe::PeName(*machine_, first_pe), num_pes);
  if (options_.refuse_long_copies) return InvalidArgument(text);
  long_copies_.insert({exported.id, c.direction});
  log_.Add(clock_, LogLevel::kWarning, text);
  return OkStatus();
}

StatusOr<CommandId> FabricSimulator::Enqueue(pe::HostCommand command) {
  quiet_polls_ = 0;
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

Status FabricSimulator::CheckTransfer(const HostTransfer& t) const {
  if (t.width < 1 || t.height < 1 || t.elements_per_pe < 1) {
    return InvalidArgument(
        fmt::format("width={}, height={}, elements_per_pe={}: all must be at least 1", t.width,
                    t.height, t.elements_per_pe));
  }
  if (t.x_step < 1 || t.y_step < 1) {
    return InvalidArgument(
        fmt::format("x_step={}, y_step={}: both must be at least 1", t.x_step, t.y_step));
  }
  const int64_t last_x = t.x + int64_t{t.width - 1} * t.x_step;
  const int64_t last_y = t.y + int64_t{t.height - 1} * t.y_step;
  if (t.x < 0 || t.y < 0 || last_x >= geometry_.width || last_y >= geometry_.height) {
    return OutOfRange(fmt::format(
        "the PEs from x={}, y={} to x={}, y={} leave the program's rectangle (x 0 to {}, y 0 to "
        "{})",
        t.x, t.y, last_x, last_y, geometry_.width - 1, geometry_.height - 1));
  }
  const bool to_device = t.direction == CopyDirection::kHostToDevice;
  if (t.broadcast != Broadcast::kNone && !to_device) {
    return InvalidArgument("a broadcast to the host: only transfers to the device broadcast");
  }
  const uint64_t given = to_device ? t.input().size() : t.destination.size();
  if (given != t.words()) {
    return InvalidArgument(
        fmt::format("the host array has {} elements: it must have {}", given, t.words()));
  }
  return OkStatus();
}

StatusOr<CommandId> FabricSimulator::Submit(CopyCommand command) {
  RETURN_IF_ERROR(CheckOpen());
  ASSIGN_OR_RETURN(const image::Export* exported,
                   FindExport(command.export_id, image::ExportKind::kVar));
  RETURN_IF_ERROR(CheckTransfer(command));
  if (command.element_bits != 16 && command.element_bits != 32) {
    return InvalidArgument(fmt::format("element_bits={}: must be 16 or 32", command.element_bits));
  }
  RETURN_IF_ERROR(CheckExported(*exported, command));
  RETURN_IF_ERROR(CheckLength(*exported, command));
  pe::HostCommand host = ToHostCommand(std::move(command));
  host.kind = command.direction == CopyDirection::kHostToDevice ? pe::HostCommand::Kind::kCopyIn
                                                                : pe::HostCommand::Kind::kCopyOut;
  host.export_id = command.export_id;
  host.element_bytes = command.element_bits / 8;
  return Enqueue(std::move(host));
}

StatusOr<CommandId> FabricSimulator::Submit(StreamCommand command) {
  RETURN_IF_ERROR(CheckOpen());
  if (command.color < 0 || command.color >= kNumColors) {
    return OutOfRange(
        fmt::format("color={}: a stream's color must be 0 to {}", command.color, kNumColors - 1));
  }
  RETURN_IF_ERROR(CheckTransfer(command));
  pe::HostCommand host = ToHostCommand(std::move(command));
  host.kind = command.direction == CopyDirection::kHostToDevice ? pe::HostCommand::Kind::kStreamIn
                                                                : pe::HostCommand::Kind::kStreamOut;
  host.color = command.color;
  return Enqueue(std::move(host));
}

StatusOr<CommandId> FabricSimulator::Submit(PortCommand command) {
  RETURN_IF_ERROR(CheckOpen());
  RETURN_IF_ERROR(CheckPort(manifest_, command));
  const image::HostPort& port = manifest_.ports[command.port];
  pe::HostCommand host;
  host.kind = port.to_device ? pe::HostCommand::Kind::kStreamIn : pe::HostCommand::Kind::kStreamOut;
  host.port = static_cast<int>(command.port);
  host.color = port.color;
  host.x = port.x;
  host.y = port.y;
  host.width = 1;
  host.height = 1;
  host.elements_per_pe =
      static_cast<int>(port.to_device ? command.input().size() : command.destination.size());
  host.source = command.source;
  host.data = std::move(command.data);
  host.destination = command.destination;
  if (command.sink == nullptr) return Enqueue(std::move(host));
  Endless endless{std::move(command.sink), std::make_shared<std::vector<uint32_t>>()};
  host.taken = endless.taken;
  ASSIGN_OR_RETURN(const CommandId id, Enqueue(std::move(host)));
  endless_.emplace(id.index, std::move(endless));
  return id;
}

}  // namespace csl::fabric
