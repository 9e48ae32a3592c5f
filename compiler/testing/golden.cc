// SPDX-License-Identifier: Apache-2.0
#include "compiler/testing/golden.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <vector>

#include "base/file.h"

namespace csl::testing {
namespace {
namespace fs = std::filesystem;

constexpr std::string_view kDiagnosticsHeader = "==== diagnostics:";

auto* const library_dir = new fs::path;  // NOLINT: set once

struct Outcome {
  std::string text;  // what the golden file should hold
  bool has_errors = false;
};

// "==== diagnostics: kBadEscape kNoteDeclaredHere".
std::string Header(const diagnostics::Engine& diagnostics) {
  std::set<diagnostics::Kind> kinds;
  for (const diagnostics::Diagnostic& d : diagnostics.Sorted()) {
    kinds.insert(d.kind);
    for (const diagnostics::Note& note : d.notes) kinds.insert(note.kind);
  }
  std::string header(kDiagnosticsHeader);
  for (const diagnostics::Kind kind : kinds) header += " " + std::string(KindName(kind));
  return header + "\n";
}

// A line "// language: 2.10" of the program.
diagnostics::Language LanguageOf(const std::string& program) {
  constexpr std::string_view kMark = "\n// language: ";
  const size_t at = program.find(kMark);
  if (at == std::string::npos) return diagnostics::Language::kAll;
  const size_t begin = at + kMark.size();
  return diagnostics::FindLanguage(program.substr(begin, program.find('\n', begin) - begin))
      .value();
}

StatusOr<Outcome> RunStage(const fs::path& csl, const Dump& dump) {
  source::Sources sources;
  const std::string name = csl.filename().string();
  ASSIGN_OR_RETURN(const source::FileId file, sources.Load(csl, name, name));
  diagnostics::Engine diagnostics(&sources, {.language = LanguageOf(sources.file(file).text)});
  Outcome outcome;
  outcome.text = dump(&sources, file, &diagnostics);
  const std::string messages = diagnostics.Render();
  if (!messages.empty()) outcome.text += Header(diagnostics) + messages;
  outcome.has_errors = diagnostics.exit_code() != 0;
  return outcome;
}

class GoldenTest : public ::testing::Test {
 public:
  GoldenTest(fs::path csl, Dump dump) : csl_(std::move(csl)), dump_(std::move(dump)) {}

  void TestBody() override {
    auto outcome = RunStage(csl_, dump_);
    ASSERT_TRUE(outcome.ok()) << outcome.status().ToString();
    const bool should_fail = csl_.filename().string().rfind("fail_", 0) == 0;
    EXPECT_EQ(outcome->has_errors, should_fail)
        << csl_ << ": the name starts with fail_ if and only if there are errors\n"
        << outcome->text;
    auto golden = ReadTextFile(fs::path(csl_).replace_extension(".golden"));
    ASSERT_TRUE(golden.ok()) << golden.status().ToString()
                             << "\nrun compiler/testing/update_goldens";
    EXPECT_EQ(*golden, outcome->text) << "if this is right, run compiler/testing/update_goldens";
  }

 private:
  const fs::path csl_;
  const Dump dump_;
};

std::vector<fs::path> FindPrograms(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const fs::path extension = entry.path().extension();
    if (extension == ".csl" || extension == ".ir" || extension == ".layout") {
      out.push_back(entry.path().filename());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

int Update(const std::vector<fs::path>& programs, const Dump& dump) {
  for (const fs::path& csl : programs) {
    auto outcome = RunStage(csl, dump);
    Status status = outcome.status();
    if (outcome.ok()) {
      status = WriteFileAtomic(fs::path(csl).replace_extension(".golden"), outcome->text);
    }
    if (!status.ok()) {
      std::fprintf(stderr, "%s\n", status.ToString().c_str());
      return 1;
    }
  }
  return 0;
}

}  // namespace

const fs::path& LibraryDir() { return *library_dir; }

int GoldenMain(int argc, char** argv, Dump dump) {
  ::testing::InitGoogleTest(&argc, argv);
  bool update = false;
  fs::path folder;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--update") {
      update = true;
    } else {
      folder = argv[i];
    }
  }
  // Set by `bazel run`: the tree to write to, instead of the copy that tests see.
  const char* workspace = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  if (update && workspace != nullptr) folder = fs::path(workspace) / folder;
  // Names that a program gives and messages show are relative to the folder.
  *library_dir = fs::absolute("compiler/stdlib");
  std::error_code error;
  fs::current_path(folder, error);
  const std::vector<fs::path> programs = FindPrograms(".");
  if (update) return Update(programs, dump);
  if (programs.empty()) {
    std::fprintf(stderr, "no .csl, .ir or .layout file in '%s'\n", folder.c_str());
    return 1;
  }
  for (const fs::path& csl : programs) {
    ::testing::RegisterTest(
        "Golden", csl.stem().c_str(), nullptr, nullptr, csl.c_str(), 1,
        [csl, dump]() -> ::testing::Test* { return new GoldenTest(csl, dump); });
  }
  return RUN_ALL_TESTS();
}

}  // namespace csl::testing
