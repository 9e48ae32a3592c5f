// SPDX-License-Identifier: Apache-2.0
// The host I/O engine: takes the host's commands and says when each reaches which PE, and when the
// host sees it done. Copies, launches and streams of memcpy come one after the other; so do the
// streams of one port, beside those of other ports and beside everything else.
//
// It is modelled, not emulated: figures in io_timing.def, arithmetic in this file, no wavelets. A
// command starts when the one before is done, but not before the clock of its submission. A copy
// starts once the fabric is quiet, or `quiet_bound` cycles later. The command then travels from the
// west edge of the fabric, a hop at a time, so it reaches every PE of a column at once, and no PE
// after a wavelet that another one sent because of it.
//
// Copies: rows are dealt to channels in bands; each channel serves its PEs in row-major order at
// its rate; a PE's part is an event for its system task.
//
// Streams: the PE's part is an event too, which opens its stream; then words are due one after the
// other (StreamSchedule), and the PE moves them.
//
// Not thread safe; used between windows, but for StreamSchedule. Its earliest effect on a PE is
// MinLatency() after the event that caused it: windows of that length need no other
// synchronisation.
#ifndef FABRIC_IO_IO_ENGINE_H_
#define FABRIC_IO_IO_ENGINE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include "fabric/isa/architecture.h"
#include "fabric/pe/host_command.h"

namespace csl::fabric::io {

inline constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

struct Geometry {
  int fabric_width = 0;
  int fabric_height = 0;
  int offset_x = 0;  // of the program's rectangle in the fabric
  int offset_y = 0;
  int width = 0;  // of the program's rectangle
  int height = 0;
  int channels = 1;

  uint32_t num_pes() const { return static_cast<uint32_t>(width) * static_cast<uint32_t>(height); }
};

struct IoTiming {
#define IO_FIGURE(name, wse2, wse3, tag, text) int32_t name;
#include "fabric/io/io_timing.def"
#undef IO_FIGURE
};
const IoTiming& TimingOf(isa::Arch arch);

// What the engine knows about one command.
struct CommandState {
  enum class Phase : uint8_t { kQueued, kIssued, kDone };
  Phase phase = Phase::kQueued;
  int64_t submit_cycle = 0;
  int64_t start_cycle = kNever;  // when it was issued
  int64_t done_cycle = kNever;   // when the host sees it done
  uint32_t pes_left = 0;         // PEs that have not done their part
};

class IoEngine final : public pe::StreamSchedule {
 public:
  // Called for every PE a command reaches, in PE order.
  using Deliver = std::function<void(uint32_t pe, int64_t cycle, uint32_t command)>;

  IoEngine(isa::Arch arch, const Geometry& geometry, int64_t quiet_bound_cycles);

  // Returns the command's number, counted from 0.
  uint32_t Enqueue(pe::HostCommand command, int64_t submit_cycle);

  // Cycles between any event and the earliest cycle at which a command issued because of it reaches
  // a PE. At least 1.
  int64_t MinLatency() const;

  // Issues a command whose start is known: a launch starts when all before it in its lane is done,
  // a copy when the fabric is quiet, too, or at its bound. Nothing happens in the fabric before
  // next_event (kNever: it is quiet), and its last PE came to rest at idle_since. Returns the one
  // that it issued.
  std::optional<uint32_t> TryIssue(int64_t next_event, int64_t idle_since, const Deliver& deliver);

  // A PE has done its part of a command under way. In order of cycle, then PE. Returns whether that
  // was the last part.
  bool PeFinished(uint32_t number, uint32_t pe, int64_t cycle);

  // Ends a stream without an end that is under way, in `cycle`, after so many words.
  void EndStream(uint32_t number, int64_t cycle, int64_t words);

  // Forgets the commands that the host saw done by `clock`.
  void Forget(int64_t clock);

