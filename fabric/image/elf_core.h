// SPDX-License-Identifier: Apache-2.0
// A core file (core_file.h) as an ELF core, for tools that know nothing of ours
// (docs/formats/elf_core.md).
//
//   ElfCoreWriter writer(sink);
//   writer.Add(piece); ...                  // the core file, in pieces of any size
//   ASSIGN_OR_RETURN(bytes, writer.Finish());  // then write these to the start of the file
//
// Holds one PE's memory and 56 bytes a PE, so that a wafer's core needs no more.
#ifndef FABRIC_IMAGE_ELF_CORE_H_
#define FABRIC_IMAGE_ELF_CORE_H_

#include <elf.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/status.h"
#include "fabric/image/core_file.h"

namespace csl::image {

class ElfCoreWriter {
 public:
  using Sink = std::function<void(std::span<const uint8_t>)>;
  // `sink` takes the bytes of the ELF file, in order.
  explicit ElfCoreWriter(Sink sink);

  // kDataLoss: the bytes so far are not a core file.
  Status Add(std::span<const uint8_t> piece);
  // Passes on the rest of the file. Returns the bytes that belong at its start, in place of the
  // zeros that were passed on first. kDataLoss when the core file ended too early.
  StatusOr<std::vector<uint8_t>> Finish();

 private:
  Status TakeHeader();
  // Takes the next PE's record out of pending_; false when it is not complete.
  bool TakePe();
  void Emit(std::span<const uint8_t> bytes);

  Sink sink_;
  std::vector<uint8_t> pending_;  // of the core file, not taken yet
  std::optional<CoreHeader> header_;
  std::vector<Elf64_Phdr> segments_;
  uint64_t written_ = 0;
};

}  // namespace csl::image

#endif  // FABRIC_IMAGE_ELF_CORE_H_
