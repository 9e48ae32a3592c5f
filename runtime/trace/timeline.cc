// SPDX-License-Identifier: Apache-2.0
#include "runtime/trace/timeline.h"

#include <fmt/format.h>

#include "base/json_text.h"
#include "runtime/trace/event_text.h"

namespace csl::runtime {
namespace {

using fabric::Event;
using Kind = Event::Kind;

constexpr uint32_t kTasks = 1;
constexpr uint32_t kMain = 2;
constexpr uint32_t kFirstMicrothread = 10;
constexpr uint32_t kFirstColor = 100;
constexpr unsigned kLinks = 15;

uint32_t ThreadOf(const Event& event) {
  return event.microthread == Event::kNoMicrothread ? kMain : kFirstMicrothread + event.microthread;
}

std::string ThreadName(uint32_t thread) {
  if (thread == kTasks) return "tasks";
  if (thread == kMain) return "main thread";
  if (thread >= kFirstColor) return fmt::format("router, color {}", thread - kFirstColor);
  return fmt::format("microthread {}", thread - kFirstMicrothread);
}

std::string Letters(unsigned outputs) {
  std::string text;
  for (int side = 0; Event::kSideLetters[side] != '\0'; ++side) {
    if ((outputs >> side & 1) != 0) text += Event::kSideLetters[side];
  }
  return text.empty() ? "dropped" : text;
}

std::string StallName(const Event& e) {
  if (e.has(Event::kWaitsForRoom)) return fmt::format("waits for room, color {}", e.color);
  if (e.has(Event::kWaitsForFifo)) return fmt::format("waits for FIFO {}", e.queue);
  return fmt::format("waits for wavelets, color {}", e.color);
}

}  // namespace

Timeline::Timeline(const ProgramText* program, uint64_t max_bytes, Write write)
    : program_(*program), max_bytes_(max_bytes), write_(std::move(write)) {
  write_("[");
}

void Timeline::Emit(const std::string& object) {
  const std::string text = (first_ ? "\n" : ",\n") + object;
  first_ = false;
  bytes_ += text.size();
  write_(text);
}

void Timeline::NameTrack(const Event& event, uint32_t thread, const Track& track) {
  if (named_.insert({track.first, 0}).second) {
    Emit(fmt::format(R"({{"ph":"M","pid":{},"name":"process_name","args":{{"name":"P{}.{}"}}}})",
                     track.first, event.x, event.y));
  }
  if (named_.insert(track).second) {
    Emit(
        fmt::format(R"({{"ph":"M","pid":{},"tid":{},"name":"thread_name","args":{{"name":"{}"}}}})",
                    track.first, thread, ThreadName(thread)));
  }
}

Timeline::Track Timeline::TrackOf(const Event& event, uint32_t thread) {
  const auto width = static_cast<uint32_t>(program_.manifest().fabric.width);
  const Track track = {1 + event.y * width + event.x, thread};
  NameTrack(event, thread, track);
  return track;
}

void Timeline::WriteSlice(const Track& track, const Slice& slice, int64_t end) {
  Emit(fmt::format(
      R"({{"ph":"X","pid":{},"tid":{},"ts":{},"dur":{},"cat":"{}","name":{},"args":{{{}}}}})",
      track.first, track.second, slice.begin, std::max<int64_t>(0, end - slice.begin),
      slice.is_stall           ? "stall"
      : track.second == kTasks ? "task"
                               : "instruction",
      JsonString(slice.name), slice.args));
}

void Timeline::Close(const Track& track, int64_t cycle) {
  const auto found = open_.find(track);
  if (found == open_.end()) return;
  const Slice& slice = found->second;
  WriteSlice(track, slice, slice.end >= 0 ? slice.end : cycle);
  open_.erase(found);
}

void Timeline::TakeRoute(const fabric::LogRecord& record) {
  const Event& e = record.event;
  const Track track = TrackOf(e, kFirstColor + e.color);
  Emit(fmt::format(
      R"({{"ph":"X","pid":{},"tid":{},"ts":{},"dur":1,"cat":"wavelet","name":"{}>{}","args":)"
      R"({{"payload":"0x{:08x}","control":{},"ident":{}}}}})",
      track.first, track.second, record.cycle, Event::kSideLetters[e.side], Letters(e.outputs),
      e.payload, e.has(Event::kControl), e.ident));
  // Arrows from router to router.
  const bool begins = e.side > 3;
  if (begins && e.links == 0) return;
  Emit(fmt::format(
      R"({{"ph":"{}","pid":{},"tid":{},"ts":{},"cat":"wavelet","name":"wavelet","id":{}{}}})",
      begins                      ? 's'
      : (e.outputs & kLinks) != 0 ? 't'
                                  : 'f',
      track.first, track.second, record.cycle, e.ident, begins ? "" : R"(,"bp":"e")"));
}

void Timeline::TakeOperation(const fabric::LogRecord& record) {
  const Event& e = record.event;
  const Track track = TrackOf(e, ThreadOf(e));
  const auto found = open_.find(track);
  if (found != open_.end()) {
    Slice& slice = found->second;
    // The next group of the same operation, at once.
    if (e.kind == Kind::kExecute && !slice.is_stall && slice.number == e.number &&
        slice.end == record.cycle) {
      slice.end += e.cycles;
      return;
    }
    Close(track, record.cycle);
  }
  if (e.kind == Kind::kIdle || e.kind == Kind::kIssue) return;
  Slice slice;
  slice.begin = record.cycle;
  slice.number = e.number;
  slice.is_stall = e.kind == Kind::kStall;
  slice.name = slice.is_stall ? StallName(e) : program_.Mnemonic(e.x, e.y, e.position);
  slice.args = fmt::format(R"("line":{},"task":{},"position":{},"number":{})",
                           JsonString(program_.Location(e.x, e.y, e.position)), e.task, e.position,
                           e.number);
  if (!slice.is_stall) slice.end = record.cycle + e.cycles;
  open_[track] = std::move(slice);
}

void Timeline::Take(const fabric::LogRecord& record) {
  const Event& e = record.event;
  if (cut_at_ >= 0 || e.kind == Kind::kNone || e.kind == Kind::kLanding) return;
  if (bytes_ >= max_bytes_) {
    cut_at_ = record.cycle;
    return;
  }
  switch (e.kind) {
    case Kind::kRoute:
      return TakeRoute(record);
    case Kind::kTaskStart: {
      const Track track = TrackOf(e, kTasks);
      Close(track, record.cycle);
      Slice slice;
      slice.name = program_.Function(e.x, e.y, e.payload);
      slice.args = fmt::format(R"("task":{})", e.task);
      slice.begin = record.cycle;
      open_[track] = std::move(slice);
      return;
    }
    case Kind::kTaskEnd:
      return Close(TrackOf(e, kTasks), record.cycle);
    default:
      return TakeOperation(record);
  }
}

void Timeline::Finish(int64_t cycle) {
  if (cut_at_ >= 0) cycle = cut_at_;
  for (const auto& [track, slice] : open_) {
    WriteSlice(track, slice, slice.end >= 0 ? slice.end : std::max(cycle, slice.begin));
  }
  open_.clear();
  if (cut_at_ >= 0) {
    Emit(fmt::format(R"({{"ph":"i","s":"g","pid":0,"tid":0,"ts":{},"name":)"
                     R"("left out from here on: CS_SIMFAB_TRACE_MB"}})",
                     cut_at_));
  }
  write_("\n]\n");
}

}  // namespace csl::runtime
