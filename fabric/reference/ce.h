// SPDX-License-Identifier: Apache-2.0
// The state of one CE: memory, registers, tasks, queues, microthreads. The rules are in the other
// files of this folder, one for each section of docs/fabric/timing.md.
#ifndef FABRIC_REFERENCE_CE_H_
#define FABRIC_REFERENCE_CE_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fabric/isa/architecture.h"
#include "fabric/isa/descriptor.h"
#include "fabric/reference/buffer.h"
#include "fabric/reference/fault.h"
#include "fabric/reference/fifo.h"
#include "fabric/reference/program.h"
#include "fabric/reference/vector_run.h"
#include "fabric/reference/wavelet.h"
#include "fabric/trace/log.h"

namespace csl::fabric::reference {

class Router;
struct HostCommand;

inline constexpr int kNumColors = 24;
inline constexpr int kNumQueues = 8;
// Channels: input queues by number, then the implicit buffers of colors (WSE-2).
inline constexpr int kNumChannels = kNumQueues + kNumColors;
inline constexpr int kNoChannel = -1;
inline constexpr int kTeardownTask = 29;
inline constexpr size_t kMaxCallDepth = 4096;
inline constexpr uint32_t kMaxRegisterFile = 64 * 1024;

// What CEs share, and what they tell the rest of the machine.
struct Shared {
  isa::Arch arch = isa::Arch::kWse2;
  int copy_start_cycles = 0;
  int copy_cycles_per_word = 0;
  bool log_tasks = false;
  trace::RecordBuffer log;
  struct Done {
    int64_t cycle;
    uint32_t pe;
    int port = -1;  // whose command it is; -1: memcpy's
  };
  std::vector<Done> done;                // parts of the commands under way that PEs have done
  const HostCommand* command = nullptr;  // the one under way
  // From this cycle on nothing more happens unless something can (Machine::IsQuiet).
  int64_t idle_since = 0;
  int64_t last_move_cycle = -1;  // of a wavelet in a router

  const isa::MachineCosts& costs() const { return isa::MachineCostsOf(arch); }
  void NoteUntil(int64_t cycle) {
    if (cycle > idle_since) idle_since = cycle;
  }
};

struct InputQueue {
  uint8_t color = isa::kNoColor;
  isa::Priority priority = isa::Priority::kDefault;
  uint8_t control_table = 0;
  bool dense = false;
  bool filter_enable = false;
  bool flush = false;  // marked by queue.flush
};

struct OutputWord {
  Wavelet wavelet;
  uint8_t color;  // WSE-2
};

struct OutputQueue {
  uint8_t color = isa::kNoColor;  // WSE-3
  bool dense = false;
  bool flush = false;
  Buffer<OutputWord> words;
};

enum class Phase : uint8_t { kIdle, kRunning, kEnding, kFaulted };

struct Frame {
  uint32_t return_position;
  uint32_t window;
  uint32_t stack_pointer;
};

struct MainThread {
  Phase phase = Phase::kIdle;
  // kRunning: the cycle of the next instruction or group; kEnding: of the next pick.
  int64_t at = 0;
  int task_id = -1;
  bool host_copy = false;  // the system task serves a copy
  uint32_t function = 0;   // that the task began with
  int64_t start_cycle = 0;
  uint32_t position = 0;
  uint32_t window = 0;
  uint32_t stack_pointer = 0;
  std::vector<uint32_t> regs;  // of all windows; zero at the start
  std::vector<Frame> frames;
  std::vector<uint32_t> functions_left;  // task 29: handlers that follow
  std::optional<VectorRun> vector;       // the synchronous one under way
  bool vector_ok = true;
  int64_t active_until = 0;  // known when the task ends
  int64_t instructions = 0;  // of this task
  int64_t vector_elements = 0;
};

struct Microthread {
  std::optional<VectorRun> run;
  int64_t ready_at = 0;
};

struct RotatingState {
  image::RotatingTasks setting;
  uint16_t counter = 0;
};

// Statistics. What tasks did counts when they have ended, what microthreads did when it is done.
struct Counters {
  int64_t instructions = 0;
  int64_t busy_cycles = 0;
  int64_t vector_elements = 0;
  int64_t tasks_started = 0;
  int64_t last_active_cycle = -1;
  bool touched = false;
};

inline constexpr uint32_t kNoCommand = 0xffffffff;
inline constexpr uint32_t kPrngSeed = 0xdeadbeef;
inline constexpr size_t kNumPrngs = 8;

struct Ce {
  uint32_t index = 0;
  int x = 0;
  int y = 0;
  std::string name;  // "P4.1"
  const Program* program = nullptr;
  Shared* shared = nullptr;
  Router* router = nullptr;

