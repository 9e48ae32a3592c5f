// SPDX-License-Identifier: Apache-2.0
// Whole compilations in this process: what options change about the artifact, and what they do not.
#include "compiler/driver/compile.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/file.h"
#include "fabric/image/artifact.h"

namespace csl::driver {
namespace {

namespace fs = std::filesystem;

// Every tile knows its place and branches on it at compile time.
constexpr char kLayout[] = R"(param width: u16;
const c = @get_color(4);
layout {
  @set_rectangle(width, 4);
  for (@range(u16, 4)) |y| {
    for (@range(u16, width)) |x| {
      @set_tile_code(x, y, "pe.csl", .{ .x = x, .y = y });
      @set_color_config(x, y, c, .{ .routes = .{ .rx = .{ WEST }, .tx = .{ EAST } } });
    }
  }
  @export_name("place", [*]u16, true);
  @export_name("f", fn(u16)void);
}
)";
constexpr char kPe[] = R"(param x: u16;
param y: u16;
var place = [2]u16{ x + 1, y + 1 };
var place_ptr: [*]u16 = &place;
var fixed: [4]u16 linksection(".fixed");
fn f(n: u16) void {
  var local = @zeros([8]u16);
  for (@range(u16, 8)) |i| local[i] = place[i & n] + x * 16 + 3;
  if (x == 0) place[0] = local[n & 7];
  place[1] = local[(n + 1) & 7];
  fixed[n & 3] = y;
}
comptime {
  @export_symbol(place_ptr, "place");
  @export_symbol(f);
}
)";

class CompileTest : public ::testing::Test {
 protected:
  CompileTest() : folder_(fs::path(::testing::TempDir()) / "compile_test") {
    fs::remove_all(folder_);
    Write("layout.csl", kLayout);
    Write("pe.csl", kPe);
  }
  ~CompileTest() override { fs::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text) {
    fs::create_directories((folder_ / name).parent_path());
    ASSERT_TRUE(WriteFileAtomic(folder_ / name, text).ok());
  }

  Outcome Run(const std::string& file, std::vector<std::string> args) {
    args.insert(args.begin(), {(folder_ / file).string(), "--fabric-dims=20,10"});
    args.push_back("-o=" + (folder_ / "out").string());
    const CommandLine command = ParseCommandLine(args);
    if (!command.options) return {command.exit_code, "", command.text};
    return Compile(*command.options, {"", "compiler/stdlib"});
  }

  // The artifact's files, by path.
  std::vector<image::ArtifactFile> Files() {
    auto artifact = image::LoadArtifact(folder_ / "out");
    EXPECT_TRUE(artifact.ok()) << artifact.status().ToString();
    if (!artifact.ok()) return {};
    return image::ArtifactFiles(*artifact);
  }
  image::Artifact Compiled(const std::vector<std::string>& args, const char* file = "layout.csl") {
    const Outcome outcome = Run(file, args);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    auto artifact = image::LoadArtifact(folder_ / "out");
    EXPECT_TRUE(artifact.ok()) << artifact.status().ToString();
    return artifact.ok() ? *artifact : image::Artifact();
  }

  const fs::path folder_;
};

const std::vector<std::string> kWidth4 = {"--params=width:4"};

bool SameFiles(const std::vector<image::ArtifactFile>& a,
               const std::vector<image::ArtifactFile>& b) {
  return std::ranges::equal(
      a, b, [](const auto& p, const auto& q) { return p.path == q.path && p.bytes == q.bytes; });
}

TEST_F(CompileTest, TilesThatDifferInFewWordsShareAnImage) {
  const image::Artifact artifact = Compiled(kWidth4);
  EXPECT_EQ(artifact.images.size() + artifact.variants.size(), 16u);
  EXPECT_LE(artifact.images.size(), 4u);
  for (int y = 0; y < 4; ++y) {
    for (int x = 0; x < 4; ++x) {
      const uint32_t program = artifact.manifest.ProgramAt(x, y).value();
      image::ProgramImage image = artifact.BaseOf(program);
      if (program >= artifact.images.size()) {
        image = artifact.variants[program - artifact.images.size()].Apply(image);
      }
      const image::Symbol* place = image.FindSymbol("place");
      ASSERT_NE(place, nullptr);
      for (const image::Section& s : image.sections) {
        if (place->value < s.address || place->value >= s.address + s.bytes.size()) continue;
        EXPECT_EQ(s.bytes[place->value - s.address], x + 1);
        EXPECT_EQ(s.bytes[place->value - s.address + 2u], y + 1);
      }
    }
  }
}

