// SPDX-License-Identifier: Apache-2.0
// Each form of dialects.def in every language, with dialects/TEST.old.csl and TEST.new.csl.
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "base/file.h"
#include "compiler/diagnostics/dialect.h"
#include "compiler/driver/compile.h"
#include "fabric/image/artifact.h"

namespace csl::driver {
namespace {

namespace fs = std::filesystem;
using diagnostics::Age;
using diagnostics::FormRow;

class DialectTest : public ::testing::TestWithParam<FormRow> {
 protected:
  DialectTest() : folder_(fs::path(::testing::TempDir()) / "dialects_test") {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    fs::copy_file("compiler/driver/dialects/table.json", folder_ / "table.json");
  }
  ~DialectTest() override { fs::remove_all(folder_); }

  const FormRow& row() const { return GetParam(); }
  std::string Source(const char* which) const {
    const std::string name = std::string(row().test) + "." + which + ".csl";
    return ReadTextFile(fs::path("compiler/driver/dialects") / name).value();
  }
  // The files of a program: program.csl, and one behind each line "//// file: NAME".
  static std::map<std::string, std::string> FilesOf(const std::string& source) {
    std::map<std::string, std::string> files;
    std::string* file = &files["program.csl"];
    std::istringstream lines(source);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("//// file: ")) {
        file = &files[line.substr(11)];
      } else {
        *file += line + "\n";
      }
    }
    return files;
  }
  Outcome Run(const std::string& source, std::vector<std::string> args) {
    for (const auto& [name, text] : FilesOf(source)) {
      EXPECT_TRUE(WriteFileAtomic(folder_ / name, text).ok());
    }
    args.insert(args.begin(), {(folder_ / "program.csl").string(), "--fabric-dims=20,10", "-g0",
                               "-o=" + (folder_ / "out").string()});
    if (source.find("\n// arch: wse3\n") != std::string::npos) args.push_back("--arch=wse3");
    if (source.find("\n// memcpy\n") != std::string::npos) args.push_back("--memcpy");
    if (source.find("\ncolor red;") != std::string::npos ||
        source.find("\nparam red: color;") != std::string::npos) {
      args.push_back("--colors=red:9");
    }
    const CommandLine command = ParseCommandLine(args);
    if (!command.options) return {command.exit_code, "", command.text};
    return Compile(*command.options, {"", "compiler/stdlib"});
  }
  // The program as its files are now, in one text.
  std::string Text(const std::string& source) {
    std::string text;
    for (const auto& [name, unused] : FilesOf(source)) {
      const std::string file = ReadTextFile(folder_ / name).value();
      text = name == "program.csl" ? file + text : text + "//// file: " + name + "\n" + file;
    }
    return text;
  }
  // The bytes of the artifact of a program that compiles; empty, and a failure, otherwise.
  std::string Artifact(const Outcome& outcome) {
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    auto artifact = image::LoadArtifact(folder_ / "out");
    EXPECT_TRUE(artifact.ok()) << artifact.status().ToString();
    if (!artifact.ok()) return "";
    std::string bytes;
    for (const image::ArtifactFile& file : image::ArtifactFiles(*artifact)) {
      bytes += file.path + "\n" + std::string(file.bytes.begin(), file.bytes.end());
    }
    fs::remove_all(folder_ / "out");
    return bytes;
  }
  bool Names(const Outcome& outcome) const {
    return outcome.err.find("'" + std::string(row().spelling) + "'") != std::string::npos;
  }
  bool NamesReplacement(const Outcome& outcome) const {
    return Names(outcome) && outcome.err.find(row().replacement) != std::string::npos;
  }

 private:
  const fs::path folder_;
};

TEST_P(DialectTest, IsWorthWhatTheTableSays) {
  const std::string form = Source(row().age == Age::Recent ? "new" : "old");
  const bool is_error = row().age == Age::Ancient;
  const bool is_early = row().age == Age::Early;
  const Outcome by_default = Run(form, {});
  EXPECT_EQ(by_default.exit_code, is_error ? 1 : 0) << by_default.err;
  EXPECT_EQ(NamesReplacement(by_default), row().age != Age::Recent) << by_default.err;
  const Outcome silent = Run(form, {"--no-deprecated"});
  EXPECT_EQ(Names(silent), is_error) << silent.err;
  const Outcome newest = Run(form, {"--language=2.10"});
  if (row().age == Age::Changed) {
    EXPECT_FALSE(Names(newest)) << newest.err;
  } else {
    EXPECT_EQ(newest.exit_code, is_error || is_early || row().age == Age::Old ? 1 : 0)
        << newest.err;
    EXPECT_EQ(NamesReplacement(newest), row().age != Age::Recent) << newest.err;
  }
  const Outcome older = Run(form, {"--language=1.4"});
  const bool is_refused = is_error || is_early || row().age == Age::Recent;
  EXPECT_EQ(older.exit_code, is_refused ? 1 : 0) << older.err;
  EXPECT_EQ(NamesReplacement(older), is_refused) << older.err;
}

TEST_P(DialectTest, CompilesToWhatItsReplacementCompilesTo) {
  if (row().age == Age::Ancient || row().age == Age::Recent) return;
  const std::string expected = Artifact(Run(Source("new"), {"--language=2.10"}));
  EXPECT_EQ(Artifact(Run(Source("old"), {})), expected);
  EXPECT_FALSE(Names(Run(Source("new"), {"--language=2.10"})));
}