  std::vector<uint8_t> memory;
  std::array<std::vector<isa::Descriptor>, isa::kNumDsrFiles> dsrs;
  uint16_t carry = 0;

  // Tasks.
  uint64_t active = 0;
  uint64_t blocked = 0;
  uint64_t high_priority = 0;
  int last_picked = kNumTaskIds - 1;
  uint32_t teardown_pending = 0;  // bit = color
  uint8_t flushed_inputs = 0;     // INPUT_QUEUE_FLUSH
  uint8_t flushed_outputs = 0;
  std::vector<RotatingState> rotating;
  MainThread main;

  // Queues.
  std::array<InputQueue, kNumQueues> inputs;
  std::array<Buffer<Wavelet>, kNumChannels> channels;
  std::array<OutputQueue, kNumQueues> outputs;
  int next_output_queue = 0;
  std::vector<Fifo> fifos;  // by id; capacity 0: there is none

  // Microthreads.
  std::array<Microthread, kNumQueues> microthreads;
  uint8_t blocked_microthreads = 0;
  int next_microthread = 0;
  int64_t port_free_from = 0;  // no group before is under way
  int64_t port_open_from = 0;  // not closed by a task switch

  // The command stream.
  uint32_t command = kNoCommand;
  int64_t command_cycle = kNever;
  bool command_stream_blocked = false;
  uint32_t launched_function = 0;
  int64_t stream_open_from = kNever;  // of the stream command taken last

  // Clock and counters: instructions, elements of vector operations.
  bool clock_enabled = false;
  int64_t clock_counted = 0;
  int64_t clock_since = 0;
  std::array<int64_t, 2> events = {};
  std::array<int64_t, 2> perf_counted = {};
  std::array<int64_t, 2> perf_since = {};

  std::map<uint16_t, uint16_t> other_words;  // configuration words without a meaning
  uint16_t control_transform_mask = 0;
  size_t active_prng = 0;
  std::array<uint32_t, kNumPrngs> prng = {};
  std::string log_text;

  Fault fault;
  uint32_t fault_position = 0;
  int64_t fault_cycle = kNever;
  Counters counters;

  bool in_task() const { return main.phase == Phase::kRunning || main.phase == Phase::kEnding; }
  uint32_t* regs() { return main.regs.data() + main.window; }

  void Activate(int id) { active |= uint64_t{1} << id; }
  void Block(int id) { blocked |= uint64_t{1} << id; }
  void Unblock(int id) { blocked &= ~(uint64_t{1} << id); }
  bool IsBlocked(int id) const { return (blocked >> id & 1) != 0; }

  // Values of 1, 2 or 4 bytes, little endian. False: outside the memory.
  bool Load(uint32_t address, int bytes, uint32_t* value) const;
  bool Store(uint32_t address, int bytes, uint32_t value);

  // The channel that takes wavelets of a color, or kNoChannel.
  int ChannelOfColor(int color) const;
  // The channel that a fabric input reads, or kNoChannel.
  int ChannelOfInput(const isa::Descriptor& fabin) const;
  // The color that a channel is of now; isa::kNoColor: of none.
  int ColorOfChannel(int channel) const;
  // The task id by which the picker knows a channel; -1: none.
  int IdOfChannel(int channel) const;
  bool FilterEnabled(int color) const;

  // Stops the CE for good.
  void Stop(Fault why, uint32_t position, int64_t t);
  void Log(int64_t t, LogLevel level, std::string text) const;
  // Something was executed up to this cycle.
  void NoteActive(int64_t until);
};

// The state before the start, the program's configuration words included.
void InitCe(Ce& ce);

// One cycle: docs/fabric/timing.md, "The CE step in cycle t".
void StepCe(Ce& ce, int64_t t);
// Whether the CE does anything in t or later without wavelets, room or a command from outside.
bool CanDoSomething(const Ce& ce, int64_t t);

}  // namespace csl::fabric::reference

#endif  // FABRIC_REFERENCE_CE_H_
