// SPDX-License-Identifier: Apache-2.0
#include "fabric/trace/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <tuple>

namespace csl::fabric {

std::string LogRecord::ToString() const {
  static constexpr const char* kPrefix[] = {"", "", "WARNING: ", "ERROR: "};
  return fmt::format("@{} {}{}", cycle, kPrefix[static_cast<int>(level)], message);
}

namespace trace {

void LogMerger::Add(int64_t cycle, LogLevel level, std::string message) {
  if (Wants(level)) pending_.push_back({kNoPe, {cycle, level, std::move(message), {}}});
}

void LogMerger::Take(RecordBuffer* buffer) {
  if (tap_ != nullptr) {
    for (const PeRecord& r : *buffer) {
      const uint32_t kind = TraceKindOf(r.record.event.kind);
      if ((kind & (kTraceInstructions | kTraceTasks)) != 0) tap_->push_back(r);
    }
  }
  if (sink_) {
    pending_.insert(pending_.end(), std::make_move_iterator(buffer->begin()),
                    std::make_move_iterator(buffer->end()));
  }
  buffer->clear();
}

void LogMerger::Pass(LogRecord* record) {
  if (!record->is_event()) {
    if (Wants(record->level)) sink_(*record);
    return;
  }
  const uint32_t kind = TraceKindOf(record->event.kind);
  if ((kind & (kTraceLandings | kTraceRoutes)) != 0) idents_.Name(&record->event);
  if ((kind & trace()) != 0) sink_(*record);
}

void LogMerger::FlushBefore(int64_t cycle) {
  if (pending_.empty()) return;
  std::stable_sort(pending_.begin(), pending_.end(), [](const PeRecord& a, const PeRecord& b) {
    const uint32_t rank_a = a.record.event.Rank();
    const uint32_t rank_b = b.record.event.Rank();
    return std::tie(a.record.cycle, a.pe, rank_a) < std::tie(b.record.cycle, b.pe, rank_b);
  });
  auto end = std::find_if(pending_.begin(), pending_.end(),
                          [&](const PeRecord& r) { return r.record.cycle >= cycle; });
  for (auto it = pending_.begin(); it != end; ++it) Pass(&it->record);
  pending_.erase(pending_.begin(), end);
}

}  // namespace trace
}  // namespace csl::fabric
