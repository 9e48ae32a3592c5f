// SPDX-License-Identifier: Apache-2.0
// Broadcasts and steps of copies through the whole fabric, and what transfers are refused for.
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

std::unique_ptr<Simulator> Make(int width, int height) {
  ArtifactBuilder b(isa::Arch::kWse3, width, height);
  b.Function("idle", "  ret\n")
      .Words("y", 0x200, std::vector<uint16_t>(8))
      .ExportPointer(kY, "y", 0x200, 0x100);
  auto sim = Simulator::Create(b.Build(), {});
  EXPECT_TRUE(sim.ok()) << sim.status().message();
  return std::move(sim).value();
}

template <typename Command>
Command Transfer(int width, int height, int elements) {
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
  auto command = Transfer<CopyCommand>(width, height, elements);
  command.direction = CopyDirection::kDeviceToHost;
  command.data.clear();
  command.destination = out;
  auto id = sim->Submit(command);
  EXPECT_TRUE(id.ok()) << id.status().message();
  EXPECT_TRUE(sim->Wait(*id).ok());
  return out;
}

TEST(Transfer, RowsAndColumnsShareTheHostsWords) {
  auto sim = Make(2, 2);
  auto rows = Transfer<CopyCommand>(1, 2, 2);
  rows.width = 2;
  rows.broadcast = Broadcast::kRows;
  ASSERT_TRUE(sim->Submit(rows).ok());
  EXPECT_THAT(ReadAll(sim.get(), 2, 2, 2), ElementsAre(1, 2, 1, 2, 3, 4, 3, 4));
  auto columns = Transfer<CopyCommand>(2, 1, 2);
  columns.height = 2;
  columns.broadcast = Broadcast::kColumns;
  columns.order = CopyOrder::kColumnMajor;
  ASSERT_TRUE(sim->Submit(columns).ok());
  EXPECT_THAT(ReadAll(sim.get(), 2, 2, 2), ElementsAre(1, 3, 2, 4, 1, 3, 2, 4));
  EXPECT_EQ(sim->Stats().host_words_h2d, 8);
}

TEST(Transfer, StepsLeaveOtherPesAlone) {
  auto sim = Make(3, 2);
  auto copy = Transfer<CopyCommand>(2, 1, 1);
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
void ExpectRefusals() {
  auto sim = Make(3, 2);
  auto command = Transfer<Command>(3, 2, 2);
  command.elements_per_pe = 0;
  EXPECT_EQ(Refusal(sim.get(), command),
            "width=3, height=2, elements_per_pe=0: all must be at least 1");
  command = Transfer<Command>(3, 2, 2);
  command.x_step = 0;
  EXPECT_EQ(Refusal(sim.get(), command), "x_step=0, y_step=1: both must be at least 1");
  command = Transfer<Command>(3, 2, 2);
  command.x = 1;
  EXPECT_EQ(Refusal(sim.get(), command),
            "the PEs from x=1, y=0 to x=3, y=1 leave the program's rectangle (x 0 to 2, y 0 to "
            "1)");
  command = Transfer<Command>(3, 2, 2);
  command.data.pop_back();
  EXPECT_EQ(Refusal(sim.get(), command), "the host array has 11 elements: it must have 12");
  command = Transfer<Command>(3, 2, 2);
  command.broadcast = Broadcast::kRows;
  EXPECT_EQ(Refusal(sim.get(), command), "the host array has 12 elements: it must have 4");
  command.direction = CopyDirection::kDeviceToHost;
  EXPECT_EQ(Refusal(sim.get(), command),
            "a broadcast to the host: only transfers to the device broadcast");
  EXPECT_EQ(sim->cycle(), 0);
}

TEST(Transfer, RefusesBadRegions) {
  ExpectRefusals<CopyCommand>();
  ExpectRefusals<StreamCommand>();
}

TEST(Transfer, RefusesColorsThatDoNotExist) {
  auto sim = Make(1, 1);
  auto stream = Transfer<StreamCommand>(1, 1, 1);
  stream.color = 24;
  EXPECT_EQ(Refusal(sim.get(), stream), "color=24: a stream's color must be 0 to 23");
  stream.color = -1;
  EXPECT_EQ(Refusal(sim.get(), stream), "color=-1: a stream's color must be 0 to 23");
}

}  // namespace
}  // namespace csl::fabric
