// SPDX-License-Identifier: Apache-2.0
// All architectural state of one PE, in one struct that can be printed.
//
// A PE has no state until its first event; then PeState is made from the program image it runs.
// Owned by one shard, touched by one thread at a time.
#ifndef FABRIC_PE_STATE_H_
#define FABRIC_PE_STATE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fabric/isa/descriptor.h"
#include "fabric/pe/arena.h"
#include "fabric/pe/arena_array.h"
#include "fabric/pe/fault.h"
#include "fabric/pe/memory.h"
#include "fabric/pe/queues.h"
#include "fabric/pe/scheduler.h"
#include "fabric/pe/vector.h"

namespace csl::fabric::pe {

struct Program;

inline constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
inline constexpr uint32_t kNoCommand = 0xffffffff;
inline constexpr uint32_t kHostCopy = 0xffffffff;
// Deep enough for any program whose calls were checked at compile time; recursion ends here.
inline constexpr uint32_t kMaxCallDepth = 4096;
inline constexpr uint32_t kMaxRegisterFile = 64 * 1024;

enum class Phase : uint8_t {
  kIdle,     // no task; the next one is picked as soon as one is ready
  kRunning,  // inside a task
  kEnding,   // after the last instruction of a task, before the next pick
  kFaulted,  // stopped for good
};

// Why a running thread gave the PE back to the engine.
enum class Stop : uint8_t {
  kLimit,    // reached the cycle it was allowed to run to
  kShared,   // the next instruction touches what others can see; fabric time must catch up first
  kWaits,    // the next instruction waits for a wavelet or for room in a queue
  kStarted,  // started a vector operation that is done group by group in fabric time
  kReturn,   // the task has returned
  kFault,
};

struct Frame {
  uint32_t return_position = 0;
  uint32_t window = 0;         // first register of the caller
  uint32_t stack_pointer = 0;  // of the caller
};

// A thread of control: the main thread while it runs a task. Instruction p of the image's code
// issues at clock_base + prefix_cycles[p] (code.h).
struct Thread {
  int task_id = -1;
  uint32_t function = 0;  // of the task; kHostCopy: the system task serves a copy
  uint32_t position = 0;
  uint32_t window = 0;
  uint32_t stack_pointer = 0;
  int64_t clock_base = 0;
  int64_t start_cycle = 0;
  uint64_t instructions = 0;
  uint64_t vector_elements = 0;
  bool vector_ok = true;
  bool waits = false;  // an instruction that steps a fabric DSR waits for its wavelet or for room
  std::vector<uint32_t> regs;
  std::vector<Frame> frames;
};

// The time-stamp counter. Its value: `counted`, plus the cycles since `since` when enabled.
struct TimeStampCounter {
  bool enabled = false;
  int64_t counted = 0;
  int64_t since = 0;

  int64_t Read(int64_t now) const { return enabled ? counted + (now - since) : counted; }
};

// Two counters, of instructions and of vector elements, that count while the time-stamp counter is
// enabled. They cannot be set.
struct PerformanceCounters {
  std::array<int64_t, 2> counted = {};
  std::array<int64_t, 2> since = {};
};

// Of tasks that have ended: the same whether a task under way was run ahead or not.
struct PeCounters {
  int64_t vector_elements = 0;
  int64_t last_active_cycle = -1;  // the last cycle in which a task executed anything
  int64_t instructions = 0;
  int64_t busy_cycles = 0;
  int64_t tasks_started = 0;
};

inline constexpr uint32_t kPrngSeed = 0xdeadbeef;
inline constexpr int kNumPrngs = 8;
inline constexpr int kNumMicrothreads = 8;

// What few programs use.
struct RareState {
  std::map<uint16_t, uint16_t> words;      // configuration words without a meaning
  std::array<uint16_t, 8> rotations = {};  // counters of rotating tasks, by data id
  uint16_t exception_mask = 0xffff;
  uint16_t main_priority = 0;
  uint16_t control_transform_mask = 0;
  uint8_t input_flush_marks = 0;  // bit = queue: waits to be empty
  uint8_t output_flush_marks = 0;
  uint8_t inputs_flushed = 0;  // bit = queue: found empty
  uint8_t outputs_flushed = 0;
  std::vector<uint16_t> handlers;  // functions that the task of id 29 still has to run
};

// A stream of the host that this PE has a part in.
struct StreamState {
  uint32_t command = kNoCommand;
  bool to_device = false;
  uint8_t color = 0;
  int words = 0;  // that are to move
  int moved = 0;
  int64_t moved_cycle = 0;  // of the last one
  int64_t open_from = 0;    // no word moves before
  bool waits_for_room = false;
};

struct alignas(64) PeState {
  // What every step looks at stands in front, a cache line after the other. The first one and
  // `lone` are all that most steps of a busy fabric need (lone_microthread.h).
  Phase phase = Phase::kIdle;
  uint8_t output_words = 0;  // bit = output queue: holds a word
  uint8_t output_full = 0;
  uint8_t next_output_queue = 0;
  uint8_t microthreads_active = 0;  // bit = microthread
  uint8_t microthreads_blocked = 0;
  uint8_t next_microthread = 0;
  bool touched = false;        // something has happened here
  uint32_t visible = 0;        // bit = channel: holds a word
  uint32_t control_heads = 0;  // bit = channel: its first word is a control wavelet
  uint32_t task_channels = 0;  // bit = channel: its data wavelets have a data task
  uint32_t local = 0;          // in the shard: how the router names it
  // When the engine must look at this PE for the sake of its main thread; kNever: only for events.
  int64_t wake_cycle = kNever;
  int64_t port_free_from = 0;  // the microthreads' issue port
  // Not null: until wake_cycle, an arrival for a task or a control wavelet, a step is that of this
  // microthread, the only one, which goes one by one. Null: look at everything.
  VectorRun* lone = nullptr;
  PeCounters counters;  // its last three members stand in the second line

