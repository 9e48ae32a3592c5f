// SPDX-License-Identifier: Apache-2.0
// Rewriting of texts that need facts, and of those that stay.
#include "compiler/migrate/migrate.h"

#include <gtest/gtest.h>

namespace csl::migrate {
namespace {

using diagnostics::Form;

class MigrateTest : public ::testing::Test {
 protected:
  void Load(const std::string& text) { file_ = sources_.AddText("a.csl", text); }
  // A fact about the nth `word` of the text.
  void Note(Form form, std::string_view word, std::string fact, size_t nth = 0) {
    const source::File& file = sources_.file(file_);
    size_t at = file.text.find(word);
    for (; nth > 0; --nth) at = file.text.find(word, at + 1);
    facts_.Note(form, file.At(static_cast<uint32_t>(at)), std::move(fact));
  }
  std::string Fixed() {
    const source::File& file = sources_.file(file_);
    migration_ = Migrate(file, facts_);
    return Apply(file.text, migration_.edits);
  }

  source::Sources sources_;
  source::FileId file_;
  diagnostics::FormFacts facts_;
  Migration migration_;
};

TEST_F(MigrateTest, ResultsOfOneTypeGetANamedOne) {
  Load("fn get_it(x: u16) comptime_struct { return .{ .a = x }; }\n");
  Note(Form::kComptimeStruct, "comptime_struct", "a:u16;");
  EXPECT_EQ(Fixed(),
            "fn get_it(x: u16) GetItResult { return .{ .a = x }; }\n\n"
            "const GetItResult = struct {\n  a: u16,\n};\n");
}

TEST_F(MigrateTest, ANameThatIsTakenIsNotTakenAgain) {
  Load("const FResult = 1;\nfn f() comptime_struct { return .{ .a = 1 }; }\n");
  Note(Form::kComptimeStruct, "comptime_struct", "a:comptime_int;");
  EXPECT_NE(Fixed().find("fn f() FResult_ {"), std::string::npos);
}

TEST_F(MigrateTest, ResultsOfSeveralTypesGetAFunctionThatTellsTheType) {
  Load("fn f(x: bool, y: u16) comptime_struct { if (x) { return .{ y }; } return .{ .b = 2 }; }\n");
  Note(Form::kComptimeStruct, "comptime_struct", "");
  Note(Form::kComptimeStruct, "comptime_struct", "b:comptime_int;");
  EXPECT_EQ(Fixed(),
            "fn f(x: bool, y: u16) f_type(x, y) { if (x) { return .{ y }; } return .{ .b = 2 }; }"
            "\n\n// The type of what f returns.\n"
            "fn f_type(x: bool, y: u16) type "
            "{ if (x) { return @type_of(.{ y }); } return @type_of(.{ .b = 2 }); }\n");
}

TEST_F(MigrateTest, InnerCallsBecomePartOfTheOuterLiteral) {
  Load("const p = @concat_structs(a, @concat_structs(b, .{ .z = 1 }));\n");
  Note(Form::kConcatStructs, "@concat_structs", "x,;y,z,");
  Note(Form::kConcatStructs, "@concat_structs", "y,;z,", 1);
  EXPECT_EQ(Fixed(), "const p = .{ .x = a.x, .y = b.y, .z = 1 };\n");
  EXPECT_TRUE(migration_.unfixed.empty());
}

TEST_F(MigrateTest, AUseWithStructsOfDifferentFieldsStays) {
  const std::string text = "const p = @concat_structs(a, b);\n";
  Load(text);
  Note(Form::kConcatStructs, "@concat_structs", "x,;y,");
  Note(Form::kConcatStructs, "@concat_structs", "x,;z,");
  EXPECT_EQ(Fixed(), text);
  ASSERT_EQ(migration_.unfixed.size(), 1u);
  EXPECT_EQ(migration_.unfixed[0].form, Form::kConcatStructs);
}

TEST_F(MigrateTest, AUseThatWasNeverEvaluatedIsRewrittenWhereItsTextSaysAll) {
  Load("const p = @concat_structs(.{ .x = 1 }, .{ .y = 2 });\nconst q = @concat_structs(a, b);\n");
  EXPECT_EQ(Fixed(), "const p = .{ .x = 1, .y = 2 };\nconst q = @concat_structs(a, b);\n");
  EXPECT_EQ(migration_.unfixed.size(), 1u);
}

TEST_F(MigrateTest, CommentsInsideAFormMoveInFrontOfIt) {
  Load(
      "  const p = @concat_structs(a, // first\n    b);\nparam q: // of what\n  "
      "comptime_struct;\n");
  Note(Form::kConcatStructs, "@concat_structs", "x,;y,");
  EXPECT_EQ(Fixed(), "  // first\n  const p = .{ .x = a.x, .y = b.y };\n// of what\nparam q;\n");
}

TEST_F(MigrateTest, LinesEndAsInTheRestOfTheFile) {
  Load("const p = @concat_structs(a, // all\r\n  b);\r\ncomptime {\r\n  @rpc(red);\r\n}\r\n");
  Note(Form::kConcatStructs, "@concat_structs", "x,;y,");
  EXPECT_EQ(Fixed(), "// all\r\nconst p = .{ .x = a.x, .y = b.y };\r\ncomptime {\r\n}\r\n");
}

TEST_F(MigrateTest, AQueueInAFunctionIsBoundBehindIt) {
  const std::string text =
      "const q = @get_input_queue(2);\nconst c = @get_color(5);\n"
      "fn f() void {\n  const d = @get_dsd(fabin_dsd, "
      ".{ .extent = 1, .input_queue = q, .fabric_color = c });\n}\nconst z = 1;\n";
  Load(text);
  Note(Form::kQueueOfFabricColor, "{ .extent", "2,5");
  const size_t behind = text.find("const z");
  EXPECT_EQ(Fixed(), text.substr(0, behind) +
                         "comptime { @initialize_queue(q, .{ .color = c }); }\n" +
                         text.substr(behind));
}

TEST_F(MigrateTest, AQueueWithALocalNameIsBoundByNumber) {
  Load("fn f(q: input_queue) void {\n  g(.{ .input_queue = q, .fabric_color = red });\n}\n");
  Note(Form::kQueueOfFabricColor, "{ .input", "2,5");
  EXPECT_NE(Fixed().find("@initialize_queue(@get_input_queue(2), .{ .color = @get_color(5) })"),
            std::string::npos);
}

TEST_F(MigrateTest, AQueueOfTwoColorsIsLeft) {
  Load(
      "const q = @get_input_queue(2);\nconst c = @get_color(5);\nconst e = @get_color(6);\n"
      "const x = f(.{ .input_queue = q, .fabric_color = c });\n"
      "const y = f(.{ .input_queue = q, .fabric_color = e });\n");
  Note(Form::kQueueOfFabricColor, "{ .input", "2,5");
  Note(Form::kQueueOfFabricColor, "{ .input", "2,6", 1);
  Fixed();
  EXPECT_EQ(migration_.unfixed.size(), 1u);
}

TEST_F(MigrateTest, AColorThatMayBeMissingIsAskedAbout) {
  Load(
      "param c = {};\nconst q = @get_input_queue(2);\n"
      "const x = f(.{ .input_queue = q, .fabric_color = c });\n");
  Note(Form::kQueueOfFabricColor, "{ .input", "2,5");
  EXPECT_NE(Fixed().find("comptime { if (@type_of(c) == color) @initialize_queue(q, "),
            std::string::npos);
}

TEST_F(MigrateTest, AColorThatStandsForNoneGetsNoQueue) {
  Load(
      "param c: color = @get_color(15);\nconst q = @get_input_queue(2);\n"
      "const x = f(.{ .input_queue = q, .fabric_color = c });\n"
      "comptime {\n  if (@is_arch(\"wse3\")) @initialize_queue(q, .{ .color = c });\n}\n");
  Note(Form::kQueueOfFabricColor, "{ .input", "2,5");
  Note(Form::kQueueOfFabricColor, "{ .input", "-,15");
  EXPECT_NE(Fixed().find("comptime { if (@is_arch(\"wse2\")) if (@get_int(c) != 15) "
                         "@initialize_queue(q, .{ .color = c }); }"),
            std::string::npos);
}

TEST_F(MigrateTest, AQueueThatSomePesBindIsLeft) {
  Load(
      "param c: color;\nconst q = @get_input_queue(2);\n"
      "const x = f(.{ .input_queue = q, .fabric_color = c });\n");
  Note(Form::kQueueOfFabricColor, "{ .input", "2,5");
  Note(Form::kQueueOfFabricColor, "{ .input", "=");
  Fixed();
  EXPECT_EQ(migration_.unfixed.size(), 1u);
}

TEST_F(MigrateTest, TheConditionOfAnArchitectureIsNotKept) {
  Load(
      "const q = @get_input_queue(2);\nconst c = @get_color(5);\n"
      "const x = f(.{ .input_queue = q, .fabric_color = c });\n"
      "comptime {\n  if (@is_arch(\"wse3\")) @initialize_queue(q, .{ .color = c });\n}\n");
  Note(Form::kQueueOfFabricColor, "{ .input", "2,5");
  EXPECT_NE(Fixed().find("comptime { if (@is_arch(\"wse2\")) @initialize_queue(q, "),
            std::string::npos);
}

TEST_F(MigrateTest, TheDiffShowsLinesAndTheirSurroundings) {
  Load("a\nb\nc\nd\ncolor red;\ne\nf\ng\nh\n");
  const source::File& file = sources_.file(file_);
  const Migration m = Migrate(file, facts_);
  // `d` is not a declaration, so the old form is not seen behind it.
  EXPECT_TRUE(m.edits.empty());
  const std::vector<FileEdit> edits = {{8, 18, "param red: color;", 8}};
  EXPECT_EQ(Diff("a.csl", file.text, edits),
            "--- a.csl\n+++ a.csl\n@@ -2,7 +2,7 @@\n b\n c\n d\n-color red;\n"
            "+param red: color;\n e\n f\n g\n");
}

}  // namespace
}  // namespace csl::migrate
