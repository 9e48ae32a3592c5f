// SPDX-License-Identifier: Apache-2.0
// Data structure descriptors: how a DSD lies in PE memory, and what a DSR holds after loading one.
//
// In memory (16-bit words, little endian, 2-byte aligned). Length is always word 2, so that every
// mutator of one kind of DSD works for all:
//
//   word  mem1d         mem4d (10 words)   circbuf (6 words)   fabin, fabout       FIFO
//   0     DsdHeader     DsdHeader          DsdHeader           DsdHeader           DsdHeader
//   1     base address  base address       head: byte address  queue | color << 8  FIFO id
//   2     extent        extent, fastest    extent              extent              extent
//   3     stride        stride, fastest    stride              FabricModes         0
//   4                   extent, dim. 1     start: byte address
//   5                   stride, dim. 1     end: byte, exclusive
//   6-9                 dims 2 and 3
//
// Addresses are bytes; strides count elements of the operation's width, signed. A mem4d stride of
// dimension m is the step from the last element of the faster dimensions to the next one. Extent 0:
// "no length"; 0x7fff: endless. A word 0 of zero is not a descriptor: an operation on it faults.
#ifndef FABRIC_ISA_DESCRIPTOR_H_
#define FABRIC_ISA_DESCRIPTOR_H_

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "fabric/isa/instruction.h"

namespace csl::isa {

enum class DsdKind : uint8_t { kNone, kMem1d, kMem4d, kCircbuf, kFabin, kFabout, kFifo };
std::string_view DsdKindName(DsdKind kind);  // "mem1d" ...

inline constexpr uint32_t kDsdBytes = 8;  // mem1d, fabin, fabout, FIFO
inline constexpr uint32_t kMem4dBytes = 20;
inline constexpr uint32_t kCircbufBytes = 12;
inline constexpr uint32_t kMaxDsdBytes = 20;
constexpr uint32_t DsdBytes(DsdKind kind) {
  return kind == DsdKind::kMem4d     ? kMem4dBytes
         : kind == DsdKind::kCircbuf ? kCircbufBytes
                                     : kDsdBytes;
}

// Byte offsets of fields.
inline constexpr uint32_t kDsdHeaderOffset = 0;
inline constexpr uint32_t kDsdBaseOffset = 2;  // queue and color of fabric DSDs
inline constexpr uint32_t kDsdExtentOffset = 4;
inline constexpr uint32_t kDsdStrideOffset = 6;
inline constexpr uint32_t kDsdModesOffset = 6;                                   // fabric DSDs
constexpr uint32_t DsdExtentOffset(int dimension) { return 4 + 4 * dimension; }  // 0 = fastest
constexpr uint32_t DsdStrideOffset(int dimension) { return 6 + 4 * dimension; }
inline constexpr uint32_t kCircbufStartOffset = 8;
inline constexpr uint32_t kCircbufEndOffset = 10;

inline constexpr uint16_t kEndlessExtent = 0x7fff;
inline constexpr uint8_t kNoColor = 0xff;
// WSE-2. In a fabin: the queue that is bound to its color. In a fabout: whichever queue is idle.
inline constexpr uint8_t kNoQueue = 0xff;

// Word 0.
//   bits 0-3 kind, bits 4-5 dimensions - 1 (mem4d), bit 6 wavelet_index_offset, bit 7 control, bit
//   8 advance_switch, bit 9 control_transform
struct DsdHeader {
  DsdKind kind = DsdKind::kNone;
  uint8_t dimensions = 1;
  bool wavelet_index_offset = false;
  bool control = false;
  bool advance_switch = false;
  bool control_transform = false;

