// SPDX-License-Identifier: Apache-2.0
// Core files: memory and states of all PEs of a program at one moment (docs/formats/core.md).
//
//   header = EncodeCoreHeader({...});  AppendCorePe(0, ...);  AppendCorePe(1, ...); ...
//   ASSIGN_OR_RETURN(CoreFile core, CoreFile::Parse(bytes));  core.Read(x, y, address, size);
#ifndef FABRIC_IMAGE_CORE_FILE_H_
#define FABRIC_IMAGE_CORE_FILE_H_

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "fabric/image/manifest.h"

namespace csl::image {

// Memory is kept in blocks of this size; blocks of zeros are left out.
inline constexpr size_t kCoreBlockBytes = 256;
inline constexpr size_t kCoreMemoryBytes = 48 * 1024;

struct CoreHeader {
  std::string program_digest;  // of the artifact that ran: 64 hexadecimal digits
  int64_t cycle = 0;
  Extent2 fabric;
  Extent2 offset;
  Extent2 rectangle;  // PEs follow row by row
  friend bool operator==(const CoreHeader&, const CoreHeader&) = default;
};

// Whether a file says that it is a core.
bool IsCore(std::span<const uint8_t> bytes);

// Always of the same size.
std::vector<uint8_t> EncodeCoreHeader(const CoreHeader& header);
// kDataLoss: these bytes do not begin with one.
StatusOr<CoreHeader> ParseCoreHeader(std::span<const uint8_t> bytes);
// `memory` has kCoreMemoryBytes bytes. `in_task`: the PE was in the middle of a task.
void AppendCorePe(std::span<const uint8_t> memory, bool in_task, std::vector<uint8_t>* out);

// Behind all PEs: the state of each, in the same order, JSON; or none at all.
void AppendCoreState(std::string_view state, std::vector<uint8_t>* out);

class CoreFile {
 public:
  // Any bytes are safe. kDataLoss: not a core, damaged, or of another version.
  static StatusOr<CoreFile> Parse(std::vector<uint8_t> bytes);

  const CoreHeader& header() const { return header_; }
  // By coordinates of the fabric. kOutOfRange outside of the program or of a PE's memory.
  StatusOr<std::vector<uint8_t>> Read(int64_t fabric_x, int64_t fabric_y, uint32_t address,
                                      uint32_t size_bytes) const;
  StatusOr<bool> InTask(int64_t fabric_x, int64_t fabric_y) const;
  // Bytes of blocks that are not zero.
  StatusOr<size_t> KeptBytes(int64_t fabric_x, int64_t fabric_y) const;
  bool has_states() const { return !states_.empty(); }
  // Precondition: has_states(). "" where nothing had happened.
  StatusOr<std::string> State(int64_t fabric_x, int64_t fabric_y) const;

 private:
  StatusOr<size_t> PeAt(int64_t fabric_x, int64_t fabric_y) const;

  CoreHeader header_;
  std::vector<uint8_t> bytes_;
  std::vector<size_t> offsets_;  // of the record of each PE
  std::vector<size_t> states_;   // of the state of each PE; empty: it has none
};

// Header and PEs, for people: which were in the middle of a task, and how much of their memory is
// not zero.
std::string CoreReport(const CoreFile& core);

}  // namespace csl::image

#endif  // FABRIC_IMAGE_CORE_FILE_H_