TEST_F(CompileTest, TheSameBytesForAnyParallelism) {
  (void)Compiled({"--params=width:4", "--max-parallelism=1"});
  const auto alone = Files();
  for (const char* threads : {"--max-parallelism=2", "--max-parallelism=7"}) {
    (void)Compiled({"--params=width:4", threads});
    EXPECT_TRUE(SameFiles(Files(), alone)) << threads;
  }
}

TEST_F(CompileTest, ADumpedLayoutCompilesToTheSameArtifact) {
  (void)Compiled(kWidth4);
  const auto from_csl = Files();
  const Outcome dump = Run("layout.csl", {"--params=width:4", "--dump=layout"});
  ASSERT_EQ(dump.exit_code, 0) << dump.err;
  Write("again.layout", dump.out);
  (void)Compiled({}, "again.layout");
  EXPECT_TRUE(SameFiles(Files(), from_csl));
  const Outcome again = Run("again.layout", {"--dump=layout"});
  EXPECT_EQ(again.out, dump.out);
}

TEST_F(CompileTest, ADocumentHasItsOwnParameters) {
  Write("a.layout", "csl layout 1\n");
  EXPECT_EQ(Run("a.layout", kWidth4).exit_code, 2);
  EXPECT_EQ(Run("a.layout", {"--dump=tokens"}).exit_code, 2);
  EXPECT_EQ(Run("a.layout", {}).exit_code, 1);
}

TEST_F(CompileTest, SectionsBeginWhereTheOptionSays) {
  const image::Artifact artifact =
      Compiled({"--params=width:4", "--link-section-start-address-bytes=.fixed:40000"});
  for (const image::ProgramImage& image : artifact.images) {
    ASSERT_NE(image.FindSymbol("fixed"), nullptr);
    EXPECT_EQ(image.FindSymbol("fixed")->value, 40000);
  }
  const Outcome odd =
      Run("layout.csl", {"--params=width:4", "--link-section-start-address-bytes=.fixed:40001"});
  EXPECT_EQ(odd.exit_code, 1);
  EXPECT_NE(odd.err.find(".fixed"), std::string::npos) << odd.err;
  EXPECT_EQ(
      Run("layout.csl", {"--params=width:4", "--link-section-start-address-bytes=.fixed:49152"})
          .exit_code,
      2);
}

TEST_F(CompileTest, LinesAndFramesAreThereUnlessG0) {
  const image::Artifact full = Compiled(kWidth4);
  ASSERT_FALSE(full.images.empty());
  EXPECT_FALSE(full.images[0].lines.empty());
  ASSERT_FALSE(full.images[0].frames.empty());
  EXPECT_EQ(full.images[0].frames[0].name, "local");
  EXPECT_EQ(full.images[0].frames[0].type, "[8]u16");
  const image::Artifact lean = Compiled({"--params=width:4", "-g0"});
  EXPECT_TRUE(lean.images[0].lines.empty());
  EXPECT_TRUE(lean.images[0].frames.empty());
}

TEST_F(CompileTest, RoutesAreATableWithALineForEachTileAndColor) {
  const Outcome outcome = Run("layout.csl", {"--params=width:4", "--out-routes"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(std::ranges::count(outcome.out, '\n'), 1 + 16);
  EXPECT_NE(outcome.out.find("   3    2     4  layout   W->E\n"), std::string::npos) << outcome.out;
}

TEST_F(CompileTest, EveryStageCanBeDumped) {
  for (const char* stage :
       {"tokens", "ast", "untyped", "layout", "ir", "config", "passes", "asm", "memory"}) {
    const Outcome outcome = Run("layout.csl", {"--params=width:1", std::string("--dump=") + stage});
    EXPECT_EQ(outcome.exit_code, 0) << stage << outcome.err;
    EXPECT_FALSE(outcome.out.empty()) << stage;
    EXPECT_FALSE(fs::exists(folder_ / "out")) << stage;
  }
}

TEST_F(CompileTest, AnExternThatNothingDefinesIsShownWhereItIsDeclared) {
  Write("pe.csl",
        "param x: u16;\nparam y: u16;\nextern var nowhere: u16;\nvar p: [*]u16 = "
        "&nowhere;\nfn f(n: u16) void { nowhere = n; }\ncomptime { @export_symbol(p, "
        "\"place\"); @export_symbol(f); }\n");
  const Outcome outcome = Run("layout.csl", {"--params=width:1"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.err.find("pe.csl:3:"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace csl::driver
