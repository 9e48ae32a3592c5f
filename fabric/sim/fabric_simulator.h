// SPDX-License-Identifier: Apache-2.0
// The Simulator: the coordinator between the host's calls, the I/O engine and the engine of PEs.
//
// Time is cut into windows no longer than the I/O engine's smallest latency, so that a command
// issued because of something inside a window reaches PEs after it. When a command the host waits
// for is done in cycle d, the fabric still runs to d + that latency before the call returns:
// nothing the host does next can matter earlier, and every engine stops at the same cut.
#ifndef FABRIC_SIM_FABRIC_SIMULATOR_H_
#define FABRIC_SIM_FABRIC_SIMULATOR_H_

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fabric/engine/engine.h"
#include "fabric/image/artifact.h"
#include "fabric/io/io_engine.h"
#include "fabric/pe/machine.h"
#include "fabric/sim/simulator.h"
#include "fabric/trace/log.h"

namespace csl::fabric {

class FabricSimulator final : public Simulator {
 public:
  // The machine's programs are loaded.
  FabricSimulator(image::Manifest manifest, std::unique_ptr<pe::Machine> machine,
                  const io::Geometry& geometry, const SimulatorOptions& options);

  StatusOr<CommandId> Submit(LaunchCommand command) override;
  StatusOr<CommandId> Submit(CopyCommand command) override;
  StatusOr<CommandId> Submit(StreamCommand command) override;
  StatusOr<CommandId> Submit(PortCommand command) override;
  Status Wait(CommandId id) override;
  StatusOr<bool> Poll(CommandId id) override;
  bool IsDone(CommandId id) const override;
  Status Drain() override;
  void Interrupt() override { interrupted_ = true; }
  int64_t cycle() const override { return clock_; }
  StatusOr<std::vector<uint8_t>> ReadMemory(int fabric_x, int fabric_y, uint32_t address,
                                            uint32_t size_bytes) const override;
  StatusOr<std::vector<uint8_t>> ReadSymbol(int fabric_x, int fabric_y,
                                            std::string_view name) const override;
  void WriteCore(std::string_view program_digest,
                 const std::function<void(std::span<const uint8_t>)>& sink) const override;
  StatusOr<std::vector<uint8_t>> PeekMemory(int fabric_x, int fabric_y, uint32_t address,
                                            uint32_t size_bytes) const override;
  StatusOr<std::string> StateJson(int fabric_x, int fabric_y) const override;
  void WriteStates(const std::function<void(std::span<const uint8_t>)>& sink) const override;
  StatusOr<std::string> DumpPe(int fabric_x, int fabric_y) const override;
  SimStats Stats() const override;
  std::string StuckReport() const override;

 private:
  using WallClock = std::chrono::steady_clock;

  // submit.cc
  Status CheckOpen() const;
  StatusOr<const image::Export*> FindExport(uint32_t id, image::ExportKind kind) const;
  Status CheckTransfer(const HostTransfer& transfer) const;
  Status CheckExported(const image::Export& exported, const HostTransfer& transfer) const;
  // The exported pointer of a PE, as it is now.
  uint32_t PointerOf(const image::Export& exported, uint32_t pe) const;
  // Warns of a copy that is longer than its array, or refuses it.
  Status CheckLength(const image::Export& exported, const CopyCommand& command);
  StatusOr<CommandId> Enqueue(pe::HostCommand command);

  // run_loop.cc
  // Advances until command `target` is done (and its cut reached), no event is left or fabric time
  // reaches `limit`.
  Status Run(std::optional<uint32_t> target, int64_t limit);
  // Of a quiet program: ends the stream without an end that the target waits for, or is.
  bool EndStreamFor(std::optional<uint32_t> target);
  void EndStream(uint32_t number, int64_t cycle);
  // Finishes all commands, as Drain does.
  Status FinishCommands(int64_t bound);
  // Passes on words of streams without an end, those of them that have so many.
  void PassWordsOn(size_t least);
  // Whether a quiet program may continue, since the host polls and may serve a port that waits.
  bool HostMayHelp();
  // Why Run returns: a fault, a program that is stuck, or all is well.
  Status EndOfRun(int64_t next_event, std::optional<uint32_t> target, bool target_done);
  Status RunTimed(std::optional<uint32_t> target, int64_t limit);
  // Not before fabric time is where PEs have run ahead to.
  bool InterruptRequested(int64_t next_event);
  bool IssueCommand(int64_t next_event);
  // Warnings and limits of the commands under way; returns the cycle the next window must not pass.
  int64_t CheckPatience(int64_t next_event);
  int64_t CheckPatience(uint32_t number, int64_t next_event);
  // Since when nothing moved for a command under way.
  int64_t WithoutProgressSince(uint32_t number) const;
  void TakeMessages();
  Status Fail(Status status);
  // A record for each line of the text.
  void LogLines(int64_t cycle, LogLevel level, std::string_view text);

  // debug.cc
  // Shows the debugger what happened in a cycle.
  Status ShowDebugger(int64_t cycle);
  DebugPe DebugPeOf(uint32_t index) const;

  // stuck_report.cc
  std::string CommandName(uint32_t command) const;
  std::string DescribeCommand(uint32_t number) const;
  std::string ListPes() const;
  std::string ListWavelets() const;
  std::string ListMistakes() const;

  // simulator.cc
  StatusOr<uint32_t> PeAt(int fabric_x, int fabric_y) const;
  // The PE's memory now, or at the start where nothing happened yet.
  void CopyMemory(uint32_t index, uint32_t address, std::span<uint8_t> out) const;

  const image::Manifest manifest_;
  const std::unique_ptr<pe::Machine> machine_;
  const io::Geometry geometry_;
  const SimulatorOptions options_;
  io::IoEngine io_;
  trace::RecordBuffer tap_;  // of the debugger
  trace::LogMerger log_;
  std::unique_ptr<engine::Engine> engine_;
  std::vector<pe::PeMessage> messages_;

  int64_t clock_ = 0;         // as the host sees it
  int64_t fabric_cycle_ = 0;  // the end of the last window
  int64_t ahead_until_ = 0;   // no PE has run further ahead
  Status failure_;            // the run is over
  bool drained_ = false;
  bool polls_ = false;                  // the call under way is Poll
  int quiet_polls_ = 0;                 // since the last Submit
  std::optional<pe::PeMessage> fault_;  // the first one
  // When commands under way are warned of if nothing moves until then; kNever: they were.
  std::map<uint32_t, int64_t> warn_cycles_;
  // Streams without an end that are queued or under way.
  struct Endless {
    std::function<void(std::span<const uint32_t>)> sink;
    std::shared_ptr<std::vector<uint32_t>> taken;
    int64_t words = 0;  // that the sink got
  };
  std::map<uint32_t, Endless> endless_;
  std::set<std::pair<uint32_t, CopyDirection>> long_copies_;  // that a warning was logged for
  std::atomic<bool> interrupted_{false};
  bool interrupting_ = false;  // asked for, and PEs are still ahead
  WallClock::time_point created_ = WallClock::now();
  WallClock::time_point last_interrupt_check_ = WallClock::now();
  std::chrono::duration<double> sim_time_{0};
};

}  // namespace csl::fabric

#endif  // FABRIC_SIM_FABRIC_SIMULATOR_H_
