// SPDX-License-Identifier: Apache-2.0
// Checks of routes on small rectangles: each check fires where it should and is silent beside it.
//
// A case has a digit for each tile, row by row, and routes "X,Y RX>TX", sides by their first letter
// (R for RAMP), with "|rxS" or "|txS" for further switch positions. The bits of a digit: 1 the
// program sends, 2 it receives through a queue, 4 it sends control wavelets, 8 it changes routes.
// 'C' receives and then sends; 'Q' sends when another function is launched.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "base/file.h"
#include "compiler/driver/compile.h"

namespace csl::driver {
namespace {

namespace fs = std::filesystem;

constexpr char kPe[] = R"(param role: u16;
const tile_config = @import_module("<tile_config>");
const c = @get_color(4);
const queue = @get_input_queue(2);
const to_queue = @get_output_queue(2);
const is_wse3 = @is_arch("wse3");
const sends = (role & 1) != 0;
const receives = (role & 2) != 0;
const controls = (role & 4) != 0;
const waits = (role & 16) != 0;
const is_other = (role & 32) != 0;
const out = @get_dsd(fabout_dsd, if (is_wse3) .{ .extent = 1, .output_queue = to_queue }
                     else .{ .extent = 1, .fabric_color = c, .output_queue = to_queue });
const commands = @get_dsd(fabout_dsd,
    if (is_wse3) .{ .extent = 1, .output_queue = to_queue, .control = true }
    else .{ .extent = 1, .fabric_color = c, .output_queue = to_queue, .control = true });
const in = @get_dsd(fabin_dsd, .{ .extent = 1, .input_queue = queue });
var data = [1]u32{ 1 };
const memory = @get_dsd(mem1d_dsd, .{ .tensor_access = |i|{1} -> data[i] });
export fn go() void {
  if (receives and waits) @mov32(memory, in);
  if (sends and !is_other) @mov32(out, memory);
  if (controls) @mov32(commands, memory);
  if (receives and !waits) @mov32(memory, in);
  if ((role & 8) != 0) tile_config.switch_config.set_current_switch_position(c, 0);
}
export fn other() void {
  if (sends and is_other) @mov32(out, memory);
}
comptime {
  if (receives) @initialize_queue(queue, .{ .color = c });
  if (is_wse3 and (sends or controls)) @initialize_queue(to_queue, .{ .color = c });
}
)";

struct Case {
  const char* name;
  int width, height;
  const char* roles;   // a digit a tile
  const char* routes;  // separated by ';'
  const char* kinds;   // what is reported, separated by ' ', in order of their names
};

std::string SideName(char letter) {
  static const std::map<char, std::string> kNames = {
      {'R', "RAMP"}, {'W', "WEST"}, {'E', "EAST"}, {'N', "NORTH"}, {'S', "SOUTH"}};
  return kNames.at(letter);
}

std::string SideList(const std::string& letters) {
  std::string list = ".{ ";
  for (const char c : letters) list += SideName(c) + ", ";
  return list + "}";
}

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

// "1,0 W>R|rxE" as a line of the layout block.
std::string Setting(const std::string& route) {
  const size_t blank = route.find(' ');
  const std::vector<std::string> positions = Split(route.substr(blank + 1), '|');
  const size_t arrow = positions[0].find('>');
  std::string line =
      "  @set_color_config(" + route.substr(0, blank) +
      ", @get_color(4), .{ .routes = .{ .rx = " + SideList(positions[0].substr(0, arrow)) +
      ", .tx = " + SideList(positions[0].substr(arrow + 1)) + " }";
  if (positions.size() > 1) line += ", .switches = .{ ";
  for (size_t n = 1; n < positions.size(); ++n) {
    line += ".pos" + std::to_string(n) + " = .{ ." + positions[n].substr(0, 2) + " = " +
            SideName(positions[n][2]) + " }, ";
  }
  if (positions.size() > 1) line += "}";
  return line + " });\n";
}

std::string LayoutOf(const Case& c) {
  std::string text = "layout {\n  @set_rectangle(" + std::to_string(c.width) + ", " +
                     std::to_string(c.height) + ");\n";
  for (int n = 0; n < c.width * c.height; ++n) {
    text += "  @set_tile_code(" + std::to_string(n % c.width) + ", " + std::to_string(n / c.width) +
            ", \"pe.csl\", .{ .role = " + std::to_string(c.roles[n] - '0') + " });\n";
  }
  for (const std::string& route : Split(c.routes, ';')) text += Setting(route);
  return text + "}\n";
}

Outcome CompileCase(const Case& c, const char* arch, const std::vector<std::string>& more) {
  const fs::path folder = fs::path(::testing::TempDir()) / "route_checks_test";
  fs::remove_all(folder);
  fs::create_directories(folder);
  EXPECT_TRUE(WriteFileAtomic(folder / "layout.csl", LayoutOf(c)).ok());
  EXPECT_TRUE(WriteFileAtomic(folder / "pe.csl", kPe).ok());
  std::vector<std::string> args = {
      (folder / "layout.csl").string(), std::string("--arch=") + arch,
      "--fabric-dims=" + std::to_string(c.width + 7) + "," + std::to_string(c.height + 2),
      "--fabric-offsets=4,1", "-o=" + (folder / "out").string()};
  args.insert(args.end(), more.begin(), more.end());
  const CommandLine command = ParseCommandLine(args);
  if (!command.options) return {command.exit_code, "", command.text};
  return Compile(*command.options, {"", "compiler/stdlib"});
}

std::string KindsOf(const std::string& json) {
  std::string kinds;
  std::istringstream lines(json);
  std::multiset<std::string> found;
  for (std::string line; std::getline(lines, line);) {
    constexpr std::string_view kMark = "{\"kind\":\"";
    if (!line.starts_with(kMark)) continue;
    found.insert(line.substr(kMark.size(), line.find('"', kMark.size()) - kMark.size()));
  }
  for (const std::string& kind : found) kinds += (kinds.empty() ? "" : " ") + kind;
  return kinds;
}

// clang-format off
constexpr Case kCases[] = {
    // What a program sends has to get into its router.
    {"send_without_ramp", 3, 1, "112", "0,0 R>E;1,0 W>ER;2,0 W>R",
     "RouteNotTaken RouteWithoutRamp"},
    {"send_without_ramp_row", 3, 1, "111", "0,0 W>E;1,0 W>E;2,0 W>E", "RouteWithoutRamp"},
    {"send_without_ramp_column", 1, 2, "12", "0,0 N>S;0,1 N>R", "RouteWithoutRamp"},
    {"send_without_ramp_in_any_position", 2, 1, "52", "0,0 W>E|rxN;1,0 W>R", "RouteWithoutRamp"},
    {"send_with_ramp", 2, 1, "12", "0,0 R>E;1,0 W>R", ""},
    {"send_with_ramp_in_another_position", 2, 1, "52", "0,0 W>E|rxR;1,0 W>R", ""},
    {"no_ramp_where_nothing_is_sent", 3, 1, "102", "0,0 R>E;1,0 W>E;2,0 W>R", ""},
    {"routes_that_change", 3, 1, "192", "0,0 R>E;1,0 W>E;2,0 W>R", ""},
    // A neighbour has to receive from the side that wavelets come from.
    {"neighbour_listens_elsewhere", 2, 1, "12", "0,0 R>E;1,0 S>R", "RouteNotReceived"},
    {"neighbour_has_no_route", 3, 1, "100", "0,0 R>E;2,0 W>R", "RouteToNowhere"},
    {"neighbour_to_the_north", 1, 2, "21", "0,0 W>R;0,1 R>N", "RouteNotReceived"},
    {"neighbour_far_down_the_line", 3, 1, "100", "0,0 R>E;1,0 W>E;2,0 N>R", "RouteNotReceived"},
    {"neighbour_listens", 1, 2, "21", "0,0 S>R;0,1 R>N", ""},
    {"neighbour_listens_in_another_position", 2, 1, "52", "0,0 R>E;1,0 S>R|rxW", ""},
    {"deaf_neighbour_of_nobody_who_sends", 2, 1, "02", "0,0 R>E;1,0 S>R", ""},
    {"deaf_neighbour_on_another_side", 2, 2, "1200", "0,0 R>E;1,0 W>R;0,1 W>R", ""},
    // The rectangle ends.
    {"off_the_east", 1, 1, "1", "0,0 R>E", "RouteOffFabric"},
    {"off_the_north", 1, 2, "01", "0,1 R>N;0,0 S>N", "RouteOffFabric"},
    {"off_the_west", 2, 1, "01", "1,0 R>W;0,0 E>W", "RouteOffFabric"},
    {"off_the_south", 2, 1, "11", "0,0 R>S;1,0 R>S", "RouteOffFabric"},
    {"not_off_the_fabric", 2, 1, "12", "0,0 R>E;1,0 W>R", ""},
    {"off_the_fabric_where_nothing_comes", 2, 1, "00", "0,0 R>E;1,0 W>E", ""},
    {"off_the_fabric_on_another_side", 2, 1, "21", "1,0 R>W;0,0 E>R", ""},
    {"off_the_fabric_by_a_changing_route", 1, 1, "9", "0,0 R>E", ""},
    // What a program waits for has to come out of its router.
    {"queue_without_ramp", 2, 1, "12", "0,0 R>E;1,0 W>N", "RouteNotDelivered RouteOffFabric"},
    {"queue_on_a_passing_color", 3, 1, "122", "0,0 R>E;1,0 W>E;2,0 W>R", "RouteNotDelivered"},
    {"queue_on_the_sender", 2, 1, "32", "0,0 R>E;1,0 W>R", "RouteNotDelivered"},
    {"queue_of_a_row", 3, 1, "222", "0,0 W>E;1,0 W>E;2,0 W>E", "RouteNotDelivered"},
    {"queue_with_ramp", 3, 1, "122", "0,0 R>E;1,0 W>ER;2,0 W>R", ""},
    {"queue_on_a_color_without_routes", 3, 1, "122", "0,0 R>E;1,0 W>R", ""},
    {"queue_with_ramp_in_another_position", 2, 1, "52", "0,0 R>E;1,0 W>W|txR", "RouteNotReceived"},
    {"no_queue_on_a_passing_color", 3, 1, "102", "0,0 R>E;1,0 W>E;2,0 W>R", ""},
    // What is delivered has to be taken.
    {"delivered_to_nobody", 2, 1, "10", "0,0 R>E;1,0 W>R", "RouteNotTaken"},
    {"delivered_on_the_way", 3, 1, "102", "0,0 R>E;1,0 W>ER;2,0 W>R", "RouteNotTaken"},
    {"delivered_to_the_sender", 1, 1, "1", "0,0 R>R", "RouteNotTaken"},
    {"delivered_to_a_row", 3, 1, "100", "0,0 R>E;1,0 W>ER;2,0 W>R", "RouteNotTaken RouteNotTaken"},
    {"delivered_and_taken", 2, 1, "12", "0,0 R>E;1,0 W>R", ""},
    {"delivered_where_nothing_comes", 2, 1, "00", "0,0 R>E;1,0 W>R", ""},
    {"passing_by", 3, 1, "102", "0,0 R>E;1,0 W>E;2,0 W>R", ""},
    {"delivered_by_a_changing_route", 2, 1, "90", "0,0 R>E;1,0 W>R", ""},
    // Wavelets from two sides.
    {"two_sides_meet", 3, 1, "121", "0,0 R>E;1,0 WE>R;2,0 R>W", "RouteInputsMeet"},
    {"side_and_ramp_meet", 3, 1, "112", "0,0 R>E;1,0 WR>E;2,0 W>R", "RouteInputsMeet"},
    {"columns_meet", 1, 3, "121", "0,0 R>S;0,1 NS>R;0,2 R>N", "RouteInputsMeet"},
    {"three_sides_meet", 3, 2, "121010", "0,0 R>E;1,0 WES>R;2,0 R>W;1,1 R>N", "RouteInputsMeet"},
    {"one_of_two_sides_is_silent", 3, 1, "120", "0,0 R>E;1,0 WE>R;2,0 R>W", ""},
    {"two_sides_in_turn", 3, 1, "521", "0,0 R>E;1,0 W>R|rxE;2,0 R>W", ""},
    {"ramp_of_a_silent_program", 3, 1, "102", "0,0 R>E;1,0 WR>E;2,0 W>R", ""},
    {"two_sides_that_wait", 3, 1, "12C", "0,0 R>E;1,0 WE>R;2,0 R>WR", ""},
    {"two_sides_by_launch", 3, 1, "12Q", "0,0 R>E;1,0 WE>R;2,0 R>W", ""},
    {"two_sides_of_a_changing_route", 3, 1, "921", "0,0 R>E;1,0 WE>R;2,0 R>W", ""},
    // Switches need somebody who moves them.
    {"switch_without_control", 2, 1, "12", "0,0 R>E|rxW;1,0 W>R", "SwitchNeverMoves"},
    {"switch_of_the_receiver", 2, 1, "12", "0,0 R>E;1,0 W>R|rxE", "SwitchNeverMoves"},
    {"switch_with_three_positions", 2, 1, "12", "0,0 R>E|rxW|rxN;1,0 W>R", "SwitchNeverMoves"},
    {"switches_of_a_row", 3, 1, "112", "0,0 R>E|rxW;1,0 W>E|rxR;2,0 W>R",
     "SwitchNeverMoves SwitchNeverMoves"},
    {"switch_with_control", 2, 1, "52", "0,0 R>E|rxW;1,0 W>R", ""},
    {"switch_moved_by_another_pe", 3, 1, "142", "0,0 R>E|rxW;1,0 W>E|rxR;2,0 W>R", ""},
    {"switch_where_nothing_comes", 2, 1, "00", "0,0 R>E|rxW;1,0 W>R", ""},
    {"switch_moved_by_a_program", 2, 1, "92", "0,0 R>E|rxW;1,0 W>R", ""},
};
// clang-format on

class RouteChecksTest : public ::testing::TestWithParam<Case> {};

TEST_P(RouteChecksTest, ReportsWhatIsWrongAndNothingElse) {
  for (const char* arch : {"wse2", "wse3"}) {
    const Outcome outcome = CompileCase(GetParam(), arch, {"--diagnostics=json"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(KindsOf(outcome.err), GetParam().kinds) << arch << "\n" << outcome.err;
  }
}

INSTANTIATE_TEST_SUITE_P(All, RouteChecksTest, ::testing::ValuesIn(kCases),
                         [](const auto& info) { return std::string(info.param.name); });

const Case& CaseOf(std::string_view name) {
  for (const Case& c : kCases) {
    if (name == c.name) return c;
  }
  return kCases[0];
}

TEST(RouteChecks, AMessageShowsThePathAndBothRoutes) {
  const std::string text = CompileCase(CaseOf("neighbour_listens_elsewhere"), "wse2", {}).err;
  EXPECT_NE(text.find("PE(0,0), color 4: PE(0,0) --EAST--> PE(1,0): receives from SOUTH only"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("note: the route is set here"), std::string::npos) << text;
}

TEST(RouteChecks, ARectangleOfPEsIsOneMessage) {
  const Case rows = {"rows", 3, 2, "111111", "0,0 W>E;1,0 W>E;2,0 W>E;0,1 W>E;1,1 W>E;2,1 W>E", ""};
  const std::string text = CompileCase(rows, "wse2", {"--no-route-checks"}).err;
  EXPECT_EQ(text, "");
}

// Programs that are right, as people write them.
TEST(RouteChecks, NothingIsSaidOfProgramsThatAreRight) {
  int programs = 0;
  for (const auto& folder : fs::directory_iterator("compiler/driver/routes")) {
    for (const char* arch : {"wse2", "wse3"}) {
      const CommandLine command = ParseCommandLine(
          {(folder.path() / "layout.csl").string(), std::string("--arch=") + arch,
           "--fabric-dims=20,20", "--fabric-offsets=4,1", "--memcpy", "--channels=1",
           "--no-deprecated", "-o=" + (fs::path(::testing::TempDir()) / "right").string()});
      ASSERT_TRUE(command.options) << command.text;
      const Outcome outcome = Compile(*command.options, {"", "compiler/stdlib"});
      EXPECT_EQ(outcome.err, "") << folder.path() << " " << arch;
      EXPECT_EQ(outcome.exit_code, 0) << folder.path() << " " << arch;
      ++programs;
    }
  }
  EXPECT_EQ(programs, 18);
}

}  // namespace
}  // namespace csl::driver
