// SPDX-License-Identifier: Apache-2.0
// What the environment of a host script asks for besides results (docs/environment.md).
#ifndef RUNTIME_TRACE_OPTIONS_H_
#define RUNTIME_TRACE_OPTIONS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/status.h"
#include "fabric/trace/event.h"

namespace csl::runtime {

inline constexpr uint64_t kDefaultTimelineBytes = uint64_t{256} << 20;

struct TraceOptions {
  uint32_t log = 0;  // TraceKind bits: which events sim.log and sim.jsonl hold
  bool timeline = false;
  uint64_t timeline_bytes = kDefaultTimelineBytes;
  std::vector<std::string> unknown;  // switches of SIMFABRIC_DEBUG that nothing is known of

  // What the device must record.
  uint32_t kinds() const {
    constexpr uint32_t kTimeline =
        fabric::kTraceRoutes | fabric::kTraceInstructions | fabric::kTraceTasks;
    return log | (timeline ? kTimeline : 0);
  }
};

// SIMFABRIC_DEBUG, also by the names that containers pass it on by (SINGULARITYENV_...,
// APPTAINERENV_...), CS_SIMFAB_TRACE and CS_SIMFAB_TRACE_MB. `get` as ::getenv.
Status ReadTraceOptions(const std::function<const char*(const char*)>& get, TraceOptions* options);

}  // namespace csl::runtime

#endif  // RUNTIME_TRACE_OPTIONS_H_
