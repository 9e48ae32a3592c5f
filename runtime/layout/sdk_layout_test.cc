// SPDX-License-Identifier: Apache-2.0
// What each call checks, and how it reports errors.
#include "runtime/layout/sdk_layout.h"

#include <gtest/gtest.h>

namespace csl::runtime::layout {
namespace {

const Routes kFromRamp = {{image::kRamp, 0}};
const Routes kToRamp = {{0, image::kRamp}};
const Routes kThrough = {{image::kWest, image::kRamp}};

ColorName Named(const std::string& name, std::optional<int> value = std::nullopt) {
  return {name, name, value};
}

class SdkLayoutTest : public testing::Test {
 protected:
  SdkLayout layout_{isa::Arch::kWse3};
  const RegionId region_ = *layout_.CreateCodeRegion("pe.csl", "r", 3, 2);
};

TEST_F(SdkLayoutTest, RegionsHaveNamesOfTheirOwnAndASize) {
  EXPECT_EQ(layout_.CreateCodeRegion("other.csl", "r", 1, 1).status().message(),
            "create_code_region: there is a region 'r' already (3 x 2 PEs of 'pe.csl'); names of "
            "regions must differ");
  EXPECT_EQ(layout_.CreateCodeRegion("pe.csl", "s", 0, 1).status().message(),
            "create_code_region: region 's': 0 x 1 PEs; width and height must be 1 to 2047");
  EXPECT_EQ(layout_.CreateCodeRegion("pe.csl", "1 s", 1, 1).status().message(),
            "create_code_region: the name '1 s' must be letters, digits and underscores, and begin "
            "with no digit");
}

TEST_F(SdkLayoutTest, PlacesAreInsideTheWafer) {
  EXPECT_EQ(layout_.Place(region_, -1, 0).message(),
            "place: region 'r': (-1, 0) is not the position of a PE; x and y must be 0 to 2047");
  EXPECT_FALSE(layout_.Place(region_, 2046, 0).ok());
  EXPECT_TRUE(layout_.Place(region_, 2045, 2046).ok());
}

TEST_F(SdkLayoutTest, StacksSideBySideAndBelow) {
  const RegionId other = *layout_.CreateCodeRegion("pe.csl", "s", 2, 4);
  ASSERT_TRUE(layout_.Place(region_, 1, 1).ok());
  EXPECT_EQ(*layout_.Stack(true, {region_, other}, std::nullopt), 5);
  EXPECT_EQ(layout_.region(other).origin, (Point{4, 1}));
  EXPECT_EQ(*layout_.Stack(false, {region_, other}, Point{0, 3}), 6);
  EXPECT_EQ(layout_.region(region_).origin, (Point{0, 3}));
  EXPECT_EQ(layout_.region(other).origin, (Point{0, 5}));
  EXPECT_FALSE(layout_.Stack(true, {}, std::nullopt).ok());
}

TEST_F(SdkLayoutTest, RectanglesLieInTheRegion) {
  EXPECT_EQ(layout_.SetParam("set_param", region_, {3, 0, 1, 1}, "n", uint64_t{1}).message(),
            "set_param: region 'r' has no PE (3, 0); it has PEs (0, 0) to (2, 1)");
  EXPECT_EQ(layout_.SetParam("set_param_range", region_, {1, 0, 3, 1}, "n", uint64_t{1}).message(),
            "set_param_range: region 'r': the rectangle from (1, 0) to before (4, 1) leaves it; it "
            "has PEs (0, 0) to (2, 1)");
  EXPECT_EQ(layout_.SetParam("set_param_range", region_, {1, 1, 0, 1}, "n", uint64_t{1}).message(),
            "set_param_range: region 'r': the rectangle from (1, 1) to before (1, 2) is empty; it "
            "has PEs (0, 0) to (2, 1)");
}

TEST_F(SdkLayoutTest, ALaterParameterReplacesAnEarlierOne) {
  ASSERT_TRUE(layout_.SetParam("p", region_, {0, 0, 3, 2}, "n", uint64_t{1}).ok());
  ASSERT_TRUE(layout_.SetParam("p", region_, {1, 0, 2, 1}, "n", uint64_t{2}).ok());
  const CodeRegion& r = layout_.region(region_);
  EXPECT_EQ(std::get<uint64_t>(r.params_at(r.IndexOf({0, 0})).at("n")), 1u);
  EXPECT_EQ(std::get<uint64_t>(r.params_at(r.IndexOf({2, 0})).at("n")), 2u);
  EXPECT_EQ(std::get<uint64_t>(r.params_at(r.IndexOf({2, 1})).at("n")), 1u);
}

TEST_F(SdkLayoutTest, RoutesHaveBothSidesAndUpToFourPositions) {
  const Rect all = {0, 0, 3, 2};
  EXPECT_EQ(layout_.Paint("paint_all", region_, all, Named("c"), {{image::kWest, 0}}).message(),
            "paint_all: region 'r', color 'c': routing position 0 has input WEST and output "
            "nothing; both are needed");
  EXPECT_EQ(layout_.Paint("paint_all", region_, all, Named("c"), {}).message(),
            "paint_all: region 'r', color 'c': 0 routing positions; a router has 1 to 4");
  EXPECT_FALSE(layout_.Paint("paint_all", region_, all, Named("c"), Routes(5, kThrough[0])).ok());
}

TEST_F(SdkLayoutTest, ColorsOfOneNameAreOneColor) {
  EXPECT_EQ(*layout_.Intern(Named("c")), *layout_.Intern(Named("c")));
  EXPECT_EQ(layout_.Intern(Named("c", 3)).status().message(),
            "color 'c' has 3 here and no value elsewhere; colors of one name are one color");
}

TEST_F(SdkLayoutTest, PortsGiveTheirInnerSideAlone) {
  EXPECT_EQ(
      layout_.CreatePort(region_, true, Named("c"), Edge::kTop, kThrough, 1, "").status().message(),
      "create_input_port: region 'r', port 'r_c': routing position 0 has input WEST; the "
      "input of an input port is found when the layout is compiled, so none may be given");
  EXPECT_EQ(layout_.CreatePort(region_, false, Named("c"), Edge::kTop, {{0, 0}}, 1, "")
                .status()
                .message(),
            "create_output_port: region 'r', port 'r_c': routing position 0 has no input");
  ASSERT_TRUE(layout_.CreatePort(region_, true, Named("c"), Edge::kTop, kToRamp, 1, "").ok());
  EXPECT_EQ(
      layout_.CreatePort(region_, true, Named("c"), Edge::kTop, kToRamp, 1, "").status().message(),
      "create_input_port: region 'r' has an input port 'r_c' at its TOP edge already; "
      "another prefix makes another port of the same color");
  EXPECT_TRUE(layout_.CreatePort(region_, true, Named("c"), Edge::kLeft, kToRamp, 1, "_2").ok());
}

TEST_F(SdkLayoutTest, ConnectedPortsAgree) {
  const PortId tx = *layout_.CreatePort(region_, false, Named("o"), Edge::kTop, kFromRamp, 4, "");
  const PortId rx = *layout_.CreatePort(region_, true, Named("i"), Edge::kLeft, kToRamp, 4, "");
  const PortId other = *layout_.CreatePort(region_, true, Named("j"), Edge::kTop, kToRamp, 5, "");
  EXPECT_EQ(layout_.Connect(tx, rx).message(),
            "connect: port 'r_o' has 3 PEs (TOP edge of region 'r') and port 'r_i' has 2 (LEFT "
            "edge of region 'r'); PEs are connected one to one");
  EXPECT_EQ(layout_.Connect(tx, other).message(),
            "connect: port 'r_o' has data_size 4 and port 'r_j' 5; they must agree");
  EXPECT_EQ(layout_.Connect(rx, tx).message(),
            "connect: 'r_i' is an input port and 'r_o' an output port; connect takes an output "
            "port, then an input port");
  const PortId fits = *layout_.CreatePort(region_, true, Named("k"), Edge::kBottom, kToRamp, 4, "");
  ASSERT_TRUE(layout_.Connect(tx, fits).ok());
  EXPECT_EQ(layout_.Connect(tx, fits).message(),
            "connect: port 'r_o' of region 'r' is connected to port 'r_k' already; a port has one "
            "other end");
}

TEST_F(SdkLayoutTest, StreamsConnectPortsOfOnePe) {
  const PortId wide = *layout_.CreatePort(region_, true, Named("i"), Edge::kTop, kToRamp, 4, "");
  EXPECT_EQ(layout_.CreateStream(true, wide, std::nullopt, 16).status().message(),
            "create_input_stream: port 'r_i' of region 'r' has 3 PEs; streams connect ports of one "
            "PE: put a region in between that deals out or gathers");
  const RegionId one = *layout_.CreateCodeRegion("pe.csl", "one", 1, 1);
  const PortId in = *layout_.CreatePort(one, true, Named("x"), Edge::kTop, kToRamp, 4, "");
  EXPECT_EQ(layout_.CreateStream(false, in, std::nullopt, 16).status().message(),
            "create_output_stream: port 'one_x' of region 'one' is an input port; an output port "
            "is expected");
  EXPECT_EQ(layout_.CreateStream(true, in, std::nullopt, 0).status().message(),
            "create_input_stream: port 'one_x' of region 'one': io_buffer_size 0 must be 1 to "
            "10000");
  ASSERT_TRUE(layout_.CreateStream(true, in, std::nullopt, 16).ok());
  EXPECT_EQ(layout_.CreateStream(true, in, std::nullopt, 16).status().message(),
            "create_input_stream: port 'one_x' of region 'one' is connected to stream 'one_x' "
            "already; a port has one other end");
}

TEST_F(SdkLayoutTest, SymbolsAreCutIntoEqualBlocks) {
  SymbolData data{"A", 6, 3, 4, std::vector<uint8_t>(6 * 3 * 4)};
  EXPECT_EQ(layout_.SetSymbol(region_, data).message(),
            "set_symbol_all: region 'r', symbol 'A': width 6 and height 3 must be multiples of the "
            "3 columns and 2 rows of the region");
  data.height = 4;
  EXPECT_EQ(layout_.SetSymbol(region_, data).message(),
            "set_symbol_all: region 'r', symbol 'A': data has 18 elements; width 6 times height 4 "
            "is 24");
  data.bytes.resize(6 * 4 * 4);
  EXPECT_TRUE(layout_.SetSymbol(region_, data).ok());
}

}  // namespace
}  // namespace csl::runtime::layout