  ArenaArray<Channel> channels;
  ArenaArray<OutputQueue> outputs;  // by number
  bool is_deaf = false;             // until wake_cycle no arrival changes what it does
  std::array<int8_t, kMaxChannels> channel_slot;  // index into channels, -1: none

  TaskBits tasks;
  // The command stream: at most one command is on its way or waiting.
  uint32_t command = kNoCommand;
  bool command_stream_blocked = false;  // a launch was taken and unblock_cmd_stream not yet called
  uint16_t carry = 0;
  // Vector operations in fabric time; owned by the pool of the shard.
  VectorRun* main_run = nullptr;
  std::unique_ptr<RareState> rare;  // null: all at its defaults
  // What starts and ends of tasks look at too.
  const Program* program = nullptr;
  int64_t idle_since = 0;
  int64_t last_active_cycle = 0;  // where the task under way executed its last instruction
  Thread thread;

  std::vector<StreamState> streams;  // under way: one of memcpy, or one of each port
  uint64_t shared_pages = 0;         // bit = page: an active microthread may read or write it
  int64_t command_cycle = kNever;    // when the command reaches this PE
  Arena* arena = nullptr;            // of the shard
  std::array<VectorRun*, kNumMicrothreads> microthreads = {};
  VectorRun* spare_run = nullptr;  // for its next operation in fabric time; null while it is in use
  Memory memory;
  uint32_t index = 0;  // y * width + x in the program's rectangle
  uint16_t x = 0;
  uint16_t y = 0;
  const image::Variant* variant = nullptr;  // null: the program's image as it is
  std::vector<isa::Descriptor> dsrs;        // by Program::DsrSlot
  std::vector<FifoState> fifos;             // by id
  uint32_t launched_function = 0;           // the function of the last launch
  TimeStampCounter tsc;
  PerformanceCounters perf;
  std::string log_text;  // of the program, not yet a record
  uint8_t active_prng = 0;
  // Of the last control wavelet that was dropped for want of a task; for reports.
  uint8_t dropped_entry_point = 31;  // none
  std::array<uint32_t, kNumPrngs> prng = {};
  uint32_t teardown_pending = 0;  // bit = color

  Fault fault;
  uint32_t fault_position = 0;

  bool HasWork() const { return phase != Phase::kIdle || command != kNoCommand; }
  RareState& Rare() {
    if (rare == nullptr) rare = std::make_unique<RareState>();
    return *rare;
  }
  Channel* FindChannel(int number) {
    const int8_t slot = channel_slot[static_cast<size_t>(number)];
    return slot < 0 ? nullptr : &channels[static_cast<size_t>(slot)];
  }
  const Channel* FindChannel(int number) const {
    return const_cast<PeState*>(this)->FindChannel(number);
  }
};

// Whether microthreads may read or write up to a word at an address, or whether that may fail.
inline bool SharesMemory(const PeState& pe, uint32_t address) {
  const uint32_t page = address >> kPageShift;
  const uint32_t last = (address + sizeof(uint32_t) - 1) >> kPageShift;
  return last >= kNumPages || page != last || (pe.shared_pages >> page & 1) != 0;
}

// A register that the program names.
isa::Descriptor& Dsr(PeState& pe, int file, int number);

// Memory that the PE has taken, its own pages aside.
size_t FootprintBytes(const PeState& pe);

// For people: phase, task bits, registers, frames, DSRs, counters; pages of memory that differ from
// the image by number.
std::string ToString(const PeState& pe);

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_STATE_H_
