// SPDX-License-Identifier: Apache-2.0
#include "compiler/testing/program_text.h"

#include <algorithm>
#include <set>

#include "base/check.h"
#include "base/file.h"

namespace csl::testing {
namespace {
namespace fs = std::filesystem;

constexpr std::string_view kRootName = "layout.csl";
constexpr std::string_view kMark = "// #file ";

// Names that stay below a folder.
bool IsPlain(std::string_view name) {
  const bool is_path = !name.empty() && name.size() < 100 && name[0] != '/' && name[0] != '.';
  return is_path && name.find("..") == name.npos &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '/' || c == '.';
         });
}

// The string literals of a text that look like names of files.
std::vector<std::string> NamedFiles(std::string_view text) {
  std::vector<std::string> names;
  for (size_t open = text.find('"'); open != text.npos; open = text.find('"', open + 1)) {
    const size_t close = text.find('"', open + 1);
    if (close == text.npos) break;
    const std::string name(text.substr(open + 1, close - open - 1));
    if (IsPlain(name) && fs::path(name).extension() == ".csl") names.push_back(name);
  }
  return names;
}

}  // namespace

Program Split(std::string_view text) {
  Program program = {{std::string(kRootName), ""}};
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end);
    if (line.substr(0, kMark.size()) == kMark && line.back() == '\n') {
      const std::string_view name = line.substr(kMark.size(), end - kMark.size() - 1);
      if (IsPlain(name)) {
        program.push_back({std::string(name), ""});
        continue;
      }
    }
    program.back().text += line;
  }
  return program;
}

std::string Join(const Program& program) {
  std::string text = program[0].text;
  for (size_t i = 1; i < program.size(); ++i) {
    if (!text.empty() && text.back() != '\n') text += '\n';
    text += std::string(kMark) + program[i].name + '\n' + program[i].text;
  }
  return text;
}

Program ReadProgram(const fs::path& root) {
  Program program = {{std::string(kRootName), ReadTextFile(root).value()}};
  std::set<std::string> seen = {root.filename()};
  for (size_t i = 0; i < program.size(); ++i) {
    for (const std::string& name : NamedFiles(program[i].text)) {
      if (!seen.insert(name).second) continue;
      auto text = ReadTextFile(root.parent_path() / name);
      if (text.ok()) program.push_back({name, *std::move(text)});
    }
  }
  // A file that sets itself as a tile's code is asked for by its own name.
  const std::string own = root.filename();
  if (own != kRootName && program[0].text.find('"' + own + '"') != std::string::npos) {
    program.push_back({own, program[0].text});
  }
  return program;
}

std::vector<std::string> ReadSeeds(const std::vector<std::string>& folders) {
  std::set<fs::path> paths;
  for (const std::string& folder : folders) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      const fs::path& path = entry.path();
      const bool is_part =
          path.filename() != kRootName && fs::exists(path.parent_path() / std::string(kRootName));
      if (path.extension() == ".csl" && !is_part) paths.insert(path);
    }
  }
  std::vector<std::string> seeds;
  for (const fs::path& path : paths) seeds.push_back(Join(ReadProgram(path)));
  CHECK(!seeds.empty()) << "no .csl file";
  return seeds;
}

}  // namespace csl::testing
