// SPDX-License-Identifier: Apache-2.0
#include "runtime/layout/resolve.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "runtime/layout/document.h"

namespace csl::runtime::layout {
namespace {

const Routes kFromRamp = {{image::kRamp, 0}};
const Routes kToRamp = {{0, image::kRamp}};

ColorName Named(const std::string& name, std::optional<int> value = std::nullopt) {
  return {name, name, value};
}

// Regions of 'pe.csl' and what connects them, for short tests.
class Builder {
 public:
  explicit Builder(isa::Arch arch = isa::Arch::kWse3) : layout(arch) {}

  RegionId Region(const std::string& name, int x, int y, int width = 1, int height = 1) {
    const auto id = layout.CreateCodeRegion("pe.csl", name, width, height);
    EXPECT_TRUE(id.ok()) << id.status().message();
    EXPECT_TRUE(layout.Place(*id, x, y).ok());
    return *id;
  }
  PortId Output(RegionId region, const std::string& color, Edge edge = Edge::kRight,
                const Routes& positions = kFromRamp) {
    return *layout.CreatePort(region, false, Named(color), edge, positions, 1, "");
  }
  PortId Input(RegionId region, const std::string& color, Edge edge = Edge::kLeft,
               const Routes& positions = kToRamp) {
    return *layout.CreatePort(region, true, Named(color), edge, positions, 1, "");
  }

  ResolvedLayout Resolved(const ForbiddenColors& forbidden = {}) const {
    StatusOr<ResolvedLayout> resolved = Resolve(layout, forbidden);
    EXPECT_TRUE(resolved.ok()) << resolved.status().message();
    return resolved.ok() ? *std::move(resolved) : ResolvedLayout();
  }
  std::string Error() const {
    const StatusOr<ResolvedLayout> resolved = Resolve(layout, {});
    return resolved.ok() ? "" : resolved.status().message();
  }

