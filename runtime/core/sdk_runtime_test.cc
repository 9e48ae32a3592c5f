// SPDX-License-Identifier: Apache-2.0
#include "runtime/core/sdk_runtime.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <numeric>

#include "base/file.h"
#include "runtime/testing/fake_device.h"
#include "runtime/testing/test_program.h"

namespace csl::runtime {
namespace {

constexpr int kCycles = static_cast<int>(kFakeCommandCycles);

class SdkRuntimeTest : public ::testing::Test {
 protected:
  SdkRuntimeTest() {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    std::filesystem::current_path(folder_);
    options_.make_device = MakeFakeDevice;
    options_.message_sink = [this](fabric::LogLevel, const std::string& text) {
      messages_.push_back(text);
    };
  }
  void Create() { runtime_ = SdkRuntime::Create(MakeTestProgram(), options_).value(); }
  void Start() {
    Create();
    ASSERT_EQ(runtime_->Load(), OkStatus());
    ASSERT_EQ(runtime_->Run(), OkStatus());
  }
  CopyRequest Copy(const char* symbol, Region region) {
    return {.symbol = runtime_->GetId(symbol).value(), .region = region};
  }
  // The whole of A, one element a PE, in row-major order.
  std::vector<uint32_t> ReadA() {
    std::vector<uint32_t> out(12);
    EXPECT_TRUE(runtime_->CopyToHost(Copy("A", {0, 0, 4, 3, 1}), out, nullptr, false).ok());
    return out;
  }
  Status WriteA(std::vector<uint32_t> data, bool nonblock = false) {
    return runtime_->CopyToDevice(Copy("A", {0, 0, 4, 3, 1}), data, nonblock).status();
  }
  HostScalar Value(int64_t value) {
    return {.kind = HostScalar::Kind::kInteger, .integer = value, .text = std::to_string(value)};
  }
  StatusOr<TaskId> Add(int64_t value, bool nonblock) {
    const HostScalar argument = Value(value);
    return runtime_->Launch("add", std::span(&argument, 1), nonblock);
  }

