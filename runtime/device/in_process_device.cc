// SPDX-License-Identifier: Apache-2.0
#include "runtime/device/in_process_device.h"

#include <utility>

#include "base/check.h"

namespace csl::runtime {
namespace {

class SimulatorTarget : public DebugTarget {
 public:
  explicit SimulatorTarget(const fabric::Simulator& simulator) : simulator_(simulator) {}
  StatusOr<std::vector<uint8_t>> PeekMemory(int fabric_x, int fabric_y, uint32_t address,
                                            uint32_t size_bytes) const override {
    return simulator_.PeekMemory(fabric_x, fabric_y, address, size_bytes);
  }
  StatusOr<std::string> StateJson(int fabric_x, int fabric_y) const override {
    return simulator_.StateJson(fabric_x, fabric_y);
  }

 private:
  const fabric::Simulator& simulator_;
};

class InProcessDevice : public Device {
 public:
  explicit InProcessDevice(DeviceOptions options) : options_(std::move(options)) {}

  Status Load(const Program& program) override {
    fabric::SimulatorOptions options;
    options.num_threads = options_.num_threads;
    options.num_shards = options_.num_shards;
    options.engine = options_.engine;
    options.command_limit_cycles = options_.command_limit_cycles;
    options.warn_after_cycles = options_.warn_after_cycles;
    options.refuse_long_copies = options_.refuse_long_copies;
    options.more_threads_than_cores = options_.more_threads_than_cores;
    options.parallel_threshold_ns = options_.parallel_threshold_ns;
    options.trace = options_.trace;
    options.min_log_level = options_.min_log_level;
    options.log_sink = options_.log_sink;
    if (options_.debugger) {
      options.debugger = [this](const fabric::Simulator& simulator, const fabric::DebugView& view) {
        return options_.debugger(SimulatorTarget(simulator), view);
      };
    }
    options.check_interrupt = options_.check_interrupt;
    ASSIGN_OR_RETURN(simulator_, fabric::Simulator::Create(program.artifact, options));
    return OkStatus();
  }

  StatusOr<fabric::CommandId> Submit(fabric::LaunchCommand command) override {
    return simulator().Submit(std::move(command));
  }
  StatusOr<fabric::CommandId> Submit(fabric::CopyCommand command) override {
    return simulator().Submit(std::move(command));
  }
  StatusOr<fabric::CommandId> Submit(fabric::StreamCommand command) override {
    return simulator().Submit(std::move(command));
  }
  StatusOr<fabric::CommandId> Submit(fabric::PortCommand command) override {
    return simulator().Submit(std::move(command));
  }
  Status Wait(fabric::CommandId id) override { return simulator().Wait(id); }
  StatusOr<bool> Poll(fabric::CommandId id) override { return simulator().Poll(id); }
  bool IsDone(fabric::CommandId id) const override { return simulator().IsDone(id); }
  Status Drain() override { return simulator().Drain(); }

  StatusOr<std::vector<uint8_t>> ReadSymbol(int fabric_x, int fabric_y,
                                            std::string_view name) override {
    return simulator().ReadSymbol(fabric_x, fabric_y, name);
  }
  StatusOr<fabric::SimStats> Stats() override { return simulator().Stats(); }
  Status WriteCore(std::string_view program_digest,
                   const std::function<void(std::span<const uint8_t>)>& sink) override {
    simulator().WriteCore(program_digest, sink);
    return OkStatus();
  }

  Status WriteStates(const std::function<void(std::span<const uint8_t>)>& sink) override {
    simulator().WriteStates(sink);
    return OkStatus();
  }

 private:
  fabric::Simulator& simulator() const {
    CHECK(simulator_ != nullptr) << "a Device is used before Load";
    return *simulator_;
  }

  DeviceOptions options_;
  std::unique_ptr<fabric::Simulator> simulator_;
};

}  // namespace

std::unique_ptr<Device> MakeInProcessDevice(DeviceOptions options) {
  return std::make_unique<InProcessDevice>(std::move(options));
}

}  // namespace csl::runtime
