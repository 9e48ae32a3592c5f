// SPDX-License-Identifier: Apache-2.0
// Device: what a program runs on: the simulator inside this process, or a CS system over TCP.
//
//   device->Load(program); id = device->Submit(command); device->Wait(id); device->Drain();
//
// Its calls mean what those of fabric::Simulator mean, and give the same results, logs, statistics
// and cycle counts on every device: time advances only in Wait, Poll and Drain, and commands finish
// in the order they were submitted. One contract test (device_contract_test.cc) holds all devices
// to that.
//
// A Device is used from one thread at a time. Destroying it ends the run.
#ifndef RUNTIME_DEVICE_DEVICE_H_
#define RUNTIME_DEVICE_DEVICE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "fabric/sim/simulator.h"
#include "runtime/loader/program.h"

namespace csl::runtime {

// A run that stands still, as its debugger sees it: those of fabric::Simulator.
class DebugTarget {
 public:
  virtual ~DebugTarget() = default;
  virtual StatusOr<std::vector<uint8_t>> PeekMemory(int fabric_x, int fabric_y, uint32_t address,
                                                    uint32_t size_bytes) const = 0;
  virtual StatusOr<std::string> StateJson(int fabric_x, int fabric_y) const = 0;
};

struct DeviceOptions {
  // 1..fabric::kMaxThreads. None of the first three ever changes a result.
  int num_threads = 5;
  int num_shards = 0;  // 0: the device chooses
  fabric::EngineKind engine = fabric::EngineKind::kSharded;
  // A command that takes longer ends the run with the stuck report; 0: no limit.
  int64_t command_limit_cycles = 0;
  // Commands that make no progress for so long are warned of; 0: never.
  int64_t warn_after_cycles = fabric::kDefaultWarnAfterCycles;
  // As in fabric::SimulatorOptions.
  bool refuse_long_copies = false;
  // For tests, of a simulator in this process: as in fabric::SimulatorOptions.
  bool more_threads_than_cores = false;
  int64_t parallel_threshold_ns = fabric::SimulatorOptions().parallel_threshold_ns;

  // fabric::TraceKind bits: events that log_sink gets beside messages.
  uint32_t trace = 0;
  fabric::LogLevel min_log_level = fabric::LogLevel::kInfo;
  // Called inside Wait, Poll and Drain with the records of the run in their order.
  std::function<void(const fabric::LogRecord&)> log_sink;
  // As fabric::SimulatorOptions::debugger.
  std::function<Status(const DebugTarget&, const fabric::DebugView&)> debugger;
  // Asked about ten times a second while a call waits; true makes the call return kAborted soon.
  std::function<bool()> check_interrupt;
};

class Device {
 public:
  virtual ~Device() = default;

  // Resets the fabric and loads the program; once, before all else. kUnavailable when the CS system
  // cannot be reached or is in use.
  virtual Status Load(const Program& program) = 0;

  virtual StatusOr<fabric::CommandId> Submit(fabric::LaunchCommand command) = 0;
  virtual StatusOr<fabric::CommandId> Submit(fabric::CopyCommand command) = 0;
  virtual StatusOr<fabric::CommandId> Submit(fabric::StreamCommand command) = 0;
  virtual StatusOr<fabric::CommandId> Submit(fabric::PortCommand command) = 0;
  virtual Status Wait(fabric::CommandId id) = 0;
  virtual StatusOr<bool> Poll(fabric::CommandId id) = 0;
  // Never advances time.
  virtual bool IsDone(fabric::CommandId id) const = 0;
  virtual Status Drain() = 0;

  // By fabric coordinates.
  virtual StatusOr<std::vector<uint8_t>> ReadSymbol(int fabric_x, int fabric_y,
                                                    std::string_view name) = 0;
  virtual StatusOr<fabric::SimStats> Stats() = 0;
  // The bytes of a core file, piece by piece: Simulator::WriteCore.
  virtual Status WriteCore(std::string_view program_digest,
                           const std::function<void(std::span<const uint8_t>)>& sink) = 0;
  // What follows it in the file, if anything: Simulator::WriteStates.
  virtual Status WriteStates(const std::function<void(std::span<const uint8_t>)>&) {
    return OkStatus();
  }
};

using DeviceFactory = std::function<std::unique_ptr<Device>(DeviceOptions)>;

}  // namespace csl::runtime

#endif  // RUNTIME_DEVICE_DEVICE_H_
