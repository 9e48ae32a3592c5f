// SPDX-License-Identifier: Apache-2.0
// What all PEs of a fabric share, and what one of them is given while it runs.
#ifndef FABRIC_PE_MACHINE_H_
#define FABRIC_PE_MACHINE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "fabric/isa/architecture.h"
#include "fabric/pe/host_command.h"
#include "fabric/pe/program.h"
#include "fabric/trace/log.h"

namespace csl::fabric::pe {

// Main-thread cycles of a PE's part of a copy.
struct CopyCosts {
  int32_t start_cycles = 0;
  int32_t cycles_per_word = 0;
};

// Immutable while PEs run.
struct Machine {
  isa::Arch arch = isa::Arch::kWse2;
  int width = 0;  // of the program's rectangle
  int height = 0;
  int offset_x = 0;  // of the rectangle in the fabric
  int offset_y = 0;
  CopyCosts copy_costs;
  std::vector<std::unique_ptr<Program>> programs;
  std::vector<uint32_t> program_of_pe;  // by PE index, row by row
  // Commands by number. Owned by the I/O engine.
  const HostCommand& (*command_lookup)(const void* owner, uint32_t number) = nullptr;
  const void* command_owner = nullptr;
  bool log_tasks = false;  // debug records at start and end of tasks

  const isa::MachineCosts& costs() const { return isa::MachineCostsOf(arch); }
  const HostCommand& command(uint32_t number) const {
    return command_lookup(command_owner, number);
  }
};

// What a PE tells the rest of the fabric.
struct PeMessage {
  enum class Kind : uint8_t { kCommandDone, kFault };
  int64_t cycle = 0;
  uint32_t pe = 0;
  Kind kind = Kind::kCommandDone;
};

// A task comes back to the engine at multiples of this many cycles, a power of two: often enough to
// hear an interruption, seldom enough that barriers cost nothing. Invisible to programs.
inline constexpr int64_t kMinRunAheadCycles = int64_t{1} << 16;
inline constexpr int64_t kMaxRunAheadCycles = int64_t{1} << 20;

// One a shard: where PEs put what leaves them.
struct RunContext {
  const Machine* machine = nullptr;
  int64_t run_ahead_cycles = kMinRunAheadCycles;
  PagePool pages;
  std::vector<PeMessage> messages;
  trace::RecordBuffer log;
};

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_MACHINE_H_