  RuntimeOptions options_;
  std::filesystem::path folder_;
  std::vector<std::string> messages_;
  std::unique_ptr<SdkRuntime> runtime_;
};

TEST_F(SdkRuntimeTest, CopiesAndLaunchesRunInOrder) {
  Start();
  std::vector<uint32_t> data(12);
  std::iota(data.begin(), data.end(), 100);
  ASSERT_EQ(WriteA(data), OkStatus());
  ASSERT_TRUE(Add(5, true).ok());
  ASSERT_TRUE(runtime_->Call("add", {7}, true).ok());
  const std::vector<uint32_t> read = ReadA();
  for (size_t i = 0; i < read.size(); ++i) EXPECT_EQ(read[i], data[i] + 12);
  EXPECT_EQ(runtime_->Stop(), OkStatus());
}

TEST_F(SdkRuntimeTest, StreamsGoByColor) {
  Start();
  CopyRequest request{.streaming = true, .color = kTestStreamIn, .region = {1, 1, 2, 1, 3}};
  const std::vector<uint32_t> words = {1, 2, 3, 4, 5, 6};
  ASSERT_TRUE(runtime_->CopyToDevice(request, words, true).ok());
  std::vector<uint32_t> out(6);
  request.color = kTestStreamOut;
  ASSERT_TRUE(runtime_->CopyToHost(request, out, nullptr, false).ok());
  EXPECT_EQ(out, words);
  request.color = 24;
  EXPECT_EQ(runtime_->CopyToDevice(request, words, true).status().message(),
            "memcpy_h2d(): dest = 24: with streaming=True it is a color, 0..23");
  EXPECT_EQ(runtime_->CopyToHost(request, out, nullptr, true).status().message(),
            "memcpy_d2h(): src = 24: with streaming=True it is a color, 0..23");
}

TEST_F(SdkRuntimeTest, BroadcastsAndStridesNeedFewerWords) {
  Start();
  CopyRequest rows = Copy("A", {0, 0, 4, 3, 1});
  rows.region.broadcast = fabric::Broadcast::kRows;
  const std::vector<uint32_t> words = {1, 2, 3, 4, 5, 6};
  ASSERT_TRUE(runtime_->CopyToDevice(rows, std::span(words).first(3), true).ok());
  EXPECT_EQ(ReadA(), (std::vector<uint32_t>{1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3}));
  EXPECT_EQ(
      runtime_->CopyToDevice(rows, std::span(words).first(2), true).status().message(),
      "memcpy_h2d_rowbcast(): the host array has 2 elements; expected h * elem_per_pe = 3 * 1 = 3");
  CopyRequest strided = Copy("A", {0, 0, 4, 3, 1});
  strided.region.row_stride = 2;
  strided.region.col_stride = 2;
  strided.columns_first = true;
  ASSERT_TRUE(runtime_->CopyToDevice(strided, std::span(words).first(4), true).ok());
  EXPECT_EQ(ReadA(), (std::vector<uint32_t>{1, 1, 3, 1, 2, 2, 2, 2, 2, 3, 4, 3}));
  EXPECT_EQ(runtime_->CopyToDevice(strided, std::span(words).first(3), true).status().message(),
            "memcpy_h2d_stride(): the host array has 3 elements; expected columns * rows * "
            "elem_per_pe = 2 "
            "* 2 * 1 = 4");
}

// A device on which the first command is never done, as of a port where nothing comes.
class FirstNeverDone : public Device {
 public:
  explicit FirstNeverDone(DeviceOptions options) : inner_(MakeFakeDevice(std::move(options))) {}
  Status Load(const Program& program) override { return inner_->Load(program); }
  StatusOr<fabric::CommandId> Submit(fabric::LaunchCommand c) override {
    return inner_->Submit(std::move(c));
  }
  StatusOr<fabric::CommandId> Submit(fabric::CopyCommand c) override {
    return inner_->Submit(std::move(c));
  }
  StatusOr<fabric::CommandId> Submit(fabric::StreamCommand c) override {
    return inner_->Submit(std::move(c));
  }
  StatusOr<fabric::CommandId> Submit(fabric::PortCommand c) override {
    return inner_->Submit(std::move(c));
  }
  Status Wait(fabric::CommandId id) override { return inner_->Wait(id); }
  StatusOr<bool> Poll(fabric::CommandId id) override { return inner_->Poll(id); }
  bool IsDone(fabric::CommandId id) const override { return id.index > 0 && inner_->IsDone(id); }
  Status Drain() override { return inner_->Drain(); }
  StatusOr<std::vector<uint8_t>> ReadSymbol(int x, int y, std::string_view name) override {
    return inner_->ReadSymbol(x, y, name);
  }
  StatusOr<fabric::SimStats> Stats() override { return inner_->Stats(); }
  Status WriteCore(std::string_view digest,
                   const std::function<void(std::span<const uint8_t>)>& sink) override {
    return inner_->WriteCore(digest, sink);
  }
  Status WriteStates(const std::function<void(std::span<const uint8_t>)>& sink) override {
    return inner_->WriteStates(sink);
  }

