// SPDX-License-Identifier: Apache-2.0
// A program image (a variant already applied) with what an interpreter looks up all the time.
#ifndef FABRIC_REFERENCE_PROGRAM_H_
#define FABRIC_REFERENCE_PROGRAM_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "fabric/image/program_image.h"
#include "fabric/image/shared_queues.h"

namespace csl::fabric::reference {

inline constexpr uint32_t kMemoryBytes = 48 * 1024;
inline constexpr int kNumTaskIds = 64;

struct Program {
  explicit Program(image::ProgramImage of);

  image::ProgramImage image;
  std::vector<uint32_t> function_of;  // by instruction: index of its function
  std::vector<uint8_t> memory;        // before the start
  image::SharedQueues shared_queues;

  // Null: nothing is bound.
  const image::TaskBinding* FindTask(image::TaskKind kind, int id) const;
  bool IsBound(image::TaskKind kind, int id) const { return FindTask(kind, id) != nullptr; }

  bool HasControlTasks() const;

  const std::string& FunctionName(uint32_t function) const;
  // "fn_name (pe.csl:12:5)"
  std::string Place(uint32_t position) const;
};

}  // namespace csl::fabric::reference

#endif  // FABRIC_REFERENCE_PROGRAM_H_
