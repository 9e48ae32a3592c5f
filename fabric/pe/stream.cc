// SPDX-License-Identifier: Apache-2.0
#include "fabric/pe/stream.h"

#include <algorithm>

namespace csl::fabric::pe {
namespace {

int64_t DueCycle(const PeState& pe, const RunContext& context) {
  const int64_t due =
      context.machine->streams->StreamWordDue(pe.stream.command, pe.x, pe.y, pe.stream.moved);
  return std::max(due, pe.stream.open_from);
}

void Finish(PeState& pe, RunContext& context, int64_t now) {
  pe.stream.command = kNoCommand;
  context.messages.push_back({now, pe.index, PeMessage::Kind::kCommandDone});
}

}  // namespace

void OpenStream(PeState& pe, RunContext& context, uint32_t number, int64_t open_from) {
  const HostCommand& command = context.machine->command(number);
  pe.stream = {};
  pe.stream.command = number;
  pe.stream.to_device = command.kind == HostCommand::Kind::kStreamIn;
  pe.stream.color = static_cast<uint8_t>(command.color);
  pe.stream.words = command.elements_per_pe;
  pe.stream.open_from = open_from;
  if (!context.router->HasColor(pe.local, command.color)) {
    const uint8_t ramp = image::kRamp;
    const uint8_t io = router::kIoBit;
    context.router->SetRoutes(pe.local, command.color, pe.stream.to_device ? io : ramp,
                              pe.stream.to_device ? ramp : io);
  }
}

void StepStream(PeState& pe, RunContext& context, int64_t now) {
  StreamState& stream = pe.stream;
  if (stream.command == kNoCommand || now < stream.open_from) return;
  if (!stream.to_device) {
    context.router->SetIoOpen(pe.local, stream.color, true);
    return;
  }
  if (DueCycle(pe, context) > now) return;
  if (!context.router->IoHasRoom(pe.local, stream.color, now)) {
    if (!stream.waits_for_room) context.router->WaitForIoRoom(pe.local, stream.color);
    stream.waits_for_room = true;
    return;
  }
  stream.waits_for_room = false;
  const HostCommand& command = context.machine->command(stream.command);
  const uint32_t word = command.input()[command.WordIndex(pe.x, pe.y, stream.moved)];
  context.router->PushIo(pe.local, stream.color, {word, false, false}, now);
  context.NoteUntil(now + 1);
  if (++stream.moved == stream.words) Finish(pe, context, now);
}

int64_t NextStreamCycle(const PeState& pe, const RunContext& context, int64_t now) {
  const StreamState& stream = pe.stream;
  if (stream.waits_for_room) return kNever;
  if (stream.to_device) return std::max(now + 1, DueCycle(pe, context));
  return stream.open_from > now ? stream.open_from : kNever;
}

void StreamDeparted(PeState& pe, RunContext& context, const Wavelet& wavelet, int64_t now) {
  StreamState& stream = pe.stream;
  const HostCommand& command = context.machine->command(stream.command);
  command.destination[command.WordIndex(pe.x, pe.y, stream.moved)] = wavelet.payload;
  context.router->SetIoOpen(pe.local, stream.color, false);
  if (++stream.moved == stream.words) {
    Finish(pe, context, now);
  } else {
    stream.open_from = now + context.machine->streams->StreamOutGap(stream.command);
  }
}

}  // namespace csl::fabric::pe
