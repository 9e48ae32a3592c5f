// SPDX-License-Identifier: Apache-2.0
// The reference simulator: the judge of the fast engine. Every PE and every router, every cycle,
// written from docs/fabric/timing.md and docs/fabric/host_io.md alone.
//
// Results, cycles, statistics, log and faults are those of any Simulator. Wall time aside.
#ifndef FABRIC_REFERENCE_REFERENCE_SIMULATOR_H_
#define FABRIC_REFERENCE_REFERENCE_SIMULATOR_H_

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

#include "fabric/image/artifact.h"
#include "fabric/reference/host_io.h"
#include "fabric/reference/machine.h"
#include "fabric/sim/simulator.h"
#include "fabric/trace/log.h"

namespace csl::fabric::reference {

class ReferenceSimulator final : public Simulator {
 public:
  ReferenceSimulator(const image::Artifact& artifact, const SimulatorOptions& options);

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
  StatusOr<std::string> DumpPe(int fabric_x, int fabric_y) const override;
  SimStats Stats() const override;
  std::string StuckReport() const override;

  // For tests.
  Machine& machine() { return machine_; }
  const HostIo& host_io() const { return io_; }

 private:
  using WallClock = std::chrono::steady_clock;

  // submit.cc
  Status CheckOpen() const;
  StatusOr<const image::Export*> FindExport(uint32_t id, image::ExportKind kind) const;
  // The region, and how many words the host gave.
  Status CheckTransfer(const HostTransfer& transfer) const;
  Status CheckExported(const image::Export& exported, const CopyCommand& command) const;
  // Warns of a copy that is longer than its array, or refuses it.
  Status CheckLength(const image::Export& exported, const CopyCommand& command);

  // run_loop.cc
  // Advances until command `target` is done (and what the host can see of it has happened), the
  // fabric is quiet, or time reaches `limit`.
  Status Run(std::optional<uint32_t> target, int64_t limit);
  bool HostMayHelp();
  Status EndOfRun(bool quiet, std::optional<uint32_t> target, bool target_done);
  Status RunTimed(std::optional<uint32_t> target, int64_t limit);
  Status FinishCommands(int64_t bound);
  // Hands the sinks what came for them.
  void PassWordsOn();
  void EndPort(uint32_t number, int64_t cycle);
  bool InterruptRequested();
  // The next cycle from now_ on in which something can happen; kNever: none.
  int64_t NextEvent() const;
  bool StartCommand(int64_t next_event);
  void CheckPatience(int64_t next_event);
  void CheckPatience(uint32_t number, int64_t next_event);
  void Step();
  Status Fail(Status status);
  void LogLines(int64_t cycle, LogLevel level, std::string_view text);

  // report.cc
  std::string CommandName(uint32_t command) const;
  std::string ListPes() const;
  std::string FaultMessage(uint32_t pe) const;

  StatusOr<uint32_t> PeAt(int fabric_x, int fabric_y) const;

  const image::Manifest manifest_;
  const SimulatorOptions options_;
  Machine machine_;
  HostIo io_;
  trace::LogMerger log_;

  int64_t now_ = 0;  // the first cycle that has not been stepped
  int64_t clock_ = 0;
  Status failure_;
  bool drained_ = false;
  bool polls_ = false;         // the call under way is Poll
  int polls_without_use_ = 0;  // in a row, while the fabric was quiet
  // Of receives without an end that are not done.
  std::map<uint32_t, std::function<void(std::span<const uint32_t>)>> sinks_;
  std::set<uint32_t> warned_;  // commands that a warning was logged for
  std::set<std::pair<uint32_t, CopyDirection>> long_copies_;  // that a warning was logged for
  std::atomic<bool> interrupted_{false};
  WallClock::time_point created_ = WallClock::now();
  WallClock::time_point last_interrupt_check_ = WallClock::now();
  std::chrono::duration<double> sim_time_{0};
};

// Fails as Simulator::Create does.
StatusOr<std::unique_ptr<Simulator>> MakeReferenceSimulator(const image::Artifact& artifact,
                                                            const SimulatorOptions& options);

}  // namespace csl::fabric::reference

#endif  // FABRIC_REFERENCE_REFERENCE_SIMULATOR_H_
