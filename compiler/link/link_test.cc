// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "compiler/codegen/codegen.h"
#include "compiler/ir/text.h"
#include "compiler/link/link_manifest.h"
#include "compiler/link/link_program.h"

namespace csl::link {
namespace {

constexpr char kProgram[] = R"(module "pe.csl"
file "pe.csl"
global @unused size 4000 align 4
global @table size 4 align 2 const = hex 01000200
global @y size 6 align 4
global @pointer size 2 align 2 used = hex 0000 reloc 0 @y+2
global @callback size 2 align 2 used = hex 0000 reloc 0 &leaf

func &dead() -> void {
^0:
  ret
}

func &leaf() -> void noinline {
^0:
  %0 = alloca 40 align 2
  store 7:i16, [%0 + 6]
  ret
}

func &main(%0: i16, %1: f32) -> void export entry type "fn(i16, f32)void" {
^0:
  %2 = alloca 8 align 2
  store %0, [%2]
  %3 = load i16 [@table + %0 << 1]  # 0:4:9
  store %3, [@y+2]
  call void &leaf()
  ret
}
)";

sema::TileProgram Program(const std::string& text) {
  auto module = ir::ParseModule(text);
  EXPECT_TRUE(module.ok()) << module.status().ToString();
  sema::TileProgram program;
  program.module = *std::move(module);
  return program;
}

StatusOr<LinkedProgram> Link(const sema::TileProgram& program, ProgramOptions options = {}) {
  auto code = codegen::Generate(program.module);
  EXPECT_TRUE(code.ok()) << code.status().ToString();
  return LinkProgram(program, *code, options);
}

TEST(LinkProgramTest, OnlyWhatIsReachedTakesPlace) {
  auto linked = Link(Program(kProgram));
  ASSERT_TRUE(linked.ok()) << linked.status().ToString();
  const image::ProgramImage& image = linked->image;
  EXPECT_EQ(image.FindSymbol("unused"), nullptr);
  EXPECT_EQ(image.FindSymbol("dead"), nullptr);
  ASSERT_EQ(image.functions.size(), 2u);
  EXPECT_EQ(image.functions[0].name, "leaf");
  EXPECT_EQ(image.functions[1].num_params, 2);
  EXPECT_TRUE(image.FindSymbol("main")->is_global);
  EXPECT_EQ(image.FindSymbol("main")->value, 1);
}

TEST(LinkProgramTest, AddressesGoIntoCodeAndData) {
  auto linked = Link(Program(kProgram));
  ASSERT_TRUE(linked.ok());
  const image::ProgramImage& image = linked->image;
  const uint16_t y = image.FindSymbol("y")->value;
  EXPECT_EQ(y % 4, 0);
  const image::Symbol& pointer = *image.FindSymbol("pointer");
  const image::Symbol& callback = *image.FindSymbol("callback");
  for (const image::Section& section : image.sections) {
    if (section.name != ".data") continue;
    const size_t at = static_cast<size_t>(pointer.value - section.address);
    EXPECT_EQ(section.bytes[at] | section.bytes[at + 1] << 8, y + 2);
    const size_t function = static_cast<size_t>(callback.value - section.address);
    EXPECT_EQ(section.bytes[function], 0);  // leaf
  }
  const std::string text = image.ToString();
  EXPECT_NE(text.find("[" + std::to_string(y + 2) + "]"), std::string::npos) << text;
}

constexpr char kHalves[] = R"(module "h.csl"
global @flag size 2 align 2 used
global @halves size 10 align 2 used
global @more size SIZE align 2 used

func &f() -> void entry {
^0:
  ret
}
)";

StatusOr<LinkedProgram> LinkHalves(int size) {
  std::string text = kHalves;
  return Link(Program(text.replace(text.find("SIZE"), 4, std::to_string(size))));
}

TEST(LinkProgramTest, Arrays16BitsWideBeginAt32BitWords) {
  auto linked = LinkHalves(100);
  ASSERT_TRUE(linked.ok());
  EXPECT_EQ(linked->image.FindSymbol("flag")->value, 4);
  EXPECT_EQ(linked->image.FindSymbol("halves")->value, 8);
  EXPECT_EQ(linked->image.FindSymbol("more")->value, 20);
}

TEST(LinkProgramTest, AProgramThatFillsTheMemoryHasNoGaps) {
  const int most = 0xc000 - 4 - 12;
  auto linked = LinkHalves(most);
  ASSERT_TRUE(linked.ok()) << linked.status().ToString();
  EXPECT_EQ(linked->image.FindSymbol("halves")->value, 6);
  EXPECT_FALSE(LinkHalves(most + 2).ok());
}

TEST(LinkProgramTest, TheStackIsTheDeepestChain) {
  auto linked = Link(Program(kProgram));
  ASSERT_TRUE(linked.ok());
  EXPECT_EQ(linked->image.stack_bytes, 48);
  EXPECT_EQ(linked->image.stack_top, 0xc000);
}

