// SPDX-License-Identifier: Apache-2.0
#include "compiler/testing/fuzz.h"

#include <algorithm>
#include <filesystem>

#include "base/check.h"
#include "base/file.h"

namespace csl::testing {
namespace {
namespace fs = std::filesystem;

constexpr size_t kMaxText = 1 << 16;

// Texts that open, close or end something.
constexpr std::string_view kFragments[] = {
    "{",  "}",    "(",   ")",        "[",       "]",      ";",     ",",      ".",    ".{", ".*",
    "|",  "=>",   "->",  "=",        "if (",    "else ",  "for (", "while(", "fn ",  "@",  "\"",
    "'",  "//",   "\n",  "comptime", "struct{", "x: {",   "0x",    "1.",     "1e",   "&",  "...",
    "\\", "task", "asm", "switch (", "return ", "break ", "[*]",   "\x80",   "\xff", "/*",
};

// SplitMix64.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  size_t Below(size_t limit) { return limit == 0 ? 0 : Next() % limit; }

 private:
  uint64_t state_;
};

void MutateOnce(const std::vector<std::string>& seeds, Random* random, std::string* text) {
  const size_t at = random->Below(text->size() + 1);
  const size_t length = std::min(random->Below(32), text->size() - at);
  switch (random->Below(6)) {
    case 0:
      text->erase(at, length);
      break;
    case 1:
      text->insert(at, text->substr(at, length));
      break;
    case 2:
      text->insert(at, kFragments[random->Below(std::size(kFragments))]);
      break;
    case 3:
      if (at < text->size()) (*text)[at] = static_cast<char>(random->Next());
      break;
    case 4: {
      const std::string& other = seeds[random->Below(seeds.size())];
      const size_t from = random->Below(other.size() + 1);
      text->insert(at, other.substr(from, random->Below(64)));
      break;
    }
    default: {
      const std::string_view fragment = kFragments[random->Below(std::size(kFragments))];
      for (size_t i = random->Below(2000); i > 0; --i) text->insert(at, fragment);
      break;
    }
  }
}

}  // namespace

std::vector<std::string> ReadSeeds(std::string_view folder) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".csl") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> seeds;
  for (const fs::path& path : paths) seeds.push_back(ReadTextFile(path).value());
  CHECK(!seeds.empty()) << "no .csl file in " << folder;
  return seeds;
}

std::string Mutate(const std::vector<std::string>& seeds, uint64_t number) {
  Random random(number);
  std::string text = seeds[random.Below(seeds.size())];
  for (size_t i = 1 + random.Below(6); i > 0; --i) MutateOnce(seeds, &random, &text);
  if (text.size() > kMaxText) text.resize(kMaxText);
  return text;
}

}  // namespace csl::testing
