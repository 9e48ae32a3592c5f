// SPDX-License-Identifier: Apache-2.0
// What every device promises, as one suite that runs against each of them: the simulator in this
// process and over TCP, both engines, and the fake that other tests use.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <filesystem>
#include <numeric>
#include <set>
#include <string>
#include <thread>

#include "runtime/device/in_process_device.h"
#include "runtime/device/system_device.h"
#include "runtime/memcpy/region.h"
#include "runtime/testing/fake_device.h"
#include "runtime/testing/test_program.h"
#include "runtime/testing/test_server.h"

namespace csl::runtime {
namespace {

constexpr uint32_t kA = 0;
constexpr uint32_t kB = 1;
constexpr uint32_t kAdd = 2;
constexpr uint32_t kMix = 3;
constexpr uint32_t kStuck = 4;
constexpr uint32_t kSpin = 5;

struct Kind {
  const char* name;
  DeviceFactory make;
  bool over_tcp;
  fabric::EngineKind engine = fabric::EngineKind::kSharded;
  bool has_memory = true;  // arrays of which one lies behind the other
  int num_threads = 1;
};

// As many threads as asked for, however few cores there are and however little there is to do. All
// of them meet after every cycle of the fabric.
DeviceFactory WithAllThreads() {
  return [](DeviceOptions options) {
    options.more_threads_than_cores = true;
    options.parallel_threshold_ns = 0;
    return MakeInProcessDevice(std::move(options));
  };
}

fabric::CopyCommand ToDevice(const Region& region, std::vector<uint32_t> data, uint32_t id = kA) {
  fabric::CopyCommand command;
  command.export_id = id;
  command.x = static_cast<int>(region.x);
  command.y = static_cast<int>(region.y);
  command.width = static_cast<int>(region.width);
  command.height = static_cast<int>(region.height);
  command.elements_per_pe = static_cast<int>(region.elements_per_pe);
  command.data = std::move(data);
  return command;
}

fabric::CopyCommand ToHost(const Region& region, std::span<uint32_t> out, uint32_t id = kA) {
  fabric::CopyCommand command = ToDevice(region, {}, id);
  command.direction = fabric::CopyDirection::kDeviceToHost;
  command.destination = out;
  return command;
}

std::string EventText(const fabric::LogRecord& r) {
  std::string text = std::to_string(static_cast<int>(r.event.kind));
#define FIELD(name) text += " " + std::to_string(r.event.name);
#include "runtime/wire/event_fields.def"
#undef FIELD
  return "@" + std::to_string(r.cycle) + " event " + text;
}

// A run on a device: what the tests say in few words.
class TestRun {
 public:
  explicit TestRun(const Kind& kind, DeviceOptions options = {}) {
    options.engine = kind.engine;
    options.num_threads = kind.num_threads;
    options.log_sink = [this](const fabric::LogRecord& record) {
      log_ += (record.is_event() ? EventText(record) : record.ToString()) + "\n";
    };
    if (kind.over_tcp) {
      server_ = std::make_unique<TestServer>(kind.make);
      device_ = MakeSystemDevice(server_->address(), std::move(options));
    } else {
      device_ = kind.make(std::move(options));
    }
    const Status loaded = device_->Load(MakeTestProgram());
    CHECK(loaded.ok()) << loaded.ToString();
  }

  Device* operator->() { return device_.get(); }
  const std::string& log() const { return log_; }

  template <typename Command>
  Status Do(Command command) {
    ASSIGN_OR_RETURN(fabric::CommandId id, device_->Submit(std::move(command)));
    return device_->Wait(id);
  }
  std::vector<uint32_t> Read(const Region& region, int bits = 32, uint32_t id = kA,
                             fabric::CopyOrder order = fabric::CopyOrder::kRowMajor) {
    std::vector<uint32_t> out(static_cast<size_t>(region.words()), 0xdeadbeef);
    fabric::CopyCommand command = ToHost(region, out, id);
    command.element_bits = bits;
    command.order = order;
    EXPECT_EQ(Do(std::move(command)).ToString(), "ok");
    return out;
  }
  // What sim_stats.json would hold, wall times and threads aside.
  std::string Stats() {
    fabric::SimStats stats = device_->Stats().value();
    stats.threads = 0;
    stats.sim_time = stats.total_time = 0;
    stats.cycles_per_second = stats.tile_cycles_per_second = 0;
    return ToJson(stats);
  }

