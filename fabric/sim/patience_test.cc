// SPDX-License-Identifier: Apache-2.0
// Who is warned of: programs that compute without progress. Not copies and streams whose words
// move, however long they take.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "fabric/sim/simulator.h"
#include "fabric/testing/artifact_builder.h"

namespace csl::fabric {
namespace {

using testing::ArtifactBuilder;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint32_t kY = 2;
constexpr uint32_t kMain = 3;
constexpr int64_t kPatience = 2000;

class Patience : public ::testing::TestWithParam<EngineKind> {
 protected:
  void Start(const ArtifactBuilder& builder) {
    SimulatorOptions options;
    options.engine = GetParam();
    options.warn_after_cycles = kPatience;
    options.command_limit_cycles = 100'000;
    options.log_sink = [this](const LogRecord& record) {
      if (record.level == LogLevel::kWarning && record.message.starts_with("command")) {
        warnings_ += record.ToString() + "\n";
      }
    };
    auto sim = Simulator::Create(builder.Build(), options);
    ASSERT_TRUE(sim.ok()) << sim.status().message();
    sim_ = std::move(sim).value();
  }

  template <typename Command>
  Status Do(Command command) {
    ASSIGN_OR_RETURN(const CommandId id, sim_->Submit(std::move(command)));
    return sim_->Wait(id);
  }

