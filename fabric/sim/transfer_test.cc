// SPDX-License-Identifier: Apache-2.0
// Broadcasts and steps of copies through the whole fabric, and what transfers are refused for, by
// the engine and by the reference in the same words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "fabric/sim/simulator.h"
#include "fabric/testing/artifact_builder.h"

namespace csl::fabric {
namespace {

using testing::ArtifactBuilder;
using ::testing::ElementsAre;

constexpr uint32_t kY = 2;

class Transfer : public ::testing::TestWithParam<EngineKind> {};

std::unique_ptr<Simulator> Make(EngineKind engine, int width, int height) {
  ArtifactBuilder b(isa::Arch::kWse3, width, height);
  b.Function("idle", "  ret\n")
      .Words("y", 0x200, std::vector<uint16_t>(8))
      .ExportPointer(kY, "y", 0x200, 0x100);
  SimulatorOptions options;
  options.engine = engine;
  auto sim = Simulator::Create(b.Build(), options);
  EXPECT_TRUE(sim.ok()) << sim.status().message();
  return std::move(sim).value();
}

template <typename Command>
Command Filled(int width, int height, int elements) {
  Command command;
  if constexpr (std::is_same_v<Command, CopyCommand>) command.export_id = kY;
  command.width = width;
  command.height = height;
  command.elements_per_pe = elements;
  command.data.resize(static_cast<size_t>(width * height * elements));
  std::iota(command.data.begin(), command.data.end(), 1);
  return command;
}

std::vector<uint32_t> ReadAll(Simulator* sim, int width, int height, int elements) {
  std::vector<uint32_t> out(static_cast<size_t>(width * height * elements));
  auto command = Filled<CopyCommand>(width, height, elements);
  command.direction = CopyDirection::kDeviceToHost;
  command.data.clear();
  command.destination = out;
  auto id = sim->Submit(command);
  EXPECT_TRUE(id.ok()) << id.status().message();
  EXPECT_TRUE(sim->Wait(*id).ok());
  return out;
}

TEST_P(Transfer, RowsAndColumnsShareTheHostsWords) {
  auto sim = Make(GetParam(), 2, 2);
  auto rows = Filled<CopyCommand>(1, 2, 2);
  rows.width = 2;
  rows.broadcast = Broadcast::kRows;
  ASSERT_TRUE(sim->Submit(rows).ok());
  EXPECT_THAT(ReadAll(sim.get(), 2, 2, 2), ElementsAre(1, 2, 1, 2, 3, 4, 3, 4));
  auto columns = Filled<CopyCommand>(2, 1, 2);
  columns.height = 2;
  columns.broadcast = Broadcast::kColumns;
  columns.order = CopyOrder::kColumnMajor;
  ASSERT_TRUE(sim->Submit(columns).ok());
  EXPECT_THAT(ReadAll(sim.get(), 2, 2, 2), ElementsAre(1, 3, 2, 4, 1, 3, 2, 4));
  EXPECT_EQ(sim->Stats().host_words_h2d, 8);
}

// A[2][3][2] column-major, once given as such and once with its words in row-major order.
TEST_P(Transfer, ColumnMajorWordsMayLieInRowMajorOrder) {
  int64_t cycles = 0;
  for (const bool row_major_words : {false, true}) {
    auto sim = Make(GetParam(), 3, 2);
    auto copy = Filled<CopyCommand>(3, 2, 2);
    copy.order = CopyOrder::kColumnMajor;
    copy.row_major_words = row_major_words;
    if (row_major_words) copy.data = {1, 7, 3, 9, 5, 11, 2, 8, 4, 10, 6, 12};
    const std::vector<uint32_t> given = copy.data;
    ASSERT_TRUE(sim->Wait(*sim->Submit(copy)).ok());
    std::vector<uint32_t> back(given.size());
    copy.direction = CopyDirection::kDeviceToHost;
    copy.data.clear();
    copy.destination = back;
    ASSERT_TRUE(sim->Wait(*sim->Submit(copy)).ok());
    EXPECT_EQ(back, given);
    if (row_major_words) {
      EXPECT_EQ(sim->cycle(), cycles);
    }
    cycles = sim->cycle();
    EXPECT_THAT(ReadAll(sim.get(), 3, 2, 2), ElementsAre(1, 7, 3, 9, 5, 11, 2, 8, 4, 10, 6, 12));
  }
}

TEST_P(Transfer, StepsLeaveOtherPesAlone) {
  auto sim = Make(GetParam(), 3, 2);
  auto copy = Filled<CopyCommand>(2, 1, 1);
  copy.y = 1;
  copy.x_step = 2;
  copy.y_step = 7;
  ASSERT_TRUE(sim->Submit(copy).ok());
  EXPECT_THAT(ReadAll(sim.get(), 3, 2, 1), ElementsAre(0, 0, 0, 1, 0, 2));
}

// When the host has 20 words that a microthread sends beside a task of so many turns, and how long
// the task was busy.
std::pair<int64_t, int64_t> StreamBesideTask(EngineKind engine, int turns) {
  constexpr int kColor = 5;
  ArtifactBuilder b(isa::Arch::kWse3, 1, 1);
  b.Function("main", "  v.fmovs dest.0, src1.0\n  ldi r0, 0\nl:\n  loopi.lt.i16 r0, " +
                         std::to_string(turns) + ", 1, @l\n  ret\n");
  b.Task(16, "main", /*active=*/true).OutputQueue(3, kColor).Singles("x", 0x200, {1.5f});
  b.Dsr(isa::DsrFile::kDest, 0, testing::Async(isa::Descriptor::Fabout(3, kColor, 20)));
  b.Dsr(isa::DsrFile::kSrc1, 0, isa::Descriptor::Mem1d(0x200, 20, 0));
  SimulatorOptions options;
  options.engine = engine;
  auto sim = Simulator::Create(b.Build(), options);
  EXPECT_TRUE(sim.ok()) << sim.status().message();
  std::vector<uint32_t> words(20);
  StreamCommand stream;
  stream.color = kColor;
  stream.direction = CopyDirection::kDeviceToHost;
  stream.elements_per_pe = 20;
  stream.destination = words;
  const auto id = (*sim)->Submit(std::move(stream));
  EXPECT_TRUE(id.ok()) << id.status().message();
  EXPECT_TRUE((*sim)->Wait(*id).ok());
  EXPECT_THAT(words, ::testing::Each(0x3fc00000u));
  return {(*sim)->cycle(), (*sim)->Stats().busy_cycles};
}

// docs/fabric/host_io.md: the PE's main thread opens a stream, whoever sends.
TEST_P(Transfer, AStreamToTheHostOpensOnceTheMainThreadIsFree) {
  const auto [done, busy] = StreamBesideTask(GetParam(), 10);
  EXPECT_EQ(StreamBesideTask(GetParam(), 40).first, done) << "the command comes later than that";
  const auto [long_done, long_busy] = StreamBesideTask(GetParam(), 1000);
  EXPECT_GT(long_done, done);
  const auto [longer_done, longer_busy] = StreamBesideTask(GetParam(), 1500);
  EXPECT_EQ(longer_done - long_done, longer_busy - long_busy);
  EXPECT_EQ(longer_busy - long_busy, 500 * (long_busy - busy) / 990);
}

template <typename Command>
std::string Refusal(Simulator* sim, Command command) {
  const auto id = sim->Submit(std::move(command));
  return id.ok() ? "taken" : id.status().message();
}

template <typename Command>
void ExpectRefusals(EngineKind engine) {
  auto sim = Make(engine, 3, 2);
  auto command = Filled<Command>(3, 2, 2);
  command.elements_per_pe = 0;
  EXPECT_EQ(Refusal(sim.get(), command),
            "width=3, height=2, elements_per_pe=0: all must be at least 1");
  command = Filled<Command>(3, 2, 2);
  command.x_step = 0;
  EXPECT_EQ(Refusal(sim.get(), command), "x_step=0, y_step=1: both must be at least 1");
  command = Filled<Command>(3, 2, 2);
  command.x = 1;
  EXPECT_EQ(Refusal(sim.get(), command),
            "the PEs from x=1, y=0 to x=3, y=1 leave the program's rectangle (x 0 to 2, y 0 to "
            "1)");
  command = Filled<Command>(3, 2, 2);
  command.data.pop_back();
  EXPECT_EQ(Refusal(sim.get(), command), "the host array has 11 elements: it must have 12");
  command = Filled<Command>(3, 2, 2);
  command.broadcast = Broadcast::kRows;
  EXPECT_EQ(Refusal(sim.get(), command), "the host array has 12 elements: it must have 4");
  command.direction = CopyDirection::kDeviceToHost;
  EXPECT_EQ(Refusal(sim.get(), command),
            "a broadcast to the host: only transfers to the device broadcast");
  EXPECT_EQ(sim->cycle(), 0);
}

TEST_P(Transfer, RefusesBadRegions) {
  ExpectRefusals<CopyCommand>(GetParam());
  ExpectRefusals<StreamCommand>(GetParam());
}

TEST_P(Transfer, RefusesColorsThatDoNotExist) {
  auto sim = Make(GetParam(), 1, 1);
  auto stream = Filled<StreamCommand>(1, 1, 1);
  stream.color = 24;
  EXPECT_EQ(Refusal(sim.get(), stream), "color=24: a stream's color must be 0 to 23");
  stream.color = -1;
  EXPECT_EQ(Refusal(sim.get(), stream), "color=-1: a stream's color must be 0 to 23");
}

TEST_P(Transfer, RefusesElementsOfOtherSizes) {
  auto sim = Make(GetParam(), 1, 1);
  auto copy = Filled<CopyCommand>(1, 1, 1);
  copy.element_bits = 8;
  EXPECT_EQ(Refusal(sim.get(), copy), "element_bits=8: must be 16 or 32");
}

INSTANTIATE_TEST_SUITE_P(Engines, Transfer,
                         ::testing::Values(EngineKind::kSharded, EngineKind::kReference),
                         [](const auto& info) {
                           return info.param == EngineKind::kSharded ? "Sharded" : "Reference";
                         });

}  // namespace
}  // namespace csl::fabric
