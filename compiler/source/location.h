// SPDX-License-Identifier: Apache-2.0
// Where something stands in the source: four bytes that name file and byte at once.
//
// A Location is an offset into all files loaded so far, laid end to end; Sources turns it back into
// file, line and column. The number itself depends on the order of loading (which threads may
// vary): never print or sort by it.
#ifndef COMPILER_SOURCE_LOCATION_H_
#define COMPILER_SOURCE_LOCATION_H_

#include <compare>
#include <cstdint>

#include "base/strong_id.h"

namespace csl::source {

using FileId = StrongId<struct FileTag>;

struct Location {
  uint32_t position = 0;  // 0: nowhere
  constexpr bool valid() const { return position != 0; }
  friend constexpr bool operator==(const Location&, const Location&) = default;
};

// A stretch of one line, for underlining. Converts from a Location, then underlines one character.
struct Span {
  Location begin;
  uint32_t length = 1;  // bytes
  constexpr Span() = default;
  constexpr Span(Location at) : begin(at) {}  // NOLINT: implicit on purpose
  constexpr Span(Location at, uint32_t bytes) : begin(at), length(bytes) {}
};

// Both count from 1; columns count bytes.
struct LineColumn {
  uint32_t line = 0;
  uint32_t column = 0;
  friend constexpr auto operator<=>(const LineColumn&, const LineColumn&) = default;
};

}  // namespace csl::source

#endif  // COMPILER_SOURCE_LOCATION_H_
