// SPDX-License-Identifier: Apache-2.0
// ProgramCore: a core file together with the compiled program it is of, so that memory can be read
// by name. Coordinates are those of the fabric. Immutable once opened; any thread may read.
#ifndef RUNTIME_DEBUG_PROGRAM_CORE_H_
#define RUNTIME_DEBUG_PROGRAM_CORE_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "fabric/image/core_file.h"
#include "runtime/loader/program.h"

namespace csl::runtime {

class ProgramCore {
 public:
  // kNotFound: no program in `folder`, or no core at `path`. kFailedPrecondition: the core is of
  // another program. kDataLoss: either is damaged.
  static StatusOr<ProgramCore> Open(const std::filesystem::path& folder,
                                    const std::filesystem::path& path);

  int64_t cycle() const { return core_.header().cycle; }
  isa::Fp16Format fp16_format() const { return program_.artifact.manifest.fp16_format; }

  // The whole variable. kNotFound lists near names.
  StatusOr<std::vector<uint8_t>> ReadSymbol(int64_t x, int64_t y, std::string_view name) const;
  bool has_states() const { return core_.has_states(); }
  StatusOr<std::string> State(int64_t x, int64_t y) const { return core_.State(x, y); }
  StatusOr<std::vector<uint8_t>> ReadMemory(int64_t x, int64_t y, uint32_t address,
                                            uint32_t size_bytes) const {
    return core_.Read(x, y, address, size_bytes);
  }

 private:
  ProgramCore(Program program, image::CoreFile core)
      : program_(std::move(program)), core_(std::move(core)) {}

  Program program_;
  image::CoreFile core_;
};

}  // namespace csl::runtime

#endif  // RUNTIME_DEBUG_PROGRAM_CORE_H_
