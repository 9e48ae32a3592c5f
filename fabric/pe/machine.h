// SPDX-License-Identifier: Apache-2.0
// What all PEs of a fabric share, and what one of them is given while it runs.
#ifndef FABRIC_PE_MACHINE_H_
#define FABRIC_PE_MACHINE_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "fabric/image/manifest.h"
#include "fabric/isa/architecture.h"
#include "fabric/pe/arena.h"
#include "fabric/pe/host_command.h"
#include "fabric/pe/program.h"
#include "fabric/pe/state.h"
#include "fabric/pe/step_trace.h"
#include "fabric/pe/vector.h"
#include "fabric/router/router_shard.h"
#include "fabric/trace/log.h"
#include "fabric/trace/tracer.h"

namespace csl::fabric::pe {

// Main-thread cycles of a PE's part of a copy.
struct CopyCosts {
  int32_t start_cycles = 0;
  int32_t cycles_per_word = 0;
};

// Immutable while PEs run.
struct Machine {
  isa::Arch arch = isa::Arch::kWse2;
  const image::Manifest* manifest = nullptr;  // where the layout's color settings are; may be null
  int width = 0;                              // of the program's rectangle
  int height = 0;
  int offset_x = 0;  // of the rectangle in the fabric
  int offset_y = 0;
  CopyCosts copy_costs;
  std::vector<std::unique_ptr<Program>> programs;  // of the images
  std::vector<image::Variant> variants;            // number programs.size() + i is variants[i]
  std::vector<uint32_t> program_of_pe;             // by PE index, row by row: number of its program
  // Commands by number. Owned by the I/O engine.
  const HostCommand& (*command_lookup)(const void* owner, uint32_t number) = nullptr;
  const void* command_owner = nullptr;
  const StreamSchedule* streams = nullptr;  // of these commands
  bool log_tasks = false;                   // debug messages at start and end of tasks
  uint32_t trace = 0;                       // TraceKind bits of the events that are wanted

  // What the PE runs, apart from the patches of its variant.
  const Program& BaseProgram(uint32_t pe) const {
    const image::Variant* variant = VariantOf(pe);
    return *programs[variant == nullptr ? program_of_pe[pe] : variant->image];
  }
  // Null where the PE runs an image as it is.
  const image::Variant* VariantOf(uint32_t pe) const {
    const uint32_t program = program_of_pe[pe];
    return program < programs.size() ? nullptr : &variants[program - programs.size()];
  }

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
  uint32_t command = kNoCommand;  // of a stream; else the one of memcpy that is under way
};

// A task comes back to the engine at multiples of this many cycles, a power of two: often enough to
// hear an interruption, seldom enough that barriers cost nothing. Invisible to programs.
inline constexpr int64_t kMinRunAheadCycles = int64_t{1} << 16;
inline constexpr int64_t kMaxRunAheadCycles = int64_t{1} << 20;

// Vector operations in fabric time, kept for the next one when they end: each PE keeps one of its
// own, near the rest of it, and the shard those of PEs that have more at once. One a shard.
class RunPool {
 public:
  explicit RunPool(Arena* arena) : arena_(arena) {}
  VectorRun* Take(PeState& pe, const VectorRun& run) {
    VectorRun* taken;
    if (pe.spare_run != nullptr) {
      taken = std::exchange(pe.spare_run, nullptr);
    } else if (free_.empty()) {
      taken = arena_->New<VectorRun>();
    } else {
      taken = free_.back();
      free_.pop_back();
    }
    *taken = run;
    return taken;
  }
  void Give(PeState& pe, VectorRun* run) {
    if (pe.spare_run == nullptr) {
      pe.spare_run = run;
    } else {
      free_.push_back(run);
    }
  }

 private:
  Arena* const arena_;
  std::vector<VectorRun*> free_;
};

// The first cycles that tasks must not run ahead into, since the host may look at the fabric as it
// is before them.
struct AheadLimits {
  // Of PEs that the host waits for: they took a launch and have not unblocked the command stream.
  int64_t awaited = kNever;
  int64_t others = kNever;
};

// One a shard: what its PEs are made of, and where they put what leaves them.
struct RunContext {
  // expected_bytes: of all its PEs, roughly.
  explicit RunContext(size_t expected_bytes = 0) : arena(expected_bytes) {}

  const Machine* machine = nullptr;
  router::RouterShard* router = nullptr;
  Arena arena;
  RunPool runs{&arena};
  VectorRun scratch;
  int ramp_out_cycles = 0;  // MachineCosts::ramp_out_cycles
  // The cycle from which on nothing has been under way so far: the later of these two. The
  // second is that behind the last one in which a word left a queue or a lone microthread went on.
  int64_t idle_since = 0;
  int64_t acted_until = 0;
  int64_t run_ahead_cycles = kMinRunAheadCycles;
  AheadLimits ahead;
  bool may_run_ahead = true;  // for tests: without it every instruction waits for fabric time
  PagePool pages{&arena};
  std::vector<PeMessage> messages;
  trace::RecordBuffer log;
  trace::Tracer tracer{0, 0, 0, 0, 0, &log};
  std::unique_ptr<StepTrace> steps;  // null: instructions are not traced
  bool logs_tasks = false;           // as messages or as events

  // Something is under way until `cycle`.
  void NoteUntil(int64_t cycle) { idle_since = std::max(idle_since, cycle); }
};

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_MACHINE_H_
