// SPDX-License-Identifier: Apache-2.0
// Simulator: the one door of the fabric room. Owns one simulated wafer that runs one compiled
// program.
//
//   ASSIGN_OR_RETURN(auto sim, fabric::Simulator::Create(artifact, options));
//   ASSIGN_OR_RETURN(CommandId h2d, sim->Submit(CopyCommand{...}));    // queued, time stands still
//   ASSIGN_OR_RETURN(CommandId run, sim->Submit(LaunchCommand{...}));
//   RETURN_IF_ERROR(sim->Wait(run));                                   // time advances here
//   RETURN_IF_ERROR(sim->Drain());                                     // to quiet; the run is over
//
// Time. The fabric's clock moves only inside Wait, Poll and Drain. Submit never moves it, so cycle
// counts depend on the program and on the order of these calls, never on how fast the host is.
// Commands are taken strictly in order of submission; the next one starts when the one before is
// done on every PE it concerns.
//
// Determinism. Results, log, stats (their wall times and `threads` aside) and cycle numbers are the
// same bytes for every num_threads, num_shards and engine.
//
// Threads. A Simulator is used from one thread at a time; Interrupt() alone may be called from any
// thread or a signal handler. Its own worker threads run only inside Wait, Poll and Drain.
//
// Errors. Submit refuses bad arguments (kInvalidArgument, kNotFound, kOutOfRange) and leaves the
// run as it was. Wait, Poll and Drain fail with kFailedPrecondition when the program is stuck (the
// message is the stuck report), with kAborted when a PE faults or Interrupt() was called, with
// kResourceExhausted past command_limit_cycles. Except for an interruption the run is then over:
// every later Submit, Wait, Poll and Drain returns that same first Status. Memory stays readable.
#ifndef FABRIC_SIM_SIMULATOR_H_
#define FABRIC_SIM_SIMULATOR_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/strong_id.h"
#include "fabric/sim/sim_stats.h"
#include "fabric/trace/log.h"

namespace csl::image {
struct Artifact;
struct Manifest;
}  // namespace csl::image

namespace csl::fabric {

enum class EngineKind {
  kSharded,    // shards on several threads, tasks run ahead of fabric time where nobody can see it
  kReference,  // every PE and router, every cycle, one instruction at a time; slow, for tests
};

// Log records (LogRecord, LogLevel) reach the sink sorted by cycle, then by PE, then in program
// order, from the thread that called into the simulator.

// Poll advances the clock by this much at most: one `is_task_done` call costs a program this many
// cycles. Assumed.
inline constexpr int64_t kDefaultPollSliceCycles = 1'000;
// A quiet program is stuck for a Poll too, but where a port waits: what the host does next may
// help. Until it has polled so often and done nothing else.
inline constexpr int kMaxQuietPolls = 100'000;
// A copy waits for the fabric to be quiet, or this long (a program may keep computing after it
// unblocked the command stream; on hardware copying takes far longer than its tail does). Assumed.
inline constexpr int64_t kDefaultQuietBoundCycles = 100'000;
// When for so many cycles no word of a stream moved and no PE did its part of a command, each
// command under way gets a warning with the states of all PEs, once.
inline constexpr int64_t kDefaultWarnAfterCycles = 100'000'000;
// Drain gives a program that never comes to rest (a task that polls for ever) this long.
inline constexpr int64_t kDefaultDrainBoundCycles = 10'000'000;
// A run that faults ends at the next multiple of so many cycles, for programs of so many PEs. No
// engine lets a PE run ahead across one, so none is past the end. About a second of work.
int64_t FaultPeriodCycles(int64_t num_pes);
inline constexpr int kMaxThreads = 64;
inline constexpr int64_t kMaxCommandLimitCycles = 1'000'000'000'000'000;
inline constexpr int kNumColors = 24;  // on every architecture

class Simulator;

// What a debugger is shown of a cycle: the PEs whose main thread, microthreads or tasks did
// something in it, row by row.
struct DebugPe {
  int x = 0;  // of the fabric
  int y = 0;
  bool task_starts = false;  // one was picked
  // The main thread is about to execute the instruction at `position`, in cycle issue_cycle.
  bool computes = false;
  int task = -1;          // that runs, -1: none
  uint32_t function = 0;  // of the task
  uint32_t position = 0;
  int64_t issue_cycle = 0;
};
struct DebugView {
  int64_t cycle = 0;  // which is over
  std::vector<DebugPe> pes;
  std::string failure;  // not empty: the run has ended, and why
};

struct SimulatorOptions {
  // A wish, 1..kMaxThreads: no more threads run than there are cores, and one alone while little is
  // active.
  int num_threads = 5;
  // Bands of rows the fabric is cut into; 0 chooses. Never changes a result.
  int num_shards = 0;
  // For tests: num_threads is not cut down to the cores.
  bool more_threads_than_cores = false;
  // For tests: false makes every instruction wait for fabric time. Never changes a result.
  bool may_run_ahead = true;
  EngineKind engine = EngineKind::kSharded;
  // A stretch of time with less work than this is run by one thread, since waking others costs
  // about as much. 0 (for tests): always by all. Never changes a result.
  int64_t parallel_threshold_ns = 20'000;