 private:
  std::string log_;
  std::unique_ptr<TestServer> server_;
  std::unique_ptr<Device> device_;
};

constexpr fabric::EngineKind kSharded = fabric::EngineKind::kSharded;

class DeviceContractTest : public ::testing::TestWithParam<Kind> {};

std::vector<uint32_t> Counting(const Region& region, uint32_t from) {
  std::vector<uint32_t> out(static_cast<size_t>(region.words()));
  std::iota(out.begin(), out.end(), from);
  return out;
}

TEST_P(DeviceContractTest, WhatIsCopiedInComesOut) {
  TestRun run(GetParam());
  const Region region{1, 1, 3, 2, 5};
  ASSERT_EQ(run.Do(ToDevice(region, Counting(region, 1000))).ToString(), "ok");
  EXPECT_EQ(run.Read(region), Counting(region, 1000));
  EXPECT_EQ(run.Read({0, 0, 4, 1, kTestElements}), std::vector<uint32_t>(4 * kTestElements, 0));
}

TEST_P(DeviceContractTest, OrdersPermuteTheHostArray) {
  TestRun run(GetParam());
  const Region region{0, 0, 4, 3, 2};
  ASSERT_EQ(run.Do(ToDevice(region, Counting(region, 0))).ToString(), "ok");
  const auto columns = run.Read(region, 32, kA, fabric::CopyOrder::kColumnMajor);
  for (int h = 0; h < 3; ++h) {
    for (int w = 0; w < 4; ++w) {
      for (int l = 0; l < 2; ++l) {
        const auto row = HostIndex(region, fabric::CopyOrder::kRowMajor, h, w, l);
        const auto column = HostIndex(region, fabric::CopyOrder::kColumnMajor, h, w, l);
        EXPECT_EQ(columns[static_cast<size_t>(column)], static_cast<uint32_t>(row));
      }
    }
  }
}

TEST_P(DeviceContractTest, SixteenBitCopiesMoveLowHalves) {
  TestRun run(GetParam());
  const Region region{2, 0, 1, 1, 4};
  fabric::CopyCommand command = ToDevice(region, {0xffff0001, 0x12340002, 0x00000003, 0xabcdffff});
  command.element_bits = 16;
  ASSERT_EQ(run.Do(std::move(command)).ToString(), "ok");
  EXPECT_EQ(run.Read(region, 16), (std::vector<uint32_t>{1, 2, 3, 0xffff}));
  EXPECT_EQ(run.Read({2, 0, 1, 1, 2}), (std::vector<uint32_t>{0x00020001, 0xffff0003}));
}

TEST_P(DeviceContractTest, BroadcastsAndStepsReachTheirPes) {
  TestRun run(GetParam());
  fabric::CopyCommand rows = ToDevice({1, 0, 2, 3, 2}, {1, 2, 3, 4, 5, 6});
  rows.broadcast = fabric::Broadcast::kRows;
  ASSERT_EQ(run.Do(std::move(rows)).ToString(), "ok");
  EXPECT_EQ(run.Read({0, 0, 4, 2, 2}),
            (std::vector<uint32_t>{0, 0, 1, 2, 1, 2, 0, 0, 0, 0, 3, 4, 3, 4, 0, 0}));
  fabric::CopyCommand columns = ToDevice({0, 0, 4, 2, 1}, {7, 8, 9, 10});
  columns.broadcast = fabric::Broadcast::kColumns;
  ASSERT_EQ(run.Do(std::move(columns)).ToString(), "ok");
  EXPECT_EQ(run.Read({0, 0, 4, 3, 1}),
            (std::vector<uint32_t>{7, 8, 9, 10, 7, 8, 9, 10, 0, 5, 5, 0}));
  fabric::CopyCommand steps = ToDevice({0, 0, 2, 2, 1}, {11, 12, 13, 14});
  steps.x_step = 3;
  steps.y_step = 2;
  ASSERT_EQ(run.Do(std::move(steps)).ToString(), "ok");
  EXPECT_EQ(run.Read({0, 0, 4, 3, 1}),
            (std::vector<uint32_t>{11, 8, 9, 12, 7, 8, 9, 10, 13, 5, 5, 14}));
}

TEST_P(DeviceContractTest, LaunchesReachEveryPe) {
  TestRun run(GetParam());
  ASSERT_EQ(run.Do(fabric::LaunchCommand{kAdd, {7}}).ToString(), "ok");
  EXPECT_EQ(run.Read({0, 0, 4, 3, kTestElements}), std::vector<uint32_t>(12 * kTestElements, 7));
  ASSERT_EQ(run.Do(fabric::LaunchCommand{kMix, {0xfffe, 0x3fc00000}}).ToString(), "ok");
  EXPECT_EQ(run.Read({3, 2, 1, 1, 3})[1], 0x3fc00000u);
}

TEST_P(DeviceContractTest, CommandsRunInTheOrderOfSubmission) {
  TestRun run(GetParam());
  const Region region{0, 0, 1, 1, 1};
  std::vector<uint32_t> first(1);
  std::vector<uint32_t> second(1);
  ASSERT_TRUE(run->Submit(ToDevice(region, {100})).ok());
  auto copy = run->Submit(ToHost(region, first));
  ASSERT_TRUE(run->Submit(fabric::LaunchCommand{kAdd, {1}}).ok());
  auto last = run->Submit(ToHost(region, second));
  ASSERT_TRUE(copy.ok() && last.ok());
  EXPECT_FALSE(run->IsDone(*copy));
  ASSERT_EQ(run->Wait(*last).ToString(), "ok");
  EXPECT_TRUE(run->IsDone(*copy));
  EXPECT_TRUE(run->IsDone(*last));
  EXPECT_EQ(first, std::vector<uint32_t>{100});
  EXPECT_EQ(second, std::vector<uint32_t>{101});
}

TEST_P(DeviceContractTest, TimeStandsStillBetweenCalls) {
  TestRun run(GetParam());
  ASSERT_TRUE(run->Submit(fabric::LaunchCommand{kAdd, {1}}).ok());
  const std::string before = run.Stats();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(run.Stats(), before);
  ASSERT_EQ(run->Drain().ToString(), "ok");
  EXPECT_NE(run.Stats(), before);
}

TEST_P(DeviceContractTest, PollAdvancesUntilDone) {
  TestRun run(GetParam());
  auto id = run->Submit(fabric::LaunchCommand{kAdd, {1}});
  ASSERT_TRUE(id.ok());
  int polls = 0;
  for (bool done = false; !done; ++polls) {
    StatusOr<bool> polled = run->Poll(*id);
    ASSERT_TRUE(polled.ok()) << polled.status().ToString();
    done = *polled;
    ASSERT_LT(polls, 10'000);
  }
  EXPECT_TRUE(run->IsDone(*id));
}

TEST_P(DeviceContractTest, DrainFinishesWhatIsQueued) {
  TestRun run(GetParam());
  std::vector<uint32_t> out(1);
  ASSERT_TRUE(run->Submit(fabric::LaunchCommand{kAdd, {9}}).ok());
  ASSERT_TRUE(run->Submit(ToHost({0, 0, 1, 1, 1}, out)).ok());
  ASSERT_EQ(run->Drain().ToString(), "ok");
  EXPECT_EQ(out[0], 9u);
  EXPECT_EQ(run->Drain().ToString(), "ok");
}

TEST_P(DeviceContractTest, AStuckProgramEndsTheRun) {
  TestRun run(GetParam());
  const Status stuck = run.Do(fabric::LaunchCommand{kStuck, {}});
  EXPECT_EQ(stuck.code(), StatusCode::kFailedPrecondition) << stuck.ToString();
  EXPECT_NE(stuck.message().find("stuck"), std::string::npos) << stuck.message();
  EXPECT_EQ(run->Submit(fabric::LaunchCommand{kAdd, {1}}).status().ToString(), stuck.ToString());
  EXPECT_EQ(run->Drain().ToString(), stuck.ToString());
}

TEST_P(DeviceContractTest, ResultsBeforeTheFailureStillArrive) {
  TestRun run(GetParam());
  std::vector<uint32_t> out(1);
  ASSERT_TRUE(run->Submit(fabric::LaunchCommand{kAdd, {5}}).ok());
  auto copy = run->Submit(ToHost({0, 0, 1, 1, 1}, out));
  ASSERT_TRUE(run->Submit(fabric::LaunchCommand{kStuck, {}}).ok());
  auto last = run->Submit(fabric::LaunchCommand{kAdd, {5}});
  ASSERT_TRUE(copy.ok() && last.ok());
  EXPECT_FALSE(run->Wait(*last).ok());
  EXPECT_TRUE(run->IsDone(*copy));
  EXPECT_FALSE(run->IsDone(*last));
  EXPECT_EQ(out[0], 5u);
}

TEST_P(DeviceContractTest, AnInterruptEndsTheWaitOnly) {
  bool armed = false;
  int asked = 0;
  DeviceOptions options;
  options.check_interrupt = [&] { return armed && ++asked == 2; };
  TestRun run(GetParam(), options);
  auto id = run->Submit(fabric::LaunchCommand{kSpin, {}});
  ASSERT_TRUE(id.ok());
  armed = true;
  const Status status = run->Wait(*id);
  EXPECT_EQ(status.code(), StatusCode::kAborted) << status.ToString();
  EXPECT_FALSE(run->IsDone(*id));
  EXPECT_TRUE(run->Stats().ok()) << "the run continues";
}

TEST_P(DeviceContractTest, ACommandWithoutProgressIsWarnedOfWhenAsked) {
  if (!GetParam().has_memory) GTEST_SKIP() << "it runs no programs";
  DeviceOptions options;
  options.warn_after_cycles = 5000;
  options.command_limit_cycles = 20'000;
  TestRun run(GetParam(), options);
  EXPECT_FALSE(run.Do(fabric::LaunchCommand{kSpin, {}}).ok());
  EXPECT_NE(run.log().find("@5000 WARNING: command 0 launch spin has run for 5000 cycles, the last "
                           "5000 without progress, and is not done\n"),
            std::string::npos)
      << run.log();
}

TEST_P(DeviceContractTest, SymbolsCanBeReadByFabricCoordinates) {
  TestRun run(GetParam());
  ASSERT_EQ(run.Do(ToDevice({1, 2, 1, 1, 2}, {0x04030201, 5})).ToString(), "ok");
  ASSERT_EQ(run->Drain().ToString(), "ok");
  StatusOr<std::vector<uint8_t>> bytes = run->ReadSymbol(4 + 1, 1 + 2, "A_array");
  ASSERT_TRUE(bytes.ok()) << bytes.status().ToString();
  ASSERT_EQ(bytes->size(), 4u * kTestElements);
  EXPECT_EQ((*bytes)[2], 3);
  EXPECT_EQ((*bytes)[4], 5);
  EXPECT_EQ(run->ReadSymbol(4, 1, "nope").status().code(), StatusCode::kNotFound);
}

TEST_P(DeviceContractTest, ALargeTransferArrivesWhole) {
  TestRun run(GetParam());
  const Region region{0, 0, 4, 3, kTestElements};
  for (uint32_t round = 0; round < 50; ++round) {
    ASSERT_TRUE(run->Submit(ToDevice(region, Counting(region, round))).ok());
  }
  EXPECT_EQ(run.Read(region), Counting(region, 49));
  EXPECT_EQ(run.Read({0, 0, 4, 3, 8}, 16, kB), std::vector<uint32_t>(96, 0));
}

template <typename Command>
fabric::StreamCommand Stream(Command copy, int color) {
  fabric::StreamCommand command;
  static_cast<fabric::HostTransfer&>(command) = std::move(copy);
  command.color = color;
  return command;
}

TEST_P(DeviceContractTest, WhatIsStreamedInComesOutInOrder) {
  TestRun run(GetParam());
  const Region region{1, 1, 2, 2, 3};
  ASSERT_TRUE(run->Submit(Stream(ToDevice(region, Counting(region, 50)), kTestStreamIn)).ok());
  std::vector<uint32_t> out(12);
  fabric::StreamCommand back = Stream(ToHost(region, out), kTestStreamOut);
  ASSERT_EQ(run.Do(std::move(back)).ToString(), "ok");
  EXPECT_EQ(out, Counting(region, 50));
}

TEST_P(DeviceContractTest, BroadcastStreamsReachEveryPe) {
  TestRun run(GetParam());
  const Region region{0, 0, 2, 2, 1};
  fabric::StreamCommand in = Stream(ToDevice(region, {5, 6}), kTestStreamIn);
  in.broadcast = fabric::Broadcast::kColumns;
  ASSERT_TRUE(run->Submit(std::move(in)).ok());
  std::vector<uint32_t> out(4);
  ASSERT_EQ(run.Do(Stream(ToHost(region, out), kTestStreamOut)).ToString(), "ok");
  EXPECT_EQ(out, (std::vector<uint32_t>{5, 6, 5, 6}));
}

TEST_P(DeviceContractTest, ACopyLongerThanItsArrayIsAWarningOnce) {
  if (!GetParam().has_memory) GTEST_SKIP() << "it has no memory to overrun";
  TestRun run(GetParam());
  // B lies behind A and a gap as large.
  const Region region{1, 1, 2, 2, 2 * kTestElements + 2};
  ASSERT_EQ(run.Do(ToDevice(region, Counting(region, 0))).ToString(), "ok");
  ASSERT_EQ(run.Do(ToDevice(region, Counting(region, 0))).ToString(), "ok");
  const std::string warning =
      "copy to 'A' overwrites 'B_array' on P5.2 and 3 other PEs: it is 520 bytes long, 'A_array' "
      "has 256";
  const size_t at = run.log().find(warning);
  ASSERT_NE(at, std::string::npos) << run.log();
  EXPECT_EQ(run.log().find(warning, at + 1), std::string::npos) << run.log();
  run.Read(region);
  EXPECT_NE(run.log().find("copy of 'A' also reads 'B_array' on P5.2"), std::string::npos);
}

TEST_P(DeviceContractTest, ACopyLongerThanItsArrayIsAnErrorWhenAskedFor) {
  if (!GetParam().has_memory) GTEST_SKIP() << "it has no memory to overrun";
  DeviceOptions options;
  options.refuse_long_copies = true;
  TestRun run(GetParam(), options);
  const Region region{0, 0, 1, 1, kTestElements + 1};
  const Status refused = run.Do(ToDevice(region, Counting(region, 0)));
  EXPECT_EQ(refused.code(), StatusCode::kInvalidArgument) << refused.ToString();
  EXPECT_EQ(refused.message(),
            "copy to 'A' overwrites memory that no variable has on P4.1: it is 260 bytes long, "
            "'A_array' has 256");
  const Region whole{0, 0, 4, 3, kTestElements};
  EXPECT_EQ(run.Do(ToDevice(whole, Counting(whole, 0))).ToString(), "ok") << "the run continues";
}

// The same calls leave the same statistics and the same log, whatever the device.
std::pair<std::string, std::string> Traces(const Kind& kind, uint32_t trace = 0) {
  DeviceOptions options;
  options.trace = trace;
  TestRun run(kind, std::move(options));
  const Region region{0, 0, 4, 3, 16};
  std::vector<uint32_t> out(static_cast<size_t>(region.words()));
  EXPECT_TRUE(run->Submit(ToDevice(region, Counting(region, 3))).ok());
  auto id = run->Submit(fabric::LaunchCommand{kAdd, {7}});
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(run->Poll(*id).ok());
  EXPECT_EQ(run.Do(ToHost(region, out)), OkStatus());
  EXPECT_EQ(out, Counting(region, 10));
  const Region part{1, 0, 2, 3, 4};
  std::vector<uint32_t> echoed(static_cast<size_t>(part.words()));
  fabric::StreamCommand in = Stream(ToDevice(part, Counting(part, 9)), kTestStreamIn);
  in.order = fabric::CopyOrder::kColumnMajor;
  EXPECT_TRUE(run->Submit(std::move(in)).ok());
  EXPECT_EQ(run.Do(Stream(ToHost(part, echoed), kTestStreamOut)), OkStatus());
  EXPECT_EQ(run->Drain(), OkStatus());
  std::string stats = run.Stats();
  return {stats, run.log()};
}

TEST(DeviceContract, StatisticsAndLogsAgree) {
  const auto simulator = Traces({"Simulator", MakeInProcessDevice, false});
  const auto plain = Traces({"Plain", MakeInProcessDevice, false, fabric::EngineKind::kReference});
  const auto system = Traces({"System", MakeInProcessDevice, true});
  for (const int threads : {1, 2, 5, 32, 64}) {
    for (const bool over_tcp : {false, true}) {
      const Kind kind{"Threads", WithAllThreads(), over_tcp, kSharded, true, threads};
      EXPECT_EQ(Traces(kind), simulator) << threads << " threads" << (over_tcp ? " over TCP" : "");
    }
  }
  EXPECT_EQ(simulator.first, plain.first);
  EXPECT_EQ(simulator.first, system.first);
  EXPECT_EQ(simulator.second, plain.second);
  EXPECT_EQ(simulator.second, system.second);
  EXPECT_NE(simulator.first.find("\"host_commands\": 5"), std::string::npos) << simulator.first;
}

TEST(DeviceContract, EventsAgree) {
  const auto simulator = Traces({"Simulator", MakeInProcessDevice, false}, fabric::kAllTraceKinds);
  const auto system = Traces({"System", MakeInProcessDevice, true}, fabric::kAllTraceKinds);
  const auto untraced = Traces({"Simulator", MakeInProcessDevice, false});
  EXPECT_EQ(simulator.first, untraced.first);
  EXPECT_EQ(simulator.second, system.second);
  for (int kind = 1; kind < fabric::Event::kNumKinds; ++kind) {
    // A microthread of each PE waits for the host's streams for ever.
    if (kind == static_cast<int>(fabric::Event::Kind::kIdle)) continue;
    EXPECT_NE(simulator.second.find(" event " + std::to_string(kind) + " "), std::string::npos)
        << kind;
  }
}

// Ids of this process's threads; it is the system's process too.
std::set<std::string> Threads() {
  std::set<std::string> ids;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    ids.insert(entry.path().filename());
  }
  return ids;
}

// The caller of the simulator is one of them: the test, or the system's thread of the connection.
TEST(DeviceContract, AsManyThreadsAreThereAsAskedFor) {
  const auto added = [](int threads, bool over_tcp) {
    const std::set<std::string> before = Threads();
    TestRun run({"Threads", WithAllThreads(), over_tcp, kSharded, true, threads});
    EXPECT_EQ(run.Do(fabric::LaunchCommand{kAdd, {7}}), OkStatus());
    const std::set<std::string> now = Threads();
    return std::count_if(now.begin(), now.end(),
                         [&](const auto& id) { return !before.contains(id); });
  };
  EXPECT_EQ(added(1, false), 0);
  EXPECT_EQ(added(64, false), 63);
  const auto of_server = added(1, true);
  EXPECT_EQ(added(64, true), of_server + 63);
}

INSTANTIATE_TEST_SUITE_P(
    Devices, DeviceContractTest,
    ::testing::Values(
        Kind{"Fake", MakeFakeDevice, false, kSharded, false},
        Kind{"FakeOverTcp", MakeFakeDevice, true, kSharded, false},
        Kind{"Simulator", MakeInProcessDevice, false},
        Kind{"PlainEngine", MakeInProcessDevice, false, fabric::EngineKind::kReference},
        Kind{"SimulatorOverTcp", MakeInProcessDevice, true},
        Kind{"PlainEngineOverTcp", MakeInProcessDevice, true, fabric::EngineKind::kReference},
        Kind{"TwoThreads", WithAllThreads(), false, kSharded, true, 2},
        Kind{"ThreeThreadsOverTcp", WithAllThreads(), true, kSharded, true, 3},
        Kind{"EightThreads", WithAllThreads(), false, kSharded, true, 8},
        Kind{"SixteenThreadsOverTcp", WithAllThreads(), true, kSharded, true, 16},
        Kind{"SixtyFourThreads", WithAllThreads(), false, kSharded, true, 64},
        Kind{"SixtyFourThreadsOverTcp", WithAllThreads(), true, kSharded, true, 64}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace csl::runtime
