// SPDX-License-Identifier: Apache-2.0
// Random programs of the whole fabric show the same bytes on a device of any kind, in this process
// or over TCP, with 1, 2, 3, 8 and 64 threads, that really run, and shards of any shape.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "fabric/testing/random_fabric_program.h"
#include "runtime/device/in_process_device.h"
#include "runtime/device/system_device.h"
#include "runtime/testing/test_server.h"

namespace csl::runtime {
namespace {

constexpr uint32_t kFirstSeed = 7004;
constexpr uint32_t kNumPrograms = 6;
constexpr int kThreads[] = {1, 2, 3, 8, 64};

// A device in the shape of a simulator, which random hosts know how to use.
class DeviceAsSimulator : public fabric::Simulator {
 public:
  DeviceAsSimulator(std::unique_ptr<TestServer> server, std::unique_ptr<Device> device)
      : server_(std::move(server)), device_(std::move(device)) {}

  StatusOr<fabric::CommandId> Submit(fabric::LaunchCommand command) override {
    return device_->Submit(std::move(command));
  }
  StatusOr<fabric::CommandId> Submit(fabric::CopyCommand command) override {
    return SubmitTransfer(std::move(command));
  }
  StatusOr<fabric::CommandId> Submit(fabric::StreamCommand command) override {
    return SubmitTransfer(std::move(command));
  }
  StatusOr<fabric::CommandId> Submit(fabric::PortCommand command) override {
    return device_->Submit(std::move(command));
  }
  Status Wait(fabric::CommandId id) override {
    const Status status = device_->Wait(id);
    TakeResults();
    return status;
  }
  StatusOr<bool> Poll(fabric::CommandId id) override {
    const StatusOr<bool> done = device_->Poll(id);
    TakeResults();
    return done;
  }
  bool IsDone(fabric::CommandId id) const override { return device_->IsDone(id); }
  Status Drain() override {
    const Status status = device_->Drain();
    TakeResults();
    drained_ = status.ok();
    return status;
  }
  void Interrupt() override {}
  int64_t cycle() const override { return Stats().cycle_count; }
  fabric::SimStats Stats() const override {
    auto stats = device_->Stats();
    return stats.ok() ? *stats : fabric::SimStats{};
  }
  // The memory of all PEs, whichever is asked for, once they are at rest: in the middle of a task a
  // PE may have run ahead.
  StatusOr<std::vector<uint8_t>> ReadMemory(int, int, uint32_t, uint32_t) const override {
    std::vector<uint8_t> core;
    if (!drained_) return core;
    RETURN_IF_ERROR(device_->WriteCore("digest", [&](std::span<const uint8_t> bytes) {
      core.insert(core.end(), bytes.begin(), bytes.end());
    }));
    return core;
  }
  StatusOr<std::vector<uint8_t>> ReadSymbol(int x, int y, std::string_view name) const override {
    return device_->ReadSymbol(x, y, name);
  }
  void WriteCore(std::string_view digest,
                 const std::function<void(std::span<const uint8_t>)>& sink) const override {
    (void)device_->WriteCore(digest, sink);
  }
  StatusOr<std::string> DumpPe(int, int) const override { return std::string(); }
  std::string StuckReport() const override { return ""; }

 private:
  struct Result {
    fabric::CommandId id;
    std::vector<uint32_t> words;
    std::span<uint32_t> destination;
  };

  template <typename Command>
  StatusOr<fabric::CommandId> SubmitTransfer(Command command) {
    Result result{{}, std::vector<uint32_t>(command.destination.size()), command.destination};
    command.destination = result.words;
    StatusOr<fabric::CommandId> id = device_->Submit(std::move(command));
    if (id.ok()) result.id = *id;
    results_.push_back(std::move(result));
    return id;
  }
  // Of a command that is not done the destination holds anything.
  void TakeResults() {
    for (const Result& result : results_) {
      if (!device_->IsDone(result.id)) continue;
      std::copy(result.words.begin(), result.words.end(), result.destination.begin());
    }
  }

  std::vector<Result> results_;
  bool drained_ = false;
  std::unique_ptr<TestServer> server_;
  std::unique_ptr<Device> device_;
};

std::unique_ptr<Device> MakeBusyDevice(DeviceOptions options) {
  options.more_threads_than_cores = true;
  options.parallel_threshold_ns = 0;
  return MakeInProcessDevice(std::move(options));
}

struct Way {
  bool over_tcp;
  int threads;
  int shards;
};

std::string RunOn(const fabric::testing::FabricProgram& program, uint32_t seed, const Way& way) {
  const auto make =
      [&](const image::Artifact& artifact,
          const fabric::SimulatorOptions& wanted) -> StatusOr<std::unique_ptr<fabric::Simulator>> {
    DeviceOptions options;
    options.num_threads = way.threads;
    options.num_shards = way.shards;
    options.min_log_level = wanted.min_log_level;
    options.log_sink = wanted.log_sink;
    std::unique_ptr<TestServer> server;
    std::unique_ptr<Device> device;
    if (way.over_tcp) {
      server = std::make_unique<TestServer>(MakeBusyDevice);
      device = MakeSystemDevice(server->address(), std::move(options));
    } else {
      device = MakeBusyDevice(std::move(options));
    }
    RETURN_IF_ERROR(device->Load({artifact, image::ArtifactFiles(artifact)}));
    std::unique_ptr<fabric::Simulator> simulator =
        std::make_unique<DeviceAsSimulator>(std::move(server), std::move(device));
    return simulator;
  };
  fabric::testing::Coverage coverage;
  return fabric::testing::RunFabricHost(program, seed, {}, make, &coverage);
}

TEST(SameOnDevices, AnyNumberOfThreadsAndShardsShowsTheSame) {
  for (uint32_t seed = kFirstSeed; seed < kFirstSeed + kNumPrograms; ++seed) {
    const fabric::testing::FabricProgram program = fabric::testing::RandomFabricProgram(seed);
    const std::string expected = RunOn(program, seed, {false, 1, 1});
    ASSERT_NE(expected.find("drain @"), std::string::npos) << expected;
    ASSERT_NE(expected.find("memory 0,0 "), std::string::npos) << expected;
    for (const bool over_tcp : {false, true}) {
      for (const int threads : kThreads) {
        const int shards = static_cast<int>((seed + static_cast<uint32_t>(threads)) % 17);
        const std::string got = RunOn(program, seed, {over_tcp, threads, shards});
        ASSERT_EQ(fabric::testing::FirstDifference(got, expected), "")
            << "seed " << seed << (over_tcp ? ", over TCP, " : ", in this process, ") << threads
            << " threads, " << shards << " shards";
      }
    }
  }
}

}  // namespace
}  // namespace csl::runtime