  int64_t poll_slice_cycles = kDefaultPollSliceCycles;
  int64_t quiet_bound_cycles = kDefaultQuietBoundCycles;
  int64_t warn_after_cycles = kDefaultWarnAfterCycles;  // 0: never
  int64_t drain_bound_cycles = kDefaultDrainBoundCycles;
  // A command that takes longer ends the run with kResourceExhausted and the stuck report; so does
  // a Drain in which the fabric does not come to rest in so many cycles (drain_bound_cycles does
  // not count then). 0: no limit, since only the user knows how long his program may compute.
  int64_t command_limit_cycles = 0;
  // A copy that is longer than the array that the exported pointer points at when it is submitted:
  // true refuses it with kInvalidArgument, false logs a warning, once for a symbol and direction.
  bool refuse_long_copies = false;

  // TraceKind bits: events that the sink gets beside messages. Never changes a result; slower.
  uint32_t trace = 0;
  LogLevel min_log_level = LogLevel::kInfo;
  std::function<void(const LogRecord&)> log_sink;  // empty: records are dropped

  // Shown every cycle in which something happens, while time stands still; an error ends the call
  // that waits, as an interruption does. The run is slow then, and the same in all else.
  std::function<Status(const Simulator& simulator, const DebugView& view)> debugger;

  // Asked about ten times a second of wall time inside Wait, Poll and Drain; true interrupts as
  // Interrupt() does.
  std::function<bool()> check_interrupt;
};

// Calls one exported function on every PE of the program's rectangle. Done when every PE called
// unblock_cmd_stream for it.
struct LaunchCommand {
  uint32_t export_id = 0;
  // One 32-bit word an argument: 16-bit types zero-extended bit patterns, f32 its bits.
  std::vector<uint32_t> args;
};

enum class CopyDirection { kHostToDevice, kDeviceToHost };

// The host tensor is A[h][w][l]. kRowMajor: l fastest, then w, then h. kColumnMajor: h fastest,
// then w, then l.
enum class CopyOrder { kRowMajor, kColumnMajor };

// To the device only: which PEs share words of the host's array. kRows: A[h][l], each row of PEs
// gets the same. kColumns: A[w][l], each column does.
enum class Broadcast { kNone, kRows, kColumns };

// PEs of a copy or stream and the host's array for them.
struct HostTransfer {
  CopyDirection direction = CopyDirection::kHostToDevice;
  Broadcast broadcast = Broadcast::kNone;
  // Region of interest in coordinates of the program's rectangle, (0, 0) its north-west PE: every
  // x_step-th column and y_step-th row from (x, y) on, `width` columns and `height` rows of them.
  int x = 0;
  int y = 0;
  int width = 1;
  int height = 1;
  int x_step = 1;
  int y_step = 1;
  int elements_per_pe = 1;
  CopyOrder order = CopyOrder::kRowMajor;
  // Of a column-major transfer: the words below lie in row-major order all the same, which is the
  // faster one here. Its cycles are those of a column-major one.
  bool row_major_words = false;
  // kHostToDevice: words() words: in `data`, moved in, or else in `source`, owned by the caller,
  // who keeps them until the command is done (or the Simulator dies).
  std::vector<uint32_t> data;
  std::span<const uint32_t> source;
  // kDeviceToHost: as many words, owned by the caller, who keeps them until the command is done (or
  // the Simulator dies).
  std::span<uint32_t> destination;

  std::span<const uint32_t> input() const { return source.empty() ? data : source; }
  uint64_t words() const {
    return (broadcast == Broadcast::kRows ? 1 : static_cast<uint64_t>(width)) *
           (broadcast == Broadcast::kColumns ? 1 : static_cast<uint64_t>(height)) *
           static_cast<uint64_t>(elements_per_pe);
  }
};

// Copies between the host and the tensor an exported pointer points at. The pointer is read on the
// PE when its turn comes.
struct CopyCommand : HostTransfer {
  uint32_t export_id = 0;
  // 16 or 32. Host arrays have one 32-bit word an element either way: a 16-bit copy to the device
  // stores the low half and ignores the high half; one to the host zero-extends.
  int element_bits = 32;
};

// Wavelets of one color between the host and the PEs: to the device one for each word, to the host
// as many as asked for. A word of the host's array is the wavelet's payload; of one PE they keep
// their order. Done when the last wavelet entered its PE's router, or left it.
struct StreamCommand : HostTransfer {
  int color = 0;  // 0..kNumColors - 1
};

// Wavelets through one port of the program (image::Manifest::ports): to the device one for each
// word, to the host as many as the destination has words; control wavelets to the host are dropped.
// Commands of one port are taken in order, beside those of other ports and all other commands. Done
// when the last wavelet entered the router of the port's PE, or left it.
//
// With `sink`, to the host: however many wavelets come. It is done when the fabric is at rest while
// the host waits for it or for one behind it, in Wait or Poll, and in Drain after all others.
struct PortCommand {
  uint32_t port = 0;  // its id
  // As those of HostTransfer.
  std::vector<uint32_t> data;
  std::span<const uint32_t> source;
  std::span<uint32_t> destination;
  // Instead of a destination: gets the words in their order, some at a time, from the thread that
  // waits. When a Wait, Poll or Drain returns it has all that came until then.
  std::function<void(std::span<const uint32_t>)> sink;

