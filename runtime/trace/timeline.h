// SPDX-License-Identifier: Apache-2.0
// Timeline: what PEs and routers did as Chrome trace events (docs/formats/timeline.md), a process a
// PE, a thread for its tasks, its main thread, each microthread and each color of its router. One
// microsecond of the viewer is a cycle.
#ifndef RUNTIME_TRACE_TIMELINE_H_
#define RUNTIME_TRACE_TIMELINE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "fabric/sim/simulator.h"
#include "runtime/trace/program_text.h"

namespace csl::runtime {

class Timeline {
 public:
  using Write = std::function<void(const std::string&)>;

  // Writes at most about max_bytes, a list of JSON objects; what comes later is left out.
  Timeline(const ProgramText* program, uint64_t max_bytes, Write write);

  // Events in the order of sim.log.
  void Take(const fabric::LogRecord& record);
  // The end of the list. Slices that are open end at `cycle`.
  void Finish(int64_t cycle);

  // The cycle from which on events were left out, -1: none were.
  int64_t cut_at() const { return cut_at_; }

 private:
  // PE and thread.
  using Track = std::pair<uint32_t, uint32_t>;
  struct Slice {
    std::string name;
    std::string args;
    int64_t begin = 0;
    int64_t end = -1;  // -1: open
    uint32_t number = 0;
    bool is_stall = false;
  };

  void Emit(const std::string& object);
  Track TrackOf(const fabric::Event& event, uint32_t thread);
  void NameTrack(const fabric::Event& event, uint32_t thread, const Track& track);
  void WriteSlice(const Track& track, const Slice& slice, int64_t end);
  // Ends the slice of a track that began before.
  void Close(const Track& track, int64_t cycle);
  void TakeRoute(const fabric::LogRecord& record);
  void TakeOperation(const fabric::LogRecord& record);

  const ProgramText& program_;
  const uint64_t max_bytes_;
  Write write_;
  uint64_t bytes_ = 0;
  bool first_ = true;
  int64_t cut_at_ = -1;
  std::map<Track, Slice> open_;
  std::set<Track> named_;
};

}  // namespace csl::runtime

#endif  // RUNTIME_TRACE_TIMELINE_H_