TEST(LinkProgramTest, RecursionGetsTheRest) {
  auto linked =
      Link(Program("module \"r\"\nfunc &f(%0: i16) -> i16 entry {\n^0:\n  %1 = alloca 8 align 2\n  "
                   "store %0, [%1]\n"
                   "  %2 = call i16 &f(%0)\n  %3 = load i16 [%1]\n  ret %3\n}\n"));
  ASSERT_TRUE(linked.ok());
  EXPECT_GT(linked->image.stack_bytes, 40000);
  EXPECT_TRUE(linked->warnings.empty()) << linked->warnings[0].message();
}

TEST(LinkProgramTest, LinesCanBeLeftOut) {
  ProgramOptions options;
  EXPECT_EQ(Link(Program(kProgram))->image.lines.size(), 1u);
  options.lines = false;
  EXPECT_TRUE(Link(Program(kProgram), options)->image.lines.empty());
}

TEST(LinkProgramTest, VariablesThatLieInFramesAreListed) {
  sema::TileProgram program = Program(kProgram);
  ir::Function& leaf = program.module.functions[1];
  ASSERT_EQ(leaf.name, "leaf");
  program.module.variables = {{"scratch", "[20]i16"}};
  for (const ir::ValueId id : leaf.block(leaf.order[0]).instructions) {
    if (leaf.value(id).op == ir::Op::kAlloca) leaf.value(id).symbol = 0;
  }
  auto linked = Link(program);
  ASSERT_TRUE(linked.ok()) << linked.status().ToString();
  EXPECT_EQ(linked->image.frames,
            (std::vector<image::FrameSlot>{{0, 0, 40, "scratch", "[20]i16"}}));
  ProgramOptions options;
  options.lines = false;
  EXPECT_TRUE(Link(program, options)->image.frames.empty());
}

constexpr char kSections[] = R"(module "s.csl"
global @a size 100 align 2 used
global @b size 6 align 4 used section ".fixed"
global @c size 20000 align 2 used

func &f() -> void entry {
^0:
  %0 = alloca 48 align 4
  store 1:i16, [%0]
  ret
}
)";

StatusOr<LinkedProgram> LinkAt(uint32_t address) {
  ProgramOptions options;
  options.section_starts = {{".fixed", address}};
  return Link(Program(kSections), options);
}

TEST(LinkProgramTest, SectionsBeginWhereTheyAreToldTo) {
  for (const uint32_t address : {4u, 1024u, 20000u, 0xb000u, 0xbff8u}) {
    auto linked = LinkAt(address);
    ASSERT_TRUE(linked.ok()) << address << ": " << linked.status().ToString();
    const image::ProgramImage& image = linked->image;
    EXPECT_EQ(image.FindSymbol("b")->value, address);
    EXPECT_EQ(image.DataBytes(), 20106u);
    EXPECT_EQ(image.stack_bytes, 48);
  }
  // The stack is as high as it fits: above the section, or below one at the very end.
  EXPECT_EQ(LinkAt(0xb000)->image.stack_top, 0xc000);
  EXPECT_EQ(LinkAt(0xbff8)->image.stack_top, 0xbff8);
}

TEST(LinkProgramTest, StartAddressesThatCannotBeAreNamed) {
  for (const uint32_t address : {0u, 1026u, 0xbffcu, 0xbfffu}) {
    auto linked = LinkAt(address);
    ASSERT_FALSE(linked.ok()) << address;
    EXPECT_EQ(linked.status().code(), StatusCode::kInvalidArgument);
    EXPECT_NE(linked.status().message().find(".fixed"), std::string::npos);
    EXPECT_NE(linked.status().message().find(std::to_string(address)), std::string::npos);
  }
}

std::string WithArrays(int bytes) {
  return "module \"big.csl\"\nglobal @small size 100 align 4 used\nglobal @large size " +
         std::to_string(bytes) +
         " align 4 used\nfunc &f() -> void entry {\n^0:\n  %0 = alloca 48 align 4\n  store 1:i16, "
         "[%0]\n  ret\n}\n";
}

TEST(LinkProgramTest, MemoryIsFullAtExactly48KB) {
  // 4 bytes stay free at address 0, 100 for the small array, 48 of stack.
  constexpr int kLargest = 48 * 1024 - 4 - 100 - 48;
  EXPECT_TRUE(Link(Program(WithArrays(kLargest))).ok());
  auto over = Link(Program(WithArrays(kLargest + 4)));
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(over.status().code(), StatusCode::kInvalidArgument);
  for (const char* part : {"big.csl", "48 KB", ".bss", "stack 48", "large"}) {
    EXPECT_NE(over.status().message().find(part), std::string::npos) << over.status().message();
  }
}

TEST(LinkProgramTest, CodeAloneOnlyWarns) {
  auto linked = Link(Program(WithArrays(48 * 1024 - 4 - 100 - 48)));
  ASSERT_TRUE(linked.ok());
  ASSERT_EQ(linked->warnings.size(), 1u);
  EXPECT_NE(linked->warnings[0].message().find("estimated code"), std::string::npos);
}

