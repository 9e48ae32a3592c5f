// SPDX-License-Identifier: Apache-2.0
// Published sizes of the machine, each a test.
#include "fabric/isa/architecture.h"

#include <gtest/gtest.h>

#include <set>

#include "fabric/isa/instruction.h"
#include "fabric/isa/vector_op.h"

namespace csl::isa {
namespace {

TEST(Architecture, NamesRoundTrip) {
  for (Arch arch : {Arch::kWse2, Arch::kWse3}) EXPECT_EQ(FindArch(ArchName(arch)), arch);
  for (Fp16Format f : {Fp16Format::kF16, Fp16Format::kBf16, Fp16Format::kCb16}) {
    EXPECT_EQ(FindFp16Format(Fp16FormatName(f)), f);
  }
  EXPECT_FALSE(FindArch("wse1").has_value());
  EXPECT_FALSE(FindFp16Format("f32").has_value());
}

TEST(Architecture, QueueCapacities) {
  const int wse2_in[] = {6, 6, 4, 4, 2, 2, 2, 2}, wse2_out[] = {2, 2, 6, 6, 2, 2, 0, 0};
  const int wse3_in[] = {8, 8, 4, 4, 4, 4, 4, 4};
  for (int q = 0; q < kMaxQueues; ++q) {
    EXPECT_EQ(kInputQueueWords[0][q], wse2_in[q]);
    EXPECT_EQ(kOutputQueueWords[0][q], wse2_out[q]);
    EXPECT_EQ(kInputQueueWords[1][q], wse3_in[q]);
    EXPECT_EQ(kOutputQueueWords[1][q], 8);
    EXPECT_EQ(kOutputQueueWords[0][q] > 0, q < LimitsOf(Arch::kWse2).num_output_queues);
  }
}

TEST(Architecture, SwitchableColors) {
  const std::set<int> wse3 = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 16, 17, 20, 21};
  for (int color = 0; color < 24; ++color) {
    EXPECT_TRUE(IsSwitchable(Arch::kWse2, color));
    EXPECT_EQ(IsSwitchable(Arch::kWse3, color), wse3.contains(color)) << color;
  }
  EXPECT_FALSE(IsSwitchable(Arch::kWse2, 24));
  EXPECT_FALSE(IsSwitchable(Arch::kWse3, -1));
}

TEST(Architecture, FabricTiming) {
  EXPECT_EQ(MachineCostsOf(Arch::kWse2).hop_cycles, 1);
  EXPECT_EQ(MachineCostsOf(Arch::kWse3).hop_cycles, 2);
  // A chain reduce takes 2 * ramp + 1 + hop = 6 cycles a PE on WSE-2.
  const MachineCosts& costs = MachineCostsOf(Arch::kWse2);
  EXPECT_EQ(2 * costs.ramp_cycles + 1 + costs.hop_cycles, 6);
  EXPECT_EQ(LimitsOf(Arch::kWse2).memory_bytes, 0xc000);
}

TEST(Architecture, EverySourceIsCited) {
  std::set<CostSource> cited;
  for (int i = 0; i < kNumOpcodes; ++i) cited.insert(Info(static_cast<Opcode>(i)).source);
  for (const VectorOpInfo& op : VectorOps()) cited.insert(op.source);
#define MACHINE_COST(name, wse2, wse3, source, text) cited.insert(CostSource::source);
#include "fabric/isa/machine_costs.def"
#undef MACHINE_COST
#define COST_SOURCE(name, tag, text) EXPECT_TRUE(cited.contains(CostSource::name)) << #name;
#include "fabric/isa/cost_sources.def"
#undef COST_SOURCE
}

}  // namespace
}  // namespace csl::isa