  // A command that was not forgotten.
  const pe::HostCommand& command(uint32_t number) const { return At(number).command; }
  // Of one that was: done in cycle 0.
  const CommandState& state(uint32_t number) const;
  uint32_t num_commands() const { return num_forgotten_ + static_cast<uint32_t>(commands_.size()); }
  uint32_t num_kept() const { return static_cast<uint32_t>(commands_.size()); }
  uint32_t num_done() const { return num_done_; }
  bool all_done() const { return num_done_ == num_commands(); }
  // Of those that are not done, streams without an end and what waits behind them aside.
  std::optional<uint32_t> OldestNotDone() const;
  // Issued and not done, oldest first.
  std::vector<uint32_t> InFlight() const;
  // The one of them that is a launch, a copy or a stream of memcpy.
  std::optional<uint32_t> MemcpyInFlight() const;
  // The command of its lane that a command which is not done waits for, or itself.
  uint32_t FrontOfLane(uint32_t number) const;
  // Cycles that a command which is free to start takes to reach the last column, at most.
  int64_t MaxLatency() const;
  // The one queued behind a command in its lane.
  std::optional<uint32_t> Behind(uint32_t number) const;

  int64_t StreamWordDue(uint32_t command, int pe_x, int pe_y, int j) const override;
  int64_t StreamOutGap(uint32_t command) const override;

  // When a PE last did its part of any command, so far.
  int64_t last_part_cycle() const { return last_part_cycle_; }

  int64_t words_h2d() const { return words_h2d_; }
  int64_t words_d2h() const { return words_d2h_; }

 private:
  struct Entry {
    pe::HostCommand command;
    CommandState state;
  };
  // Rows of a command's region, counted within it, that one channel serves.
  struct Band {
    int first = 0;
    int rows = 0;
  };

  Entry& At(uint32_t number) { return commands_[number - num_forgotten_]; }
  const Entry& At(uint32_t number) const { return commands_[number - num_forgotten_]; }
  // Commands that wait for each other: of memcpy, or of one port.
  struct Lane {
    std::deque<uint32_t> commands;  // queued or under way
    int64_t last_done_cycle = 0;
  };
  Lane& LaneOf(const pe::HostCommand& command);
  static size_t LaneIndex(const pe::HostCommand& command) {
    return static_cast<size_t>(command.port + 1);
  }
  // When a queued command at the front of a lane starts, if that is known.
  std::optional<int64_t> StartOf(const Lane& lane, int64_t next_event, int64_t idle_since) const;
  int64_t HopsTo(int x) const;
  // From the command's start to its first word at the fabric's edge.
  int64_t GapOf(const pe::HostCommand& command) const;
  int num_channels() const;
  int ChannelOf(int y) const;
  Band BandOf(const pe::HostCommand& command, int channel) const;
  int64_t Rate(const pe::HostCommand& command) const;
  // Cycles a channel needs for so many words.
  int64_t TransferCycles(const pe::HostCommand& command, int64_t words) const;
  // Words of its channel that come before those of a PE, PE by PE.
  int64_t WordsBefore(const pe::HostCommand& command, int pe_x, int pe_y) const;
  // When the channels could have moved all words of a command under way.
  int64_t ChannelsDone(uint32_t number) const;
  void IssueLaunch(uint32_t number, const Deliver& deliver);
  void IssueRegion(uint32_t number, const Deliver& deliver);

  const isa::Arch arch_;
  const Geometry geometry_;
  const IoTiming& timing_;
  const int64_t quiet_bound_cycles_;
  std::deque<Entry> commands_;  // from number num_forgotten_ on
  uint32_t num_forgotten_ = 0;
  uint32_t num_done_ = 0;
  std::vector<Lane> lanes_{1};  // memcpy's, then those of ports by id
  int64_t last_part_cycle_ = 0;
  int64_t words_h2d_ = 0;
  int64_t words_d2h_ = 0;
};

}  // namespace csl::fabric::io

#endif  // FABRIC_IO_IO_ENGINE_H_
