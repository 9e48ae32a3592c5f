// SPDX-License-Identifier: Apache-2.0
// docs/formats/configuration_words.md.
#include "fabric/reference/config_words.h"

#include <gtest/gtest.h>

#include "fabric/reference/testing/test_row.h"

namespace csl::fabric::reference {
namespace {

using isa::Arch;

TestMachine Machine1(Arch arch) {
  testing::ArtifactBuilder b(arch, 1, 1);
  b.Function("nothing", "  ret\n").InputQueue(2, 7).Blocked({2, 7});
  image::ColorConfig config = Switched({{kR, kE}});
  config.filter.kind = image::FilterKind::kCounter;
  config.filter.max_counter = 3;
  config.filter.limit1 = 9;
  b.Color(0, 0, 1, 1, 5, config);
  return TestMachine(b);
}

TEST(ConfigWords, ColorWord) {
  for (const Arch arch : {Arch::kWse2, Arch::kWse3}) {
    testing::ArtifactBuilder b(arch, 1, 1);
    b.Function("nothing", "  ret\n");
    b.Color(0, 0, 1, 1, 5, Switched({{kR, kE | kN}}, image::PopMode::kAlwaysPop));
    TestMachine m(b);
    const uint16_t address = (arch == Arch::kWse2 ? 0x7f20 : 0x7c00) + 5;
    EXPECT_EQ(ReadConfigWord(m.ce(), address, 0), 1 << 12 | 16 << 5 | 2 | 8);
    (void)WriteConfigWord(m.ce(), address, 1 << 14 | 1 << 11 | 1 << 5 | 16, 0);
    EXPECT_TRUE(m.color(0, 5).teardown);
    EXPECT_TRUE(m.color(0, 5).swap_x);
    EXPECT_EQ(m.color(0, 5).rx(), kW);
    EXPECT_EQ(m.color(0, 5).tx(), kR);
  }
}

// Position 1 from the west, position 2 to the ramp.
ColorState Inheriting() {
  image::ColorConfig config =
      Switched({{kR, kE}, {kW, 0}, {0, kR}}, image::PopMode::kNoPop, true, 1);
  config.positions[1].tx = 0x80;
  config.positions[2].rx = 0x80;
  return ColorState(config);
}

TEST(ConfigWords, SwitchWordOfWse2) {
  ColorState color = Inheriting();
  EXPECT_EQ(color.rx(), kW);
  EXPECT_EQ(color.tx(), kE);
  const uint16_t word = color.ReadSwitchWord(Arch::kWse2);
  EXPECT_EQ(word, 1 << 13 | 1 << 12 | 5 << 8 | 4 << 4 | (8 | 0));
  // The select bit of an invalid position stays.
  color.WriteSwitchWord(Arch::kWse2, static_cast<uint16_t>((word & ~7) | 5));
  EXPECT_EQ(color.ReadSwitchWord(Arch::kWse2), (word & ~7) | 5);
  color.WriteSwitchWord(Arch::kWse2, word);
  EXPECT_EQ(color.ReadSwitchWord(Arch::kWse2), word);
  // The side that is not given follows position 0.
  color.WriteColorWord(16 << 5 | 4);
  EXPECT_EQ(color.tx(), kS);
  color.WriteSwitchWord(Arch::kWse2, static_cast<uint16_t>((word & ~(3 << 13)) | 2 << 13));
  EXPECT_EQ(color.rx(), kW);
  EXPECT_EQ(color.tx(), kR);
  EXPECT_TRUE(color.Advance());  // position 3 is invalid: back to 0
  EXPECT_EQ(color.current_position(), 0);
}

TEST(ConfigWords, PositionWordsOfWse3) {
  ColorState color = Inheriting();
  EXPECT_EQ(color.ReadPositionWord(1), 1 << 5 | 2);
  EXPECT_EQ(color.ReadPositionWord(2), 1 << 5 | 16);
  EXPECT_EQ(color.ReadPositionWord(3), 0);
  color.WritePositionWord(3, 8 << 5 | 4);
  color.WriteSwitchWord(Arch::kWse3, 3 << 13);
  EXPECT_EQ(color.rx(), kN);
  EXPECT_EQ(color.tx(), kS);
  EXPECT_FALSE(color.Advance());  // no ring any more
}

TEST(ConfigWords, QueuesTasksAndFilters) {
  for (const Arch arch : {Arch::kWse2, Arch::kWse3}) {
    TestMachine m = Machine1(arch);
    Ce& ce = m.ce();
    EXPECT_EQ(ReadConfigWord(ce, 0x7b62, 0), 7 << 4);
    EXPECT_EQ(ReadConfigWord(ce, 0x7b63, 0), 31 << 4);
    (void)WriteConfigWord(ce, 0x7b63, 9 << 4 | 1, 0);
    EXPECT_EQ(ce.ChannelOfColor(9), 3);
    EXPECT_TRUE(ce.FilterEnabled(9));
    EXPECT_EQ(ReadConfigWord(ce, 0x7a46, 0), 0x00ff);
    (void)WriteConfigWord(ce, 0x7a00 + 12, 1, 0);
    EXPECT_EQ(ce.high_priority, uint64_t{1} << 12);
    ce.teardown_pending = 1u << 5 | 1u << 17;
    EXPECT_EQ(ReadConfigWord(ce, 0x7a44, 0), 1 << 5);
    EXPECT_EQ(ReadConfigWord(ce, 0x7a44, 0), 0);
    EXPECT_EQ(ReadConfigWord(ce, 0x7a45, 0), 2);
    EXPECT_EQ(ReadConfigWord(ce, 0x7a40, 0), 0xffff);
    (void)WriteConfigWord(ce, 0x7e05, 77, 0);
    EXPECT_EQ(ReadConfigWord(ce, 0x7e05, 0), 77);
    // The first color with a filter is filter 0.
    EXPECT_EQ(ReadConfigWord(ce, 0x7a60, 0), 9);
    EXPECT_EQ(ReadConfigWord(ce, 0x7a61, 0), 3);
    if (arch == Arch::kWse2) continue;
    EXPECT_EQ(ReadConfigWord(ce, 0x7a66, 0), 8);   // half wavelets that pass in a row
    EXPECT_EQ(ReadConfigWord(ce, 0x7a68, 0), 12);  // and that do not
    (void)WriteConfigWord(ce, 0x7a66, 4, 0);
    EXPECT_EQ(ReadConfigWord(ce, 0x7a61, 0), 1);
    EXPECT_EQ(ReadConfigWord(ce, 0x7a68, 0), 12);
  }
}

TEST(ConfigWords, ClockAndCounters) {
  TestMachine m = Machine1(Arch::kWse3);
  Ce& ce = m.ce();
  (void)WriteConfigWord(ce, 0x7a4d, 1, 100);
  EXPECT_EQ(ReadConfigWord(ce, 0x7a4a, 100 + 70000), 70000 & 0xffff);
  EXPECT_EQ(ReadConfigWord(ce, 0x7a4b, 100 + 70000), 1);
  EXPECT_EQ(ReadConfigWord(ce, 0x7a4d, 0), 1);
}

TEST(ConfigWords, OutputQueueMustBeEmptyForAnotherColor) {
  TestMachine m = Machine1(Arch::kWse3);
  Ce& ce = m.ce();
  EXPECT_TRUE(WriteConfigWord(ce, 0x7b83, 6 << 4, 0).ok());
  ce.outputs[3].words.Push({{1, false, false}, 6}, 2);
  EXPECT_TRUE(WriteConfigWord(ce, 0x7b83, 6 << 4, 0).ok());
  EXPECT_EQ(WriteConfigWord(ce, 0x7b83, 8 << 4, 0).kind, FaultKind::kQueueNotEmpty);
}

}  // namespace
}  // namespace csl::fabric::reference