  constexpr uint16_t Encode() const {
    return static_cast<uint16_t>(static_cast<int>(kind) | (dimensions - 1) << 4 |
                                 wavelet_index_offset << 6 | control << 7 | advance_switch << 8 |
                                 control_transform << 9);
  }
  static constexpr DsdHeader Decode(uint16_t w) {
    return {static_cast<DsdKind>(w & 15),
            static_cast<uint8_t>((w >> 4 & 3) + 1),
            (w & 64) != 0,
            (w & 128) != 0,
            (w & 256) != 0,
            (w & 512) != 0};
  }
  friend bool operator==(const DsdHeader&, const DsdHeader&) = default;
};

enum class SimdMode : uint8_t { kDefault, kOff, kSimd32, kSimd64, kSimd32Or64, kMax };
enum class ZeroSource : uint8_t { kNone, kFirst, kSecond };
enum class Priority : uint8_t { kDefault, kLow, kMedium, kHigh };

// Word 3 of fabric DSDs: bits 0-2 SIMD mode, 3-4 zeroed source, 5-6 priority.
struct FabricModes {
  SimdMode simd = SimdMode::kDefault;
  ZeroSource zero = ZeroSource::kNone;
  Priority priority = Priority::kDefault;

  constexpr uint16_t Encode() const {
    return static_cast<uint16_t>(static_cast<int>(simd) | static_cast<int>(zero) << 3 |
                                 static_cast<int>(priority) << 5);
  }
  static constexpr FabricModes Decode(uint16_t w) {
    return {static_cast<SimdMode>(w & 7), static_cast<ZeroSource>(w >> 3 & 3),
            static_cast<Priority>(w >> 5 & 3)};
  }
  friend bool operator==(const FabricModes&, const FabricModes&) = default;
};

// A descriptor as a value, and the contents of a DSR (with what dsr.load, dsr.loadx and dsr.async
// add).
struct Descriptor {
  DsdHeader header;
  uint16_t base = 0;  // byte address; circbuf: head; FIFO: FIFO id
  std::array<uint16_t, 4> extent = {
      0, 1, 1, 1};  // fastest dimension first; extent[0] is the length of other kinds
  std::array<int16_t, 4> stride = {1, 1, 1, 1};
  uint16_t wrap_start = 0;  // circbuf, byte addresses
  uint16_t wrap_end = 0;
  uint8_t queue = kNoQueue;  // fabric
  uint8_t color = kNoColor;
  FabricModes modes;

  // Set by instructions, not part of the bytes in memory.
  uint8_t load_flags = 0;  // DsrLoadFlag
  AsyncSettings async;
  uint16_t completion_id = 0;
  uint16_t on_control_id = 0;
  uint16_t index = 0;  // dsr.index: high half of outgoing wavelets; memory: already added to base

  DsdKind kind() const { return header.kind; }
  uint32_t stepped = 0;  // elements that dsr.get and dsr.put moved since the load

  bool is_memory() const {
    return kind() == DsdKind::kMem1d || kind() == DsdKind::kMem4d || kind() == DsdKind::kCircbuf;
  }
  bool is_fabric() const { return kind() == DsdKind::kFabin || kind() == DsdKind::kFabout; }
  // Elements (or wavelets): the product of the extents for mem4d, else extent[0].
  uint32_t Length() const;

  static Descriptor Mem1d(uint16_t base, uint16_t extent, int16_t stride = 1);
  // dest, src0, src1 name the fields: fabin(queue, color, extent).
  static Descriptor Fabin(uint8_t queue, uint8_t color, uint16_t extent);
  static Descriptor Fabout(uint8_t queue, uint8_t color, uint16_t extent);

  // DsdBytes(kind) bytes.
  std::vector<uint8_t> Encode() const;
  // Reads DsdBytes(kind) bytes from the front. InvalidArgument if the header names no kind or a
  // field holds a value outside its set, DataLoss if there are too few bytes.
  static StatusOr<Descriptor> Decode(std::span<const uint8_t> bytes);

  // "mem1d base=0x0040 extent=16 stride=1"
  std::string ToString() const;
  friend bool operator==(const Descriptor&, const Descriptor&) = default;
};

}  // namespace csl::isa

#endif  // FABRIC_ISA_DESCRIPTOR_H_
