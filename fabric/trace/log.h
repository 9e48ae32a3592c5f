// SPDX-License-Identifier: Apache-2.0
// The run's log: records with the cycle they belong to, kept per shard while a window runs and put
// in one order (cycle, PE, order of writing) before anyone sees them.
#ifndef FABRIC_TRACE_LOG_H_
#define FABRIC_TRACE_LOG_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "fabric/trace/event.h"
#include "fabric/trace/idents.h"

namespace csl::fabric {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// One line of sim.log: a message, or an event that was asked for.
struct LogRecord {
  int64_t cycle = 0;
  LogLevel level = LogLevel::kInfo;
  std::string message;  // one line, no newline; empty if it is an event
  Event event = {};     // kNone: it is a message

  bool is_event() const { return event.kind != Event::Kind::kNone; }

  std::string ToString() const;  // "@1042 P4.1: ..."; of messages
};

namespace trace {

// Sorts records of the I/O engine and of the fabric as a whole before those of PEs.
inline constexpr int64_t kNoPe = -1;

struct PeRecord {
  int64_t pe = kNoPe;
  LogRecord record;
};

using RecordBuffer = std::vector<PeRecord>;

// Collects the shards' buffers and passes records on, oldest first, once no older one can come.
class LogMerger {
 public:
  // trace: TraceKind bits of the events that are passed on.
  LogMerger(LogLevel min_level, std::function<void(const LogRecord&)> sink, uint32_t trace = 0)
      : min_level_(min_level), trace_(trace), sink_(std::move(sink)) {}

  bool Wants(LogLevel level) const { return sink_ && level >= min_level_; }
  uint32_t trace() const { return sink_ ? trace_ : 0; }
  void Add(int64_t cycle, LogLevel level, std::string message);
  // Empties the buffer, and keeps nothing if nobody listens. Records of one PE must come in the
  // order they were written.
  void Take(RecordBuffer* buffer);
  // Where events of instructions and tasks are copied to as they are taken, unsorted; null:
  // nowhere.
  void set_tap(RecordBuffer* tap) { tap_ = tap; }
  // Passes on every record before `cycle`.
  void FlushBefore(int64_t cycle);
  size_t num_pending() const { return pending_.size(); }

 private:
  void Pass(LogRecord* record);

  LogLevel min_level_;
  uint32_t trace_;
  std::function<void(const LogRecord&)> sink_;
  RecordBuffer pending_;
  Idents idents_;
  RecordBuffer* tap_ = nullptr;
};

}  // namespace trace
}  // namespace csl::fabric

#endif  // FABRIC_TRACE_LOG_H_