TEST(LinkProgramTest, ExternsMustBeDefined) {
  auto linked =
      Link(Program("module \"m\"\nglobal @x size 2 align 2 extern\nfunc &f() -> i16 entry {\n^0:\n "
                   " %0 = load i16 "
                   "[@x]\n  ret %0\n}\n"));
  ASSERT_FALSE(linked.ok());
  EXPECT_NE(linked.status().message().find("'x'"), std::string::npos);
}

TEST(LinkProgramTest, DataIdsWithoutTaskStartBlocked) {
  sema::TileProgram program = Program(kProgram);
  program.config.tasks = {{3, sema::TaskKind::kData, ir::FunctionId(2)},
                          {9, sema::TaskKind::kLocal, ir::FunctionId(1)}};
  program.config.active = {9};
  program.config.blocked = {{5, false}, {9, true}};
  auto linked = Link(program);
  ASSERT_TRUE(linked.ok()) << linked.status().ToString();
  const image::TileConfiguration& c = linked->image.configuration;
  ASSERT_EQ(c.tasks.size(), 2u);
  EXPECT_EQ(c.tasks[0].function, 1);
  EXPECT_EQ(c.tasks[0].param_bits[0], 16);
  EXPECT_EQ(c.tasks[0].param_bits[1], 32);
  EXPECT_EQ(c.active_tasks, uint64_t{1} << 9);
  const uint64_t expected = 0xffffff & ~(uint64_t{1} << 3) & ~(uint64_t{1} << 5);
  EXPECT_EQ(c.blocked_tasks, expected);
}

TEST(LinkProgramTest, DescriptorsLoadedBeforeTheStartAreInTheConfigurationAlone) {
  auto linked = Link(Program(R"(module "pe.csl"
global @data size 16 align 2
global @out size 8 align 2 const = hex 0500020504000000
global @in size 8 align 2 const = hex 0100000004000100 reloc 2 @data

func &send() -> void entry {
^0:
  dsr_load dest.15, @out flags 4
  dsr_load src1.15, @in flags 4
  %0 = dsd_op mov32 dest=fabric_dsr:dest.15 src1=dsr:src1.15 async done=unblock:(9:i16)
  ret
}

func &dead() -> void {
^0:
  dsr_load dest.14, @out flags 4
  ret
}
)"));
  ASSERT_TRUE(linked.ok()) << linked.status().ToString();
  const image::ProgramImage& image = linked->image;
  ASSERT_EQ(image.configuration.dsrs.size(), 2u);
  const isa::Descriptor& out = image.configuration.dsrs[0].descriptor;
  EXPECT_EQ(out.kind(), isa::DsdKind::kFabout);
  EXPECT_TRUE(out.async.is_async);
  EXPECT_EQ(out.async.completion, isa::AsyncAction::kUnblock);
  EXPECT_EQ(out.completion_id, 9);
  const isa::Descriptor& in = image.configuration.dsrs[1].descriptor;
  EXPECT_FALSE(in.async.is_async);
  ASSERT_NE(image.FindSymbol("data"), nullptr);
  EXPECT_EQ(in.base, image.FindSymbol("data")->value);
  EXPECT_EQ(image.FindSymbol("out"), nullptr);
  // The operation and the return.
  EXPECT_EQ(image.code.size(), 2u);
}

TEST(LinkProgramTest, ExportsHaveAddressesAndIndices) {
  sema::TileProgram program = Program(kProgram);
  program.exports = {{0, layout::ExportKind::kVar, ir::GlobalId(3), {}},
                     {1, layout::ExportKind::kFunc, {}, ir::FunctionId(2)}};
  auto linked = Link(program);
  ASSERT_TRUE(linked.ok());
  EXPECT_EQ(linked->image.FindExport(0)->value, linked->image.FindSymbol("pointer")->value);
  EXPECT_EQ(linked->image.FindExport(1)->value, 1);
}

TEST(LinkManifestTest, EqualRowsBecomeRectangles) {
  layout::Layout layout;
  layout.rectangle = {4, 3, 11, 5, 4, 1};
  layout.programs.resize(3);
  const layout::ProgramId a(0), b(1), c(2);
  layout.tiles = {{0, 0, 2, a}, {2, 0, 2, b}, {0, 1, 2, a}, {2, 1, 2, b}, {0, 2, 4, c}};
  ManifestOptions options;
  options.params = {{"M", "4"}};
  // The first and the third program became one image.
  auto manifest = LinkManifest(layout, {0, 1, 0}, 2, 0, options);
  ASSERT_TRUE(manifest.ok()) << manifest.status().ToString();
  EXPECT_EQ(manifest->placement,
            (std::vector<image::PlacementRun>{{0, 0, 2, 2, 0}, {2, 0, 2, 2, 1}, {0, 2, 4, 1, 0}}));
  EXPECT_EQ(manifest->params, (std::vector<image::NamedText>{{"M", "4"}}));
  EXPECT_EQ(manifest->programs.size(), 2u);
}

}  // namespace
}  // namespace csl::link
