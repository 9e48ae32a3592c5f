// SPDX-License-Identifier: Apache-2.0
// A program image made ready to run, by PEs that run it as it is and by those that run a variant.
//
// Immutable while PEs run, and outlives them.
#ifndef FABRIC_PE_PROGRAM_H_
#define FABRIC_PE_PROGRAM_H_

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "fabric/image/program_image.h"
#include "fabric/image/shared_queues.h"
#include "fabric/image/variant.h"
#include "fabric/isa/architecture.h"
#include "fabric/isa/arith/arith.h"
#include "fabric/pe/code.h"
#include "fabric/pe/memory.h"
#include "fabric/pe/scheduler.h"

namespace csl::fabric::pe {

inline constexpr int32_t kNoFunction = -1;

// A task of the task table.
struct TaskEntry {
  int32_t function = kNoFunction;
  uint8_t param_bits[2] = {0, 0};  // of data and control tasks: 16 or 32, 0 = none

  bool bound() const { return function != kNoFunction; }
};
using TaskTable = std::array<TaskEntry, kNumTaskIds>;

struct Program {
  Program(std::shared_ptr<const image::ProgramImage> of_image, Code of_code);

  std::shared_ptr<const image::ProgramImage> shared_image;
  const image::ProgramImage& image;
  isa::Arch arch = isa::Arch::kWse2;
  isa::arith::Fp16Format half = isa::arith::Fp16Format::kF16;
  Code code;
  std::shared_ptr<InitialMemory> memory;
  TaskTable local_tasks;
  TaskTable data_tasks;     // by color (WSE-2) or input queue (WSE-3)
  TaskTable control_tasks;  // by entry of the control table
  bool has_control_tasks = false;
  image::SharedQueues shared_queues;
  // Registers the program names are numbered densely: dsr_slot[file][number], 255 for others.
  std::array<std::array<uint8_t, 256>, isa::kNumDsrFiles> dsr_slot;
  uint32_t num_dsrs = 0;

  // Something is ready to run before the host says anything.
  bool ActiveAtStart() const {
    return (image.configuration.active_tasks & ~image.configuration.blocked_tasks) != 0;
  }
  // The data task of a channel whose wavelets have this id.
  const TaskEntry& DataTask(int id) const { return data_tasks[static_cast<size_t>(id)]; }
  // The control task that an entry point names on a channel with that control table; unbound for
  // none.
  const TaskEntry& ControlTask(uint32_t entry_point, int control_table) const;
  // Its id: the entry of the table.
  uint32_t ControlEntry(uint32_t entry_point, int control_table) const;
  // The task or handler with that id, whatever its kind; for reports.
  int32_t TaskFunction(int id) const;
  const std::string& FunctionName(int32_t function) const;
  // "fn_name (pe.csl:12:5)"
  std::string Place(uint32_t position) const;
};

// Decodes a valid image (ProgramImage::Validate). Unimplemented names the first thing in it that
// this fabric cannot run yet.
StatusOr<std::unique_ptr<Program>> LoadProgram(image::ProgramImage image);

// Marks the instructions that valid variants (Variant::Validate) of the programs' images patch. A
// PE that runs a variant needs nothing else of its own.
void MarkPatched(std::span<const std::unique_ptr<Program>> programs,
                 std::span<const image::Variant> variants);

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_PROGRAM_H_