  std::unique_ptr<Simulator> sim_;
  std::string warnings_;
};

// One that computes for ever beside whatever else happens, in column `x`.
void AddSpinner(ArtifactBuilder* b, int x) {
  b->NextProgram().Place(x, 0, 1, 1);
  b->Function("spin", "l:\n  jmp @l\n").Task(16, "spin", /*active=*/true);
}

TEST_P(Patience, AnEndlessTaskIsWarnedOfOnce) {
  ArtifactBuilder b(isa::Arch::kWse3, 1, 1);
  b.Function("spin", "l:\n  jmp @l\n").ExportFunction(kMain, "spin");
  Start(b);
  EXPECT_EQ(Do(LaunchCommand{kMain, {}}).code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(warnings_,
            "@2000 WARNING: command 0 launch spin has run for 2000 cycles, the last 2000 without "
            "progress, and is not done\n");
}

// 20 PEs, each of which needs some 400 cycles.
TEST_P(Patience, ACopyOfManyPesIsNotWarnedOf) {
  constexpr int kPes = 20;
  constexpr int kElements = 120;
  ArtifactBuilder b(isa::Arch::kWse3, kPes, 1);
  b.Function("idle", "  ret\n")
      .Words("y", 0x200, std::vector<uint16_t>(2 * kElements))
      .ExportPointer(kY, "y", 0x200, 0x100);
  Start(b);
  std::vector<uint32_t> words(kPes * kElements);
  CopyCommand copy;
  copy.export_id = kY;
  copy.direction = CopyDirection::kDeviceToHost;
  copy.width = kPes;
  copy.elements_per_pe = kElements;
  copy.destination = words;
  ASSERT_TRUE(Do(copy).ok());
  EXPECT_GT(sim_->cycle(), 3 * kPatience);
  EXPECT_THAT(warnings_, IsEmpty());
}

// PE 0 sends `sent` words of color 5 and PE 1 computes for ever; the host asks for `wanted`.
struct OneSender : ArtifactBuilder {
  OneSender(int sent) : ArtifactBuilder(isa::Arch::kWse3, 2, 1) {
    Place(0, 0, 1, 1);
    Function("main", "  v.fmovs dest.0, src1.0\n  ret\n").Task(16, "main", /*active=*/true);
    OutputQueue(3, 5).Singles("x", 0x200, {1.5f});
    const auto extent = static_cast<uint16_t>(sent);
    Dsr(isa::DsrFile::kDest, 0, testing::Async(isa::Descriptor::Fabout(3, 5, extent)));
    Dsr(isa::DsrFile::kSrc1, 0, isa::Descriptor::Mem1d(0x200, extent, 0));
    AddSpinner(this, 1);
  }
};

StreamCommand FromDevice(int color, std::vector<uint32_t>* words) {
  StreamCommand stream;
  stream.color = color;
  stream.direction = CopyDirection::kDeviceToHost;
  stream.elements_per_pe = static_cast<int>(words->size());
  stream.destination = *words;
  return stream;
}

TEST_P(Patience, AStreamToTheHostWhoseWordsMoveIsNotWarnedOf) {
  Start(OneSender(2000));
  std::vector<uint32_t> words(2000);
  ASSERT_TRUE(Do(FromDevice(5, &words)).ok());
  EXPECT_GT(sim_->cycle(), 3 * kPatience);
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_P(Patience, AStreamToTheHostThatStopsIsWarnedOfOnceItsPatienceIsOver) {
  Start(OneSender(1000));
  std::vector<uint32_t> words(1500);
  EXPECT_EQ(Do(FromDevice(5, &words)).code(), StatusCode::kResourceExhausted);
  // A word every 4 cycles, the first in cycle 276.
  EXPECT_EQ(warnings_,
            "@6272 WARNING: command 0 memcpy_d2h of color 5 (1 x 1 PEs at 0, 0; 1500 wavelets "
            "each) has run for 6272 cycles, the last 2000 without progress, and is not done\n");
  EXPECT_EQ(words[999], 0x3fc00000u);
}

// PE 0 takes `taken` words of color 4.
struct OneTaker : ArtifactBuilder {
  OneTaker(int taken) : ArtifactBuilder(isa::Arch::kWse3, 2, 1) {
    Place(0, 0, 1, 1);
    Function("main", "  v.mov32 dest.0, src1.0\n  ret\n").Task(16, "main", /*active=*/true);
    InputQueue(2, 4).Blocked({2});
    const auto extent = static_cast<uint16_t>(taken);
    isa::Descriptor in = testing::Async(isa::Descriptor::Fabin(2, 4, extent));
    Dsr(isa::DsrFile::kDest, 0, isa::Descriptor::Mem1d(0x1000, extent));
    Dsr(isa::DsrFile::kSrc1, 0, in);
    AddSpinner(this, 1);
  }
};

StreamCommand ToDevice(int color, int words) {
  StreamCommand stream;
  stream.color = color;
  stream.elements_per_pe = words;
  stream.data.resize(static_cast<size_t>(words));
  return stream;
}

TEST_P(Patience, AStreamToTheDeviceWhoseWordsMoveIsNotWarnedOf) {
  Start(OneTaker(6000));
  ASSERT_TRUE(Do(ToDevice(4, 6000)).ok());
  EXPECT_GT(sim_->cycle(), 3 * kPatience);
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_P(Patience, AStreamToTheDeviceThatStopsIsWarnedOfOnceItsPatienceIsOver) {
  Start(OneTaker(3000));
  EXPECT_EQ(Do(ToDevice(4, 6000)).code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(warnings_, HasSubstr("the last 2000 without progress, and is not done"));
  EXPECT_EQ(std::count(warnings_.begin(), warnings_.end(), '\n'), 1);
}

// A receive that waits for its first word long, while a send moves.
TEST_P(Patience, AReceiveIsNotWarnedOfWhileASendMoves) {
  ArtifactBuilder b(isa::Arch::kWse3, 2, 1);
  b.Place(0, 0, 1, 1).Function("idle", "  ret\n");
  b.Route(0, 0, 1, 1, 1, image::kHost, image::kEast);
  b.Route(1, 0, 1, 1, 1, image::kWest, image::kHost);
  b.Route(0, 0, 1, 1, 2, image::kHost, image::kEast);
  b.Route(1, 0, 1, 1, 2, image::kWest, image::kHost);
  b.manifest().ports = {{"one_in", true, 0, 0, 1},
                        {"one_out", false, 1, 0, 1},
                        {"other_in", true, 0, 0, 2},
                        {"other_out", false, 1, 0, 2}};
  AddSpinner(&b, 1);
  Start(b);
  const auto port = [&](uint32_t number, size_t sent, std::vector<uint32_t>* taken) {
    PortCommand command;
    command.port = number;
    command.data.resize(sent);
    if (taken != nullptr) command.destination = *taken;
    const auto id = sim_->Submit(std::move(command));
    EXPECT_TRUE(id.ok()) << id.status().message();
    return *id;
  };
  std::vector<uint32_t> one(3000);
  std::vector<uint32_t> other(1);
  const CommandId starved = port(3, 0, &other);
  port(0, 3000, nullptr);
  ASSERT_TRUE(sim_->Wait(port(1, 0, &one)).ok());
  EXPECT_GT(sim_->cycle(), 3 * kPatience);
  EXPECT_THAT(warnings_, IsEmpty());
  EXPECT_EQ(sim_->Wait(starved).code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(warnings_, HasSubstr("receive of port 'other_out'"));
  EXPECT_THAT(warnings_, HasSubstr("the last 2000 without progress"));
}

INSTANTIATE_TEST_SUITE_P(Engines, Patience,
                         ::testing::Values(EngineKind::kSharded, EngineKind::kReference),
                         [](const auto& info) {
                           return info.param == EngineKind::kSharded ? "Sharded" : "Reference";
                         });

}  // namespace
}  // namespace csl::fabric
