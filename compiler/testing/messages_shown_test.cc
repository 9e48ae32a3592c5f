// SPDX-License-Identifier: Apache-2.0
// Every kind of message is shown by a golden test. Arguments: the golden files; the header of the
// messages in each names their kinds. Those of the command itself are in messages_json_test.
#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>

#include "base/file.h"
#include "compiler/diagnostics/diagnostic.h"

namespace csl::diagnostics {
namespace {

std::set<std::string>* shown = nullptr;  // names of kinds
const std::set<Kind> kOfTheCommand = {Kind::kToolFailed, Kind::kToolNotice, Kind::kFormStays};

void AddShown(const std::string& golden) {
  constexpr std::string_view kHeader = "==== diagnostics:";
  std::istringstream lines(golden);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(kHeader, 0) != 0) continue;
    std::istringstream names(line.substr(kHeader.size()));
    for (std::string name; names >> name;) shown->insert(name);
  }
}

TEST(Messages, OfEveryKindAreShown) {
  for (uint16_t i = 0; i < kNumKinds; ++i) {
    const Kind kind = static_cast<Kind>(i);
    if (kOfTheCommand.contains(kind)) continue;
    EXPECT_TRUE(shown->count(std::string(KindName(kind))) != 0)
        << "no golden test shows " << KindName(kind) << ": " << FormatOf(kind);
  }
}

}  // namespace
}  // namespace csl::diagnostics

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  csl::diagnostics::shown = new std::set<std::string>;
  for (int i = 1; i < argc; ++i) {
    csl::diagnostics::AddShown(csl::ReadTextFile(argv[i]).value());
  }
  return RUN_ALL_TESTS();
}
