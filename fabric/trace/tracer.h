// SPDX-License-Identifier: Apache-2.0
// Tracer: where the PEs and routers of one shard write events. Null pointers to it mean that nobody
// asked.
#ifndef FABRIC_TRACE_TRACER_H_
#define FABRIC_TRACE_TRACER_H_

#include <cstdint>

#include "fabric/trace/log.h"

namespace csl::fabric::trace {

struct Tracer {
  uint32_t kinds = 0;  // TraceKind bits
  int width = 0;       // of the program's rectangle
  int height = 0;
  int offset_x = 0;  // of the rectangle in the fabric
  int offset_y = 0;
  RecordBuffer* out = nullptr;

  bool wants(uint32_t kind) const { return (kinds & kind) != 0; }
  bool Contains(int x, int y) const { return x >= 0 && y >= 0 && x < width && y < height; }
  // Of the PE at (x, y) of the rectangle.
  void Add(int x, int y, int64_t cycle, Event event) const {
    event.x = static_cast<uint16_t>(x + offset_x);
    event.y = static_cast<uint16_t>(y + offset_y);
    out->push_back({int64_t{y} * width + x, {cycle, LogLevel::kDebug, {}, event}});
  }
};

}  // namespace csl::fabric::trace

#endif  // FABRIC_TRACE_TRACER_H_