  SdkLayout layout;
};

// "R->E" at a place in a color; "" for no route.
std::string RouteText(const ResolvedLayout& resolved, int value, Point place) {
  std::string text;
  for (const Net& net : resolved.nets) {
    const uint32_t number = net.routes[resolved.canvas.IndexOf(place)];
    if (net.value != value || number == 0) continue;
    for (const image::Route& route : resolved.routes[number - 1]) {
      text += fmt::format("{}{} -> {}", text.empty() ? "" : " | ", SidesText(route.rx),
                          SidesText(route.tx));
    }
  }
  return text;
}

TEST(Resolve, ConnectsTwoRegionsInOneColor) {
  Builder b;
  const PortId tx = b.Output(b.Region("a", 1, 1), "tx");
  const PortId rx = b.Input(b.Region("b", 4, 1), "rx");
  ASSERT_TRUE(b.layout.Connect(tx, rx).ok());
  const ResolvedLayout r = b.Resolved();
  EXPECT_EQ(r.nets.size(), 1u);
  EXPECT_EQ(r.value_of(ColorId(0)), 0);
  EXPECT_EQ(r.value_of(ColorId(1)), 0);
  EXPECT_EQ(RouteText(r, 0, {1, 1}), "RAMP -> EAST");
  EXPECT_EQ(RouteText(r, 0, {2, 1}), "WEST -> EAST");
  EXPECT_EQ(RouteText(r, 0, {4, 1}), "WEST -> RAMP");
  EXPECT_EQ(r.width, 5);
  EXPECT_EQ(r.height, 2);
}

TEST(Resolve, GivesEveryPositionOfAPortTheSideOfTheWay) {
  Builder b;
  const Routes two = {{image::kRamp, 0}, {image::kSouth, 0}};
  const PortId tx = b.Output(b.Region("a", 0, 1, 1, 2), "tx", Edge::kTop, two);
  const PortId rx = b.Input(b.Region("b", 3, 0), "rx", Edge::kTop);
  ASSERT_TRUE(b.layout.Place(RegionId(0), 0, 2).ok());
  ASSERT_TRUE(b.layout.Place(RegionId(1), 3, 1).ok());
  ASSERT_TRUE(b.layout.Connect(tx, rx).ok());
  const ResolvedLayout r = b.Resolved();
  EXPECT_EQ(RouteText(r, 0, {0, 2}), "RAMP -> NORTH | SOUTH -> NORTH");
}

TEST(Resolve, ConnectsPortsOfSeveralPesOneByOne) {
  // Edges whose PEs, in order, can be joined without crossing: straight, and around a corner.
  const std::pair<Edge, Edge> kPairs[] = {{Edge::kRight, Edge::kLeft},
                                          {Edge::kTop, Edge::kLeft},
                                          {Edge::kLeft, Edge::kTop},
                                          {Edge::kBottom, Edge::kTop},
                                          {Edge::kRight, Edge::kBottom}};
  for (const auto& [from, to] : kPairs) {
    Builder b;
    const PortId tx = b.Output(b.Region("a", 8, 8, 4, 4), "tx", from);
    const PortId rx = b.Input(b.Region("b", 20, 14, 4, 4), "rx", to);
    ASSERT_TRUE(b.layout.Connect(tx, rx).ok());
    const ResolvedLayout r = b.Resolved();
    for (int i = 0; i < 4 && !r.nets.empty(); ++i) {
      const Point end = b.layout.PeOf(b.layout.port(rx), i);
      EXPECT_NE(RouteText(r, 0, end), "") << EdgeName(from) << " " << EdgeName(to) << i;
    }
  }
}

TEST(Resolve, NetsThatMeetHaveDifferentNumbers) {
  Builder b;
  const PortId down = b.Output(b.Region("top", 2, 0), "down", Edge::kBottom);
  const PortId bottom = b.Input(b.Region("bottom", 2, 4), "bottom", Edge::kTop);
  const PortId right = b.Output(b.Region("left", 0, 2), "right");
  const PortId end = b.Input(b.Region("right", 4, 2), "end");
  ASSERT_TRUE(b.layout.Connect(down, bottom).ok());
  ASSERT_TRUE(b.layout.Connect(right, end).ok());
  const ResolvedLayout r = b.Resolved();
  EXPECT_NE(r.value_of(ColorId(0)), r.value_of(ColorId(2)));
  EXPECT_EQ(RouteText(r, r.value_of(ColorId(0)), {2, 2}), "NORTH -> SOUTH");
  EXPECT_EQ(RouteText(r, r.value_of(ColorId(2)), {2, 2}), "WEST -> EAST");
}

TEST(Resolve, NetsApartShareANumber) {
  Builder b;
  const PortId a = b.Output(b.Region("a", 0, 0), "a");
  const PortId b_in = b.Input(b.Region("b", 2, 0), "b");
  const PortId c = b.Output(b.Region("c", 0, 4), "c");
  const PortId d = b.Input(b.Region("d", 2, 4), "d");
  ASSERT_TRUE(b.layout.Connect(a, b_in).ok());
  ASSERT_TRUE(b.layout.Connect(c, d).ok());
  const ResolvedLayout r = b.Resolved();
  EXPECT_EQ(r.value_of(ColorId(0)), r.value_of(ColorId(2)));
}

TEST(Resolve, SwitchesOnWse3TakeColorsThatHaveThem) {
  Builder b;
  const RegionId region = b.Region("a", 0, 0, 2, 1);
  const Routes plain = {{image::kWest, image::kRamp}};
  const Routes switched = {{image::kWest, image::kRamp}, {image::kWest, image::kEast}};
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(
        b.layout.Paint("paint", region, {0, 0, 1, 1}, Named(fmt::format("c{}", i)), plain).ok());
  }
  ASSERT_TRUE(b.layout.Paint("paint", region, {0, 0, 1, 1}, Named("s"), switched).ok());
  const ResolvedLayout r = b.Resolved();
  EXPECT_EQ(r.value_of(ColorId(10)), 12);  // 10 and 11 have none
}

TEST(Resolve, ValuesOfTheUserStay) {
  Builder b;
  const RegionId region = b.Region("a", 0, 0);
  const Routes plain = {{image::kWest, image::kRamp}};
  ASSERT_TRUE(b.layout.Paint("paint", region, {0, 0, 1, 1}, Named("free"), plain).ok());
  ASSERT_TRUE(b.layout.Paint("paint", region, {0, 0, 1, 1}, Named("given", 0), plain).ok());
  const ResolvedLayout r = b.Resolved();
  EXPECT_EQ(r.value_of(ColorId(1)), 0);
  EXPECT_EQ(r.value_of(ColorId(0)), 1);
}

TEST(Resolve, KeepsClearOfForbiddenNumbers) {
  Builder b;
  const RegionId region = b.Region("a", 0, 0);
  ASSERT_TRUE(
      b.layout.Paint("paint", region, {0, 0, 1, 1}, Named("c"), {{image::kWest, image::kRamp}})
          .ok());
  EXPECT_EQ(b.Resolved({0b0111}).value_of(ColorId(0)), 3);
}

TEST(Resolve, StreamsEnterAndLeaveAtTheEdges) {
  Builder b;
  const RegionId region = b.Region("a", 2, 1);
  const PortId in = b.Input(region, "in", Edge::kLeft);
  const PortId out = b.Output(region, "out", Edge::kRight);
  ASSERT_EQ(*b.layout.CreateStream(true, in, std::nullopt, 16), "a_in");
  ASSERT_EQ(*b.layout.CreateStream(false, out, std::nullopt, 16), "a_out");
  const ResolvedLayout r = b.Resolved();
  ASSERT_EQ(r.host_ports.size(), 2u);
  EXPECT_EQ(r.host_ports[0].place, (Point{0, 1}));
  EXPECT_EQ(r.host_ports[1].place, (Point{3, 1}));
  const int host = r.nets[r.host_ports[0].net].value;
  EXPECT_EQ(RouteText(r, host, {0, 1}), "the host -> RAMP");
}

TEST(Resolve, AStreamStandsWhereItIsTold) {
  Builder b;
  const PortId in = b.Input(b.Region("a", 3, 1), "in", Edge::kTop);
  ASSERT_TRUE(b.layout.CreateStream(true, in, Point{3, 0}, 16).ok());
  EXPECT_EQ(b.Resolved().host_ports[0].place, (Point{3, 0}));
}

TEST(Resolve, ADirectStreamTakesTheOpenSide) {
  Builder b;
  const RegionId region = b.Region("a", 0, 0, 2, 1);
  const ColorName c = Named("c");
  ASSERT_TRUE(b.layout.Paint("p", region, {0, 0, 1, 1}, c, {{image::kWest, image::kEast}}).ok());
  ASSERT_TRUE(b.layout.Paint("p", region, {1, 0, 1, 1}, c, {{image::kWest, image::kRamp}}).ok());
  ASSERT_EQ(*b.layout.CreateDirectStream(true, {0, 0}, c, "h2d_"), "h2d_c");
  EXPECT_EQ(RouteText(b.Resolved(), 0, {0, 0}), "the host -> EAST");
}

TEST(Resolve, TheSameLayoutGivesTheSameDocument) {
  const auto document = [] {
    Builder b;
    const RegionId region = b.Region("a", 2, 2, 3, 3);
    for (const Edge edge : {Edge::kTop, Edge::kLeft}) {
      const std::string name(EdgeName(edge));
      const PortId in = b.Input(region, "in_" + name, edge);
      const PortId out =
          b.Output(b.Region("s_" + name, edge == Edge::kTop ? 2 : 0, edge == Edge::kTop ? 0 : 2,
                            edge == Edge::kTop ? 3 : 1, edge == Edge::kTop ? 1 : 3),
                   "out_" + name, edge == Edge::kTop ? Edge::kBottom : Edge::kRight);
      EXPECT_TRUE(b.layout.Connect(out, in).ok());
    }
    return WriteDocument(b.layout, b.Resolved()).text;
  };
  EXPECT_EQ(document(), document());
}

TEST(ResolveErrors, NameRegionPortAndPe) {
  Builder overlap;
  overlap.Region("a", 0, 0, 2, 2);
  overlap.Region("b", 1, 1);
  EXPECT_EQ(overlap.Error(),
            "compile: regions 'a' (2 x 2 PEs at (0, 0)) and 'b' (1 x 1 PEs at (1, 1)) overlap at "
            "PE (1, 1) of the layout; place() moves one");
  Builder open;
  open.Output(open.Region("a", 0, 0), "tx");
  EXPECT_EQ(open.Error(),
            "compile: port 'a_tx' (RIGHT edge of region 'a') is not connected; connect() or a "
            "stream gives it its other end");
  EXPECT_EQ(Builder().Error(), "compile: the layout has no code region");
}

TEST(ResolveErrors, WaysOfOneColorThatWouldHaveToCross) {
  Builder b;
  const PortId tx = b.Output(b.Region("a", 8, 8, 4, 4), "tx", Edge::kTop);
  const PortId rx = b.Input(b.Region("b", 20, 14, 4, 4), "rx", Edge::kTop);
  ASSERT_TRUE(b.layout.Connect(tx, rx).ok());
  EXPECT_TRUE(
      b.Error().starts_with("compile: there is no way from PE (8, 8) of the layout, PE 0 of "
                            "port 'a_tx' (TOP edge of region 'a'), to PE (20, 14)"))
      << b.Error();
}

TEST(ResolveErrors, SayWhereNumbersRunOut) {
  Builder b;
  const RegionId region = b.Region("a", 0, 0, 2, 1);
  const Routes plain = {{image::kWest, image::kRamp}};
  for (int i = 0; i < 25; ++i) {
    const ColorName color = Named(fmt::format("c{}", i));
    ASSERT_TRUE(b.layout.Paint("paint", region, {1, 0, 1, 1}, color, plain).ok());
  }
  EXPECT_EQ(b.Error(),
            "compile: no number is left for color 'c24': at region 'a', PE (1, 0) 24 of 24 colors "
            "are in use");
}

TEST(ResolveErrors, ConnectedColorsWithTwoValues) {
  Builder b;
  const RegionId from = b.Region("a", 0, 0);
  const RegionId to = b.Region("b", 2, 0);
  const PortId tx =
      *b.layout.CreatePort(from, false, Named("tx", 3), Edge::kRight, kFromRamp, 1, "");
  const PortId rx = *b.layout.CreatePort(to, true, Named("rx", 4), Edge::kLeft, kToRamp, 1, "");
  ASSERT_TRUE(b.layout.Connect(tx, rx).ok());
  EXPECT_EQ(b.Error(),
            "compile: colors 'tx' (3) and 'rx' (4) are connected, so they must be equal");
}

TEST(ResolveErrors, ADirectStreamWithoutAnOpenSide) {
  Builder b;
  const RegionId region = b.Region("a", 0, 0, 2, 1);
  const ColorName c = Named("c");
  ASSERT_TRUE(b.layout.CreateDirectStream(true, {1, 0}, c, "").ok());
  EXPECT_EQ(b.Error(),
            "compile: stream 'c': PE (1, 0) of the layout (region 'a', PE (1, 0)) has no route for "
            "color 'c'; paint() gives it one");
  ASSERT_TRUE(b.layout.Paint("p", region, {0, 0, 1, 1}, c, {{image::kRamp, image::kEast}}).ok());
  ASSERT_TRUE(b.layout.Paint("p", region, {1, 0, 1, 1}, c, {{image::kWest, image::kRamp}}).ok());
  EXPECT_EQ(b.Error(),
            "compile: stream 'c': at PE (1, 0) of the layout color 'c' comes from WEST, of which "
            "nothing is fed by no other PE; one side must lead to the host");
}

}  // namespace
}  // namespace csl::runtime::layout
