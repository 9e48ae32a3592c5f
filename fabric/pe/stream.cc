// SPDX-License-Identifier: Apache-2.0
#include "fabric/pe/stream.h"

#include <algorithm>

#include "base/check.h"

namespace csl::fabric::pe {
namespace {

int64_t DueCycle(const PeState& pe, const StreamState& stream, const RunContext& context) {
  const int64_t due =
      context.machine->streams->StreamWordDue(stream.command, pe.x, pe.y, stream.moved);
  return std::max(due, stream.open_from);
}

// All words have moved. The stream is gone when this returns.
void Finish(PeState& pe, RunContext& context, StreamState& stream, int64_t now) {
  const uint32_t command = stream.command;
  context.messages.push_back({now, pe.index, PeMessage::Kind::kCommandDone, command});
  std::erase_if(pe.streams, [command](const StreamState& s) { return s.command == command; });
}

// A word to the device, if it may enter. Returns whether the stream is still there.
bool Step(PeState& pe, RunContext& context, StreamState& stream, int64_t now) {
  if (now < stream.open_from) return true;
  if (!stream.to_device) {
    context.router->SetIoOpen(pe.local, stream.color, true);
    return true;
  }
  if (DueCycle(pe, stream, context) > now) return true;
  if (!context.router->IoHasRoom(pe.local, stream.color, now)) {
    if (!stream.waits_for_room) context.router->WaitForIoRoom(pe.local, stream.color);
    stream.waits_for_room = true;
    return true;
  }
  stream.waits_for_room = false;
  const HostCommand& command = context.machine->command(stream.command);
  const uint32_t word = command.input()[command.WordIndex(pe.x, pe.y, stream.moved)];
  context.router->PushIo(pe.local, stream.color, {word, false, false}, now);
  context.NoteUntil(now + 1);
  stream.moved_cycle = now;
  if (++stream.moved != stream.words) return true;
  Finish(pe, context, stream, now);
  return false;
}

}  // namespace

void OpenStream(PeState& pe, RunContext& context, uint32_t number, int64_t open_from) {
  const HostCommand& command = context.machine->command(number);
  StreamState& stream = pe.streams.emplace_back();
  stream.command = number;
  stream.to_device = command.kind == HostCommand::Kind::kStreamIn;
  stream.color = static_cast<uint8_t>(command.color);
  stream.words = command.elements_per_pe;
  stream.open_from = open_from;
  if (!context.router->HasColor(pe.local, command.color)) {
    const uint8_t ramp = image::kRamp;
    const uint8_t io = router::kIoBit;
    context.router->SetRoutes(pe.local, command.color, stream.to_device ? io : ramp,
                              stream.to_device ? ramp : io);
  }
}

void StepStreams(PeState& pe, RunContext& context, int64_t now) {
  for (size_t i = 0; i < pe.streams.size();) {
    if (Step(pe, context, pe.streams[i], now)) ++i;
  }
}

int64_t NextStreamCycle(const PeState& pe, const RunContext& context, int64_t now) {
  int64_t next = kNever;
  for (const StreamState& stream : pe.streams) {
    if (stream.waits_for_room) continue;
    if (stream.to_device) {
      next = std::min(next, std::max(now + 1, DueCycle(pe, stream, context)));
    } else if (stream.open_from > now) {
      next = std::min(next, stream.open_from);
    }
  }
  return next;
}

void EndStream(PeState& pe, RunContext& context, uint32_t command) {
  const auto stream =
      std::find_if(pe.streams.begin(), pe.streams.end(),
                   [command](const StreamState& s) { return s.command == command; });
  CHECK(stream != pe.streams.end() && !stream->to_device)
      << "PE " << pe.index << " has no stream of command " << command << " to the host";
  context.router->SetIoOpen(pe.local, stream->color, false);
  pe.streams.erase(stream);
}

void RoomForStream(PeState& pe, int color) {
  for (StreamState& stream : pe.streams) {
    if (stream.color == color && stream.to_device) stream.waits_for_room = false;
  }
}

void StreamDeparted(PeState& pe, RunContext& context, int color, const Wavelet& wavelet,
                    int64_t now) {
  const auto stream =
      std::find_if(pe.streams.begin(), pe.streams.end(),
                   [color](const StreamState& s) { return s.color == color && !s.to_device; });
  CHECK(stream != pe.streams.end()) << "a wavelet of color " << color << " left PE " << pe.index
                                    << " for a host that does not ask for it";
  const HostCommand& command = context.machine->command(stream->command);
  // The host takes data: of a port, control wavelets end here.
  if (wavelet.control && command.port >= 0) return;
  context.router->SetIoOpen(pe.local, stream->color, false);
  stream->moved_cycle = now;
  bool is_last = false;
  if (command.is_endless()) {
    command.taken->push_back(wavelet.payload);
  } else {
    command.destination[command.WordIndex(pe.x, pe.y, stream->moved)] = wavelet.payload;
    is_last = ++stream->moved == stream->words;
  }
  if (is_last) {
    Finish(pe, context, *stream, now);
  } else {
    stream->open_from = now + context.machine->streams->StreamOutGap(stream->command);
  }
}

}  // namespace csl::fabric::pe
