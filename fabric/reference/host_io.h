// SPDX-License-Identifier: Apache-2.0
// The host's side of the fabric: docs/fabric/host_io.md.
#ifndef FABRIC_REFERENCE_HOST_IO_H_
#define FABRIC_REFERENCE_HOST_IO_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "fabric/image/manifest.h"
#include "fabric/reference/host_command.h"
#include "fabric/reference/machine.h"

namespace csl::fabric::reference {

struct IoTiming {
#define IO_FIGURE(name, wse2, wse3, tag, text) int32_t name;
#include "fabric/io/io_timing.def"
#undef IO_FIGURE
};
const IoTiming& TimingOf(isa::Arch arch);

struct CommandState {
  enum class Phase : uint8_t { kQueued, kStarted, kDone };
  Phase phase = Phase::kQueued;
  int64_t submit_cycle = 0;
  int64_t start_cycle = kNever;
  int64_t done_cycle = kNever;  // when the host sees it done
  uint32_t pes_left = 0;
};

class HostIo : public HostSide {
 public:
  HostIo(const image::Manifest& manifest, Machine* machine, int64_t quiet_bound_cycles);

  // Returns the command's number, counted from 0.
  uint32_t Enqueue(HostCommand command, int64_t submit_cycle);
  // Starts a command if its start is known: nothing happens in the fabric before `next_event`;
  // kNever: it is quiet. Returns the one that it started.
  std::optional<uint32_t> TryStart(int64_t next_event);
  // What the host does in cycle t, before the PEs.
  void Step(int64_t t);
  // Takes what PEs did of the commands under way. Returns those that are done now.
  std::vector<uint32_t> TakeDone();
  // The next cycle from t on in which a command or a stream's word arrives; kNever: none.
  int64_t NextArrival(int64_t t) const;

  // Cycles between an event and the earliest arrival of a command that starts because of it.
  int64_t MinLatency() const;

  const HostCommand& command(uint32_t number) const { return commands_[number]; }
  const CommandState& state(uint32_t number) const { return states_[number]; }
  uint32_t num_commands() const { return static_cast<uint32_t>(commands_.size()); }
  uint32_t num_done() const { return num_done_; }
  // Started and not done, oldest first.
  std::vector<uint32_t> InFlight() const;
  bool all_done() const { return num_done_ == commands_.size(); }
  // Of those that are not done and not held up by a receive without an end.
  std::optional<uint32_t> OldestNotDone() const;
  // The receive without an end that a command waits for or is, and that has started.
  std::optional<uint32_t> EndlessBefore(uint32_t number) const;
  bool IsEndless(uint32_t number) const { return commands_[number].is_endless; }
  // Ends one that has started, in cycle t.
  void EndPort(uint32_t number, int64_t t);
  // The words that came since the last call.
  std::vector<uint32_t> TakeWords(uint32_t number) {
    return std::exchange(commands_[number].taken, {});
  }
  // The last cycle in which a command that starts in cycle t reaches a port.
  int64_t LastArrival(int64_t t) const;
  // When a word of any stream last moved, or a PE did its part of a command.
  int64_t last_progress() const { return last_progress_; }
  int64_t words_h2d() const { return words_h2d_; }
  int64_t words_d2h() const { return words_d2h_; }

  bool Takes(const Ce& ce, int color, int64_t t) const override;
  void Take(const Ce& ce, int color, const Wavelet& wavelet, int64_t t) override;

 private:
  struct Word {
    int64_t due;
    uint32_t value;
  };
  // One PE's part of the stream under way.
  struct StreamPart {
    std::deque<Word> words;  // to the device, still to enter
    int64_t taken = 0;       // to the host
    int64_t next_take = 0;
  };

  // The commands of one port.
  struct Port {
    std::deque<uint32_t> commands;  // queued or under way
    int64_t last_done_cycle = 0;
    int64_t open_from = kNever;  // the command under way reached the PE
    StreamPart part;
  };

  // The command of memcpy at the head is under way.
  bool in_flight() const {
    return head_ < commands_.size() && states_[head_].phase == CommandState::Phase::kStarted;
  }
  // Commands of ports are not heads.
  void SkipPorts();
  bool TryStartMemcpy(int64_t next_event);
  void StartPort(Port* port, int64_t start);
  void StepPort(int number, int64_t t);
  void PortDone(Port* port, int64_t cycle);
  // The one whose wavelets of the color the host takes at a PE; null: none.
  Port* TakingPort(const Ce& ce, int color);

  HostCommand& head() { return commands_[head_]; }
  const HostCommand& head() const { return commands_[head_]; }
  int64_t Hops(int x) const;
  // From a command's start to its first word at the fabric's edge.
  int64_t Gap(const HostCommand& c) const;
  // Of the command at the head, in column x.
  int64_t Arrival(int64_t start, int x) const;
  int ChannelOf(int y) const;
  int64_t Rate(const HostCommand& command) const;
  int64_t Transfer(const HostCommand& command, int64_t words) const;
  void Deliver(int x, int y, int64_t cycle);
  void StartLaunch(int64_t start);
  void StartCopy(int64_t start);
  void StartStream(int64_t start);
  // How many words of its channel are sent before word `l` of a PE.
  int64_t WordsBefore(const HostCommand& command, int column, int row, int l,
                      bool column_major) const;
  // Rows of the host's array that a channel has, and how many of them lie before `row`.
  struct Band {
    int rows = 0;
    int before = 0;
  };
  Band BandOf(const HostCommand& command, int row) const;
  void PeDone(uint32_t pe, int64_t cycle);

  const isa::Arch arch_;
  const IoTiming& timing_;
  const image::Extent2 offset_;
  const int channels_;
  const int64_t quiet_bound_cycles_;
  Machine* const machine_;
  std::deque<HostCommand> commands_;  // PEs hold the address of the one under way
  std::vector<CommandState> states_;
  std::vector<StreamPart> parts_;  // by PE
  std::vector<Port> ports_;        // by id
  uint32_t head_ = 0;
  uint32_t num_done_ = 0;
  int64_t last_done_cycle_ = 0;
  int64_t last_progress_ = 0;
  int64_t words_h2d_ = 0;
  int64_t words_d2h_ = 0;
};

}  // namespace csl::fabric::reference

#endif  // FABRIC_REFERENCE_HOST_IO_H_