  std::span<const uint32_t> input() const { return source.empty() ? data : source; }
};
// Words of one command.
inline constexpr int64_t kMaxPortWords = int64_t{1} << 28;
// What both engines ask of a command before they queue it.
Status CheckPort(const image::Manifest& manifest, const PortCommand& command);

struct CommandTag;
using CommandId = StrongId<CommandTag>;

class Simulator {
 public:
  // Loads every program image of the artifact; copies what it needs, so the artifact may go. Fails
  // with kUnimplemented
  // ("not supported yet: ...") for an image that needs what this fabric cannot run, kDataLoss for
  // one that is malformed.
  static StatusOr<std::unique_ptr<Simulator>> Create(const image::Artifact& artifact,
                                                     const SimulatorOptions& options);
  virtual ~Simulator() = default;

  // Queue a command. Time does not advance.
  virtual StatusOr<CommandId> Submit(LaunchCommand command) = 0;
  virtual StatusOr<CommandId> Submit(CopyCommand command) = 0;
  virtual StatusOr<CommandId> Submit(StreamCommand command) = 0;
  virtual StatusOr<CommandId> Submit(PortCommand command) = 0;

  // Advances time until the command is done.
  virtual Status Wait(CommandId id) = 0;
  // Advances time until the command is done, poll_slice_cycles at most; returns whether it is done.
  // A stuck program is an error here too, since the host may poll for ever (kMaxQuietPolls).
  virtual StatusOr<bool> Poll(CommandId id) = 0;
  // True when the command is done; never advances time.
  virtual bool IsDone(CommandId id) const = 0;
  // Finishes all commands, then runs until the fabric is quiet (drain_bound_cycles at most, with a
  // warning). No Submit afterwards. Needs no commands: a program without host traffic runs here.
  // Calling it again is free.
  virtual Status Drain() = 0;

  // Makes the Wait, Poll or Drain under way (or the next one) return kAborted soon.
  // Async-signal-safe.
  virtual void Interrupt() = 0;

  // The cycle the fabric's clock shows.
  virtual int64_t cycle() const = 0;

  // Reads one PE's memory, by fabric coordinates (rectangle coordinates plus the fabric offsets)
  // and byte address. kFailedPrecondition while that PE runs a task (wait for a copy or Drain
  // first), kOutOfRange outside the program's rectangle or past the PE's memory.
  virtual StatusOr<std::vector<uint8_t>> ReadMemory(int fabric_x, int fabric_y, uint32_t address,
                                                    uint32_t size_bytes) const = 0;
  // The same at any time: in the middle of a task, as of the cycle that the debugger is shown.
  virtual StatusOr<std::vector<uint8_t>> PeekMemory(int fabric_x, int fabric_y, uint32_t address,
                                                    uint32_t size_bytes) const;
  // The PE's state besides memory as a JSON object (docs/formats/core.md, "States"); "" where
  // nothing happened yet.
  virtual StatusOr<std::string> StateJson(int fabric_x, int fabric_y) const;
  // The whole of a named symbol of that PE's image. kNotFound names the symbol and the image's
  // file.
  virtual StatusOr<std::vector<uint8_t>> ReadSymbol(int fabric_x, int fabric_y,
                                                    std::string_view name) const = 0;
  // The memory of all PEs as a core file (docs/formats/core.md), piece by piece. At any time: a PE
  // in the middle of a task has the memory of the cut, the same for every engine.
  virtual void WriteCore(std::string_view program_digest,
                         const std::function<void(std::span<const uint8_t>)>& sink) const = 0;
  // The states of all PEs as the second part of a core file. Nothing where there is none.
  virtual void WriteStates(const std::function<void(std::span<const uint8_t>)>& sink) const;
  // All architectural state of one PE, as text for people and tests. A PE nothing ever happened on
  // reports it.
  virtual StatusOr<std::string> DumpPe(int fabric_x, int fabric_y) const = 0;

  // What sim_stats.json holds. Valid at any time.
  virtual SimStats Stats() const = 0;

  // Why the program does not continue: PEs that never unblocked the command stream, tasks that run,
  // are active or blocked, each with function and source line. Empty when the fabric is quiet and
  // no command waits.
  virtual std::string StuckReport() const = 0;
};

}  // namespace csl::fabric

#endif  // FABRIC_SIM_SIMULATOR_H_