TEST_P(DialectTest, TakesTheNewMeaningInTheNewLanguage) {
  if (row().age != Age::Changed) return;
  const std::string old_meaning = Artifact(Run(Source("old"), {"--language=1.4"}));
  EXPECT_EQ(old_meaning, Artifact(Run(Source("new"), {})));
  const std::string old = Source("old");
  if (old.find("comptime_struct") != std::string::npos) return;  // 2.10 refuses it
  EXPECT_NE(Artifact(Run(old, {"--language=2.10"})), old_meaning);
}

// What needs a name or a design that only the author knows.
bool IsLeft(const FormRow& row) {
  return row.name == "kTaskCall" || row.name == "kNoColor" || row.name == "kTallyQueues";
}

TEST_P(DialectTest, IsRewrittenToItsReplacement) {
  const Age age = row().age;
  if (age != Age::Old && age != Age::Early && age != Age::Changed) return;
  const std::string old = Source("old");
  if (IsLeft(row())) {
    const Outcome left = Run(old, {"--fix"});
    EXPECT_EQ(left.exit_code, 1);
    EXPECT_TRUE(Names(left)) << left.err;
    EXPECT_EQ(Text(old), old);
    return;
  }
  const Outcome shown = Run(old, {"--fix=diff"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_EQ(Text(old), old) << "--fix=diff writes nothing";
  EXPECT_NE(shown.out.find("\n+"), std::string::npos);
  const Outcome fixed = Run(old, {"--fix"});
  EXPECT_EQ(fixed.exit_code, 0) << fixed.err;
  EXPECT_EQ(Text(old), Source("new"));
}

INSTANTIATE_TEST_SUITE_P(Forms, DialectTest,
                         ::testing::ValuesIn(diagnostics::AllForms().begin(),
                                             diagnostics::AllForms().end()),
                         [](const auto& info) { return std::string(info.param.test); });

class FixTest : public ::testing::Test {
 protected:
  FixTest() : folder_(fs::path(::testing::TempDir()) / "fix_test") {
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "real");
    EXPECT_TRUE(WriteFileAtomic(folder_ / "real/program.csl",
                                "param p: comptime_struct = .{};\n"
                                "layout { @set_rectangle(1, 1); @set_tile_code(0, 0); }\n")
                    .ok());
    fs::create_symlink("real/program.csl", folder_ / "program.csl");
  }
  ~FixTest() override { fs::remove_all(folder_); }
  Outcome Fix() {
    const CommandLine command = ParseCommandLine(
        {(folder_ / "program.csl").string(), "--fabric-dims=8,3", "--fabric-offsets=4,1", "--fix"});
    return Compile(*command.options, {"", "compiler/stdlib"});
  }
  const fs::path folder_;
};

TEST_F(FixTest, FollowsLinksAndKeepsModes) {
  const fs::perms mode = fs::perms::owner_all | fs::perms::group_read;
  fs::permissions(folder_ / "real/program.csl", mode);
  const Outcome outcome = Fix();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(fs::is_symlink(folder_ / "program.csl"));
  EXPECT_EQ(fs::status(folder_ / "real/program.csl").permissions(), mode);
  EXPECT_TRUE(ReadTextFile(folder_ / "real/program.csl")->starts_with("param p = .{};"));
}

TEST_F(FixTest, LeavesReadOnlyFilesAndIsReported) {
  fs::permissions(folder_ / "real/program.csl", fs::perms::owner_read);
  const Outcome outcome = Fix();
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_NE(outcome.err.find("program.csl: it is read-only"), std::string::npos) << outcome.err;
  EXPECT_TRUE(ReadTextFile(folder_ / "real/program.csl")->starts_with("param p: comptime"));
}

// The queue is in a struct with a name: what would be rewritten is not where the DSD is made.
TEST_F(FixTest, NamesAFormThatItDoesNotFind) {
  ASSERT_TRUE(WriteFileAtomic(folder_ / "real/program.csl",
                              "const settings = .{ .extent = 1, .input_queue = 2 };\n"
                              "var x: u32 = 0;\n"
                              "export fn f() void { @mov32(&x, @get_dsd(fabin_dsd, settings)); }\n"
                              "layout { @set_rectangle(1, 1); @set_tile_code(0, 0); }\n")
                  .ok());
  const Outcome outcome = Fix();
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.err.find("program.csl:3:53: warning: 'a number as a queue' stays: "),
            std::string::npos)
      << outcome.err;
}

// A program of which half is rewritten would not compile.
TEST_F(FixTest, WritesAllFilesOrNone) {
  ASSERT_TRUE(WriteFileAtomic(folder_ / "real/pe.csl",
                              "const q: comptime_struct = .{ .a = 1 };\n"
                              "export fn f() i16 { return q.a; }\n")
                  .ok());
  ASSERT_TRUE(
      WriteFileAtomic(folder_ / "real/program.csl",
                      "param p: comptime_struct = .{};\n"
                      "layout { @set_rectangle(1, 1); @set_tile_code(0, 0, \"real/pe.csl\"); }"
                      "\n")
          .ok());
  fs::permissions(folder_ / "real/pe.csl", fs::perms::owner_read);
  const Outcome outcome = Fix();
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_NE(outcome.err.find("pe.csl: it is read-only"), std::string::npos) << outcome.err;
  EXPECT_TRUE(ReadTextFile(folder_ / "real/program.csl")->starts_with("param p: comptime"));
}

}  // namespace
}  // namespace csl::driver