 private:
  std::unique_ptr<Device> inner_;
};

TEST_F(SdkRuntimeTest, AColumnMajorCopyIsThereThoughATaskBeforeItIsNotDone) {
  options_.make_device = [](DeviceOptions options) -> std::unique_ptr<Device> {
    return std::make_unique<FirstNeverDone>(std::move(options));
  };
  Start();
  ASSERT_TRUE(Add(1, true).ok());
  std::vector<uint32_t> data(12);
  std::iota(data.begin(), data.end(), 100);
  ASSERT_EQ(WriteA(data, true), OkStatus());
  CopyRequest request = Copy("A", {0, 0, 4, 3, 1});
  request.order = fabric::CopyOrder::kColumnMajor;
  std::vector<uint32_t> out(12);
  ASSERT_TRUE(runtime_->CopyToHost(request, out, nullptr, false).ok());
  EXPECT_EQ(out,
            (std::vector<uint32_t>{100, 104, 108, 101, 105, 109, 102, 106, 110, 103, 107, 111}));
}

TEST_F(SdkRuntimeTest, NonblockingCopyTakesItsDataAtTheCall) {
  Start();
  std::vector<uint32_t> data(12, 1);
  ASSERT_TRUE(runtime_->CopyToDevice(Copy("A", {0, 0, 4, 3, 1}), data, true).ok());
  std::fill(data.begin(), data.end(), 2);
  EXPECT_EQ(ReadA(), std::vector<uint32_t>(12, 1));
}

TEST_F(SdkRuntimeTest, NonblockingCopyToHostKeepsItsTargetUntilDone) {
  Start();
  ASSERT_EQ(WriteA(std::vector<uint32_t>(12, 3)), OkStatus());
  auto target = std::make_shared<std::vector<uint32_t>>(12);
  std::weak_ptr<void> alive = target;
  std::span<uint32_t> view(*target);
  StatusOr<TaskId> task = runtime_->CopyToHost(Copy("A", {0, 0, 4, 3, 1}), view, target, true);
  ASSERT_TRUE(task.ok());
  target.reset();
  EXPECT_FALSE(alive.expired());
  ASSERT_EQ(runtime_->TaskWait(*task), OkStatus());
  EXPECT_TRUE(alive.expired());
}

TEST_F(SdkRuntimeTest, IsTaskDoneLetsTimePassByFixedSlices) {
  Start();
  StatusOr<TaskId> task = Add(1, true);
  ASSERT_TRUE(task.ok());
  int asked = 1;
  while (!runtime_->IsTaskDone(*task).value()) ++asked;
  EXPECT_EQ(asked, 3);  // 40 cycles each against 100
  EXPECT_TRUE(runtime_->IsTaskDone(*task).value());
  ASSERT_EQ(runtime_->Stop(), OkStatus());
  EXPECT_TRUE(runtime_->IsTaskDone(*task).value());
  EXPECT_NE(ReadTextFile("sim_stats.json")->find("\"cycle_count\": 120"), std::string::npos);
}

TEST_F(SdkRuntimeTest, AFullQueueIsAWait) {
  Start();
  for (int i = 0; i < 1025; ++i) ASSERT_TRUE(Add(0, true).ok());
  ASSERT_EQ(runtime_->Stop(), OkStatus());
  EXPECT_NE(
      ReadTextFile("sim_stats.json")->find("\"cycle_count\": " + std::to_string(1025 * kCycles)),
      std::string::npos);
}

TEST_F(SdkRuntimeTest, CallsOutOfOrderSaySo) {
  Create();
  EXPECT_EQ(runtime_->GetId("A").value(), 0u);  // before load()
  EXPECT_EQ(runtime_->Run(), FailedPrecondition("run() before load()"));
  EXPECT_EQ(Add(1, true).status(), FailedPrecondition("launch() before load() and run()"));
  ASSERT_EQ(runtime_->Load(), OkStatus());
  EXPECT_EQ(runtime_->Load(), OkStatus());
  EXPECT_EQ(WriteA(std::vector<uint32_t>(12)), FailedPrecondition("memcpy_h2d() before run()"));
  EXPECT_EQ(runtime_->Stop(), FailedPrecondition("stop() before run()"));
  ASSERT_EQ(runtime_->Run(), OkStatus());
  EXPECT_EQ(runtime_->Run(), FailedPrecondition("run() again: the program is running"));
  EXPECT_EQ(runtime_->Load(), FailedPrecondition("load() after run()"));
  ASSERT_EQ(runtime_->Stop(), OkStatus());
  EXPECT_EQ(runtime_->Stop(), FailedPrecondition("stop() after stop(): the run is over"));
  EXPECT_EQ(Add(1, false).status(), FailedPrecondition("launch() after stop(): the run is over"));
  EXPECT_EQ(runtime_->Load(), FailedPrecondition("load() after stop(): a runtime runs once"));
}

TEST_F(SdkRuntimeTest, WrongSymbolsAreNamed) {
  Start();
  EXPECT_EQ(runtime_->GetId("ad").status(),
            NotFound("symbol 'ad' is not exported by the program; did you mean 'add'?"));
  std::vector<uint32_t> data(12);
  const Region all{0, 0, 4, 3, 1};
  EXPECT_EQ(runtime_->CopyToDevice({.symbol = 99, .region = all}, data, false).status(),
            NotFound("memcpy_h2d(): no exported symbol has id 99; get_id() gives ids"));
  EXPECT_EQ(runtime_->CopyToDevice(Copy("add", all), data, false).status(),
            InvalidArgument("memcpy_h2d(): 'add' is a function; only variables can be copied"));
  EXPECT_EQ(runtime_->CopyToDevice(Copy("B", all), data, false).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_TRUE(runtime_->CopyToHost(Copy("B", all), data, nullptr, false).ok());
  EXPECT_EQ(runtime_->Launch("A", {}, false).status(),
            InvalidArgument("'A' is of type [*]f32; only functions can be launched"));
  EXPECT_EQ(runtime_->Launch("nope", {}, false).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(runtime_->Call("add", {}, false).status().code(), StatusCode::kInvalidArgument);
}

TEST_F(SdkRuntimeTest, RegionsAndArraysAreCheckedBeforeAnythingIsSent) {
  Start();
  std::vector<uint32_t> data(12);
  const Status outside = runtime_->CopyToDevice(Copy("A", {1, 0, 4, 3, 1}), data, false).status();
  EXPECT_EQ(outside.code(), StatusCode::kOutOfRange);
  EXPECT_EQ(outside.message(),
            "memcpy_h2d(): w = 4: the program's rectangle has 4 columns, allowed with px = 1 is "
            "1..3");
  EXPECT_EQ(runtime_->CopyToHost(Copy("A", {0, 0, 4, 3, 2}), data, nullptr, false).status(),
            InvalidArgument("memcpy_d2h(): the host array has 12 elements; expected w * h * "
                            "elem_per_pe = 4 * 3 * 2 = 24"));
  EXPECT_TRUE(messages_.empty());
  EXPECT_TRUE(runtime_->CopyToHost(Copy("A", {0, 0, 4, 2, 1}), data, nullptr, false).ok());
  ASSERT_EQ(messages_.size(), 1u);
  EXPECT_EQ(messages_[0],
            "memcpy_d2h(): the host array has 12 elements, only the first 8 are used");
}

TEST_F(SdkRuntimeTest, AStuckProgramFailsEveryLaterCommand) {
  Start();
  const Status stuck = runtime_->Launch("stuck", {}, false).status();
  EXPECT_EQ(stuck, FailedPrecondition("the program is stuck in stuck"));
  EXPECT_EQ(Add(1, false).status(), stuck);
  EXPECT_EQ(runtime_->Stop(), stuck);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "sim_stats.json"));
}

TEST_F(SdkRuntimeTest, AnInterruptEndsTheWaitAndLeavesTheRun) {
  int asked = 0;
  options_.device.check_interrupt = [&asked] { return ++asked == 3; };
  Start();
  EXPECT_EQ(runtime_->Launch("spin", {}, false).status().code(), StatusCode::kAborted);
  EXPECT_EQ(asked, 3);
}

TEST_F(SdkRuntimeTest, SideFilesAreWrittenWhereLoadWasCalled) {
  Start();
  std::filesystem::create_directory(folder_ / "elsewhere");
  std::filesystem::current_path(folder_ / "elsewhere");
  ASSERT_TRUE(Add(1, false).ok());
  ASSERT_EQ(runtime_->Stop(), OkStatus());
  EXPECT_EQ(ReadTextFile(folder_ / "sim.log").value(), "@0 loaded\n@100 launched\n");
  EXPECT_TRUE(std::filesystem::is_directory(folder_ / "simfab_traces"));
  EXPECT_NE(ReadTextFile(folder_ / "sim_stats.json")->find("\"cycle_count\": 100"),
            std::string::npos);
}

TEST_F(SdkRuntimeTest, SuppressedTracesMakeNoFolder) {
  options_.suppress_trace = true;
  Start();
  EXPECT_FALSE(std::filesystem::exists(folder_ / "simfab_traces"));
}

TEST_F(SdkRuntimeTest, LogicalCoordinatesGetTheFabricOffsets) {
  Create();
  EXPECT_EQ(runtime_->CoordLogicalToPhysical(0, 0).value(), std::pair(4, 1));
  EXPECT_EQ(runtime_->CoordLogicalToPhysical(3, 2).value(), std::pair(7, 3));
  EXPECT_EQ(runtime_->CoordLogicalToPhysical(4, 2).status().code(), StatusCode::kOutOfRange);
}

TEST_F(SdkRuntimeTest, AProgramWithoutMemcpyIsRefusedUnlessAllowed) {
  Program program = MakeTestProgram();
  program.artifact.manifest.memcpy = false;
  const Status status = SdkRuntime::Create(program, options_).status();
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("--memcpy"), std::string::npos);
  options_.memcpy_required = false;
  EXPECT_TRUE(SdkRuntime::Create(program, options_).ok());
}

}  // namespace
}  // namespace csl::runtime
