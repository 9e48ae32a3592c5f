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

TEST_P(Transfer, StepsLeaveOtherPesAlone) {
  auto sim = Make(GetParam(), 3, 2);
  auto copy = Filled<CopyCommand>(2, 1, 1);
  copy.y = 1;
  copy.x_step = 2;
  copy.y_step = 7;
  ASSERT_TRUE(sim->Submit(copy).ok());
  EXPECT_THAT(ReadAll(sim.get(), 3, 2, 1), ElementsAre(0, 0, 0, 1, 0, 2));
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
