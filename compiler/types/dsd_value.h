// SPDX-License-Identifier: Apache-2.0
// DsdData: the content of a compile-time known DSD.
//
// A DSD carries no element size: extents are elements (fabric: elements or wavelets), strides count
// elements of the operation that uses it; only the base address is in bytes, offsets having been
// scaled when the DSD was made.
#ifndef COMPILER_TYPES_DSD_VALUE_H_
#define COMPILER_TYPES_DSD_VALUE_H_

#include <array>
#include <cstdint>

#include "compiler/types/value.h"

namespace csl::types {

enum class SimdMode : uint8_t { kDefault, kOff, kMax, k32, k64, k32Or64 };
enum class ZeroSource : uint8_t { kNone, kFirst, kSecond };
enum class FabricPriority : uint8_t { kDefault, kHigh, kMedium, kLow };

struct DsdData {
  static constexpr uint32_t kInfiniteExtent = 0x7fff;
  static constexpr uint16_t kNoId = 0xffff;

  // Memory DSDs.
  Value base;        // pointer of form kSymbol or kImmediate
  uint8_t rank = 1;  // mem4d: 1..4
  // extent in the order of the variables (fastest last), stride with the fastest dimension first,
  // as in the language.
  std::array<uint16_t, 4> extent = {};  // fabric and circular buffer DSDs use extent[0]
  std::array<int16_t, 4> stride = {};
  uint16_t wraparound = 0;  // circular buffer: elements from base to the exclusive end
  bool wavelet_index_offset = false;

  // Fabric DSDs.
  uint16_t queue = kNoId;
  bool queue_is_chosen = false;  // by the compiler, for its color
  uint16_t color = kNoId;
  SimdMode simd = SimdMode::kDefault;
  ZeroSource zero = ZeroSource::kNone;
  FabricPriority priority = FabricPriority::kDefault;
  bool control = false;
  bool advance_switch = false;
  bool control_transform = false;

  // FIFO DSDs: number of the FIFO in the tile configuration.
  uint16_t fifo = kNoId;
};

bool Identical(const DsdData& a, const DsdData& b);

}  // namespace csl::types

#endif  // COMPILER_TYPES_DSD_VALUE_H_
