// SPDX-License-Identifier: Apache-2.0
#include "compiler/layout/document.h"

#include <gtest/gtest.h>

#include <random>

namespace csl::layout {
namespace {

class DocumentTest : public ::testing::Test {
 protected:
  std::optional<Layout> Read(const std::string& text) {
    const source::FileId file = sources_.AddText("a.layout", text);
    source::ImportResolver resolver(&sources_, {.library_dir = "compiler/layout/testdata/library"});
    return ReadDocument({&sources_, &resolver, &types_, &diagnostics_, {}}, file);
  }
  // One tile with the parameter line, on <empty>.
  std::optional<types::Value> ReadValue(const std::string& binding) {
    auto layout = Read("csl layout 1\nrectangle 1 x 1\nprogram 0 <empty>\n  p" + binding +
                       "\ntiles 0, 0: program 0\n");
    if (!layout) return std::nullopt;
    return layout->programs[0].bindings[0].value;
  }

  source::Sources sources_;
  types::TypeStore types_;
  diagnostics::Engine diagnostics_{&sources_};
};

TEST_F(DocumentTest, DocumentsAreKnownByTheirName) {
  EXPECT_TRUE(IsDocument("a/b.layout"));
  EXPECT_FALSE(IsDocument("a/layout.csl"));
}

TEST_F(DocumentTest, WhatIsPrintedReadsBackTheSame) {
  const std::string text =
      "csl layout 1\n"
      "rectangle 3 x 2\n"
      "param M = 4\n"
      "program 0 <empty.csl>\n"
      "  x: i16 = -3\n"
      "  big = 123456789012345678901234567890\n"
      "  scale: f32 = 0.1\n"
      "  half: f16 = 1.5\n"
      "  exact = 2.5e-07\n"
      "  name = \"a \\\"b\\\"\\n\\x01\"\n"
      "  c: color = 5\n"
      "  either = color 17\n"
      "  to = EAST\n"
      "  on = true\n"
      "  nothing = {}\n"
      "  T: type = [*]const f32\n"
      "  list: [2, 3]i16 = { 1, 2, 3, 4, 5, 6 }\n"
      "  s = .{ .a: u16 = 1, .b = .{ 1, : i16 = 2, .{ false } }, .c = .{} }\n"
      "program 1 <empty.csl>\n"
      "tiles 0..1, 0: program 0\n"
      "tiles 2..2, 0: program 1\n"
      "tiles 0..2, 1: program 1\n"
      "export 0 state: [*]u32 var\n"
      "export 1 seen: *const [4]f32 const\n"
      "export 2 f: fn(n: i16, [*]f32)void\n"
      "color config 0: R->E | *W->ER ring pop=always\n"
      "color config 1: H->ER filter=range[2,5]\n"
      "color 5 of 0..1, 0: config 0\n"
      "color 5 of 2..2, 0: config 1\n";
  const auto layout = Read(text);
  ASSERT_TRUE(layout) << diagnostics_.Render();
  EXPECT_EQ(ToDocument(*layout, types_), text);
}

TEST_F(DocumentTest, ColorNumbersAreMarkedForTheParameterToTake) {
  const auto layout = Read(
      "csl layout 1\nrectangle 1 x 1\nprogram 0 <empty>\n  p = color 4\n  q = 4\n"
      "tiles 0, 0: program 0\n");
  ASSERT_TRUE(layout) << diagnostics_.Render();
  const std::vector<Binding>& bindings = layout->programs[0].bindings;
  EXPECT_TRUE(bindings[0].is_color_number);
  EXPECT_FALSE(bindings[1].is_color_number);
  EXPECT_EQ(bindings[0].value.type(), types::kComptimeIntType);
  EXPECT_FALSE(ReadValue(" = color 24"));
}

TEST_F(DocumentTest, ValuesHaveTheTypeThatIsWritten) {
  const auto plain = ReadValue(" = 7");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->type(), types::kComptimeIntType);
  const auto typed = ReadValue(": u16 = 0x10");
  ASSERT_TRUE(typed);
  EXPECT_EQ(typed->type(), types::kU16Type);
  EXPECT_EQ(typed->bits(), 16u);
  const auto color = ReadValue(": color = 23");
  ASSERT_TRUE(color);
  EXPECT_EQ(color->type(), types::kColorType);
}

TEST_F(DocumentTest, ValuesAtAndPastTheirLimits) {
  EXPECT_TRUE(ReadValue(": i16 = -32768"));
  EXPECT_TRUE(ReadValue(": u8 = 255"));
  EXPECT_FALSE(ReadValue(": i16 = 32768"));
  EXPECT_FALSE(ReadValue(": u8 = -1"));
  EXPECT_FALSE(ReadValue(": color = 24"));
  EXPECT_FALSE(ReadValue(": [2]i16 = { 1 }"));
  EXPECT_FALSE(ReadValue(" = ?(module#1)"));
  EXPECT_FALSE(ReadValue(" = .{ .a = 1, .a = 2 }"));
  EXPECT_FALSE(ReadValue(" = .{ .a = 1, 2 }"));
  EXPECT_FALSE(ReadValue(" = " + std::string(40, '.') + "{"));
}

TEST_F(DocumentTest, DeepNestingIsRefusedAndNotRunInto) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += ".{ ";
  EXPECT_FALSE(ReadValue(" = " + deep));
  EXPECT_FALSE(ReadValue(": type = " + std::string(100'000, '*')));
}

// Whatever stands in the file: an answer, or messages.
TEST_F(DocumentTest, MutatedTextsNeverCrash) {
  const std::string seed =
      "csl layout 1\nrectangle 3 x 2\nparam M: u16 = 4\nprogram 0 <empty>\n"
      "  s = .{ .a: [2]f32 = { 1.5, nan }, .b = \"x\\x01\", .c = .{ 1, : color = 3 } }\n"
      "tiles 0..2, 0..1: program 0\nexport 0 f: fn(n: i16, [*]const f32)void\n"
      "color config 0: R->E | *W->R pop=always filter=counter(init=1 max=2)\n"
      "color 3 of 0..2, 1: config 0\n";
  std::mt19937 random(1);
  const std::string bytes = " \n\t0123456789.,:{}[]()*->|=\"\\xXaRE<>?/\x00\xff";
  for (int round = 0; round < 3000; ++round) {
    std::string text = seed;
    for (uint32_t n = random() % 4 + 1; n > 0; --n) {
      const size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = bytes[random() % bytes.size()];
          break;
        case 1:
          text.erase(at, random() % 8);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), random() % 16));
      }
      if (text.empty()) break;
    }
    source::Sources sources;
    diagnostics::Engine diagnostics(&sources);
    const source::FileId file = sources.AddText("a.layout", text);
    source::ImportResolver resolver(&sources, {.library_dir = "compiler/layout/testdata/library"});
    const auto layout = ReadDocument({&sources, &resolver, &types_, &diagnostics, {}}, file);
    ASSERT_NE(layout.has_value(), diagnostics.has_errors()) << text;
  }
}

TEST_F(DocumentTest, AnEmptyTextIsNotADocument) {
  EXPECT_FALSE(Read(""));
  EXPECT_FALSE(Read("// nothing\n"));
  EXPECT_NE(diagnostics_.Render().find("csl layout 1"), std::string::npos);
}

}  // namespace
}  // namespace csl::layout
