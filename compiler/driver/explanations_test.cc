// SPDX-License-Identifier: Apache-2.0
// The example of each explanation provokes its message, and no other one. Every kind has one but
// for those listed here.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "base/file.h"
#include "compiler/diagnostics/explain.h"
#include "compiler/driver/compile.h"

namespace csl::driver {
namespace {

namespace fs = std::filesystem;
using diagnostics::Explanation;
using diagnostics::Kind;

const std::set<Kind> kWithoutExample = {
    Kind::kNestedTooDeeply,   // a thousand parentheses: parse/testdata/fail_nesting.csl
    Kind::kFixFailed,         // a file that nobody may write
    Kind::kFileRewritten,     // not a message: what --fix did
    Kind::kImportUnreadable,  // a file that nobody may read
    // A stage does not rely on what others refuse before it.
    Kind::kNoValue,        // whatever the grammar takes in a literal has a value
    Kind::kNoDefinedBits,  // kBitcastImpossible
    Kind::kFrameTooLarge,  // kMemoryFull
};

constexpr char kLayout[] = "layout {\n  @set_rectangle(1, 1);\n  @set_tile_code(0, 0);\n}\n";
const fs::path* library = nullptr;

// By name, the first one is example.csl.
std::map<std::string, std::string> FilesOf(std::string_view example) {
  constexpr std::string_view kMark = "//// file: ";
  std::map<std::string, std::string> files;
  std::string* file = &files["example.csl"];
  std::istringstream lines{std::string(example)};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(kMark)) {
      file = &files[line.substr(kMark.size())];
    } else {
      *file += line + "\n";
    }
  }
  if (example.find("layout {") == std::string_view::npos) files["example.csl"] += kLayout;
  return files;
}

std::vector<std::string> CommandOf(std::string_view example) {
  constexpr std::string_view kMark = "// cslc ";
  std::vector<std::string> args;
  std::istringstream words{std::string(
      example.starts_with(kMark) ? example.substr(kMark.size(), example.find('\n') - kMark.size())
                                 : "")};
  for (std::string word; words >> word;) args.push_back(word);
  const auto names = [&](std::string_view begin) {
    return std::any_of(args.begin(), args.end(), [&](const std::string& arg) {
      return arg.starts_with(begin) || (begin[0] == '.' && arg.ends_with(begin));
    });
  };
  if (!names(".csl") && !names(".layout")) args.insert(args.begin(), "example.csl");
  if (!names("--fabric-dims")) args.push_back("--fabric-dims=20,20");
  if (!names("--fabric-offsets")) args.push_back("--fabric-offsets=4,1");
  args.push_back("--diagnostics=json");
  return args;
}

// Whether the text is one of the kind's.
bool Matches(Kind kind, const std::string& text) {
  std::string_view rest = diagnostics::FormatOf(kind);
  size_t at = 0;
  for (bool is_first = true;; is_first = false) {
    const size_t hole = rest.find("{}");
    const std::string_view part = rest.substr(0, hole);
    const size_t found = text.find(part, at);
    if (found == std::string::npos || (is_first && found != 0)) return false;
    at = found + part.size();
    if (hole == std::string_view::npos) return part.empty() || at == text.size();
    rest.remove_prefix(hole + 2);
  }
}

class ExampleTest : public ::testing::Test {
 public:
  ExampleTest(Kind kind, std::string_view example) : kind_(kind), example_(example) {}

  void TestBody() override {
    const fs::path folder = fs::path(::testing::TempDir()) / "example";
    fs::remove_all(folder);
    fs::create_directories(folder);
    fs::current_path(folder);
    for (const auto& [name, text] : FilesOf(example_)) {
      ASSERT_TRUE(WriteFileAtomic(name, text).ok());
    }
    const CommandLine command = ParseCommandLine(CommandOf(example_));
    const std::string messages =
        command.options ? Compile(*command.options, {"", library->string()}).err : command.text;
    Check(messages);
    fs::current_path(folder.parent_path());
    fs::remove_all(folder);
  }

 private:
  void Check(const std::string& messages) {
    bool is_shown = false;
    std::istringstream lines(messages);
    for (std::string line; std::getline(lines, line);) {
      const nlohmann::json message = nlohmann::json::parse(line);
      if (diagnostics::SeverityOf(kind_) == diagnostics::Severity::Note) {
        for (const nlohmann::json& note : message.at("notes")) {
          is_shown = is_shown || Matches(kind_, note.at("message"));
        }
        continue;
      }
      // A program is one of SDK 1.x by an older form, which has a warning of its own.
      if (kind_ == Kind::kChangedForm && message.at("kind") == "OldForm") continue;
      is_shown = true;
      EXPECT_EQ(message.at("kind"), diagnostics::PrintedName(kind_)) << line;
      EXPECT_TRUE(Matches(kind_, message.at("message"))) << line;
    }
    EXPECT_TRUE(is_shown) << messages;
  }

  const Kind kind_;
  const std::string_view example_;
};

TEST(Explanations, AllButAFewHaveAnExample) {
  for (const diagnostics::ExplanationPage& page : diagnostics::ExplanationPages()) {
    for (const Explanation& entry : diagnostics::ExplanationsOn(page)) {
      const Kind kind = diagnostics::FindKind(entry.name).value();
      EXPECT_EQ(entry.example.empty(), kWithoutExample.contains(kind)) << entry.name;
    }
  }
}

void RegisterExamples() {
  for (const diagnostics::ExplanationPage& page : diagnostics::ExplanationPages()) {
    for (const Explanation& entry : diagnostics::ExplanationsOn(page)) {
      const std::optional<Kind> kind = diagnostics::FindKind(entry.name);
      if (!kind || entry.example.empty()) continue;
      ::testing::RegisterTest(
          "Example", std::string(entry.name).c_str(), nullptr, nullptr, __FILE__, __LINE__,
          [kind, entry]() -> ::testing::Test* { return new ExampleTest(*kind, entry.example); });
    }
  }
}

}  // namespace
}  // namespace csl::driver

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  csl::driver::library = new std::filesystem::path(std::filesystem::absolute("compiler/stdlib"));
  csl::driver::RegisterExamples();
  return RUN_ALL_TESTS();
}
