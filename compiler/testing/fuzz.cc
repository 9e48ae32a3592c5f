// SPDX-License-Identifier: Apache-2.0
#include "compiler/testing/fuzz.h"

#include <algorithm>
#include <string_view>

#include "compiler/testing/program_text.h"

namespace csl::testing {
namespace {

constexpr size_t kMaxText = 1 << 16;

// Texts that open, close or end something.
constexpr std::string_view kFragments[] = {
    "{",  "}",    "(",   ")",        "[",       "]",      ";",     ",",      ".",    ".{", ".*",
    "|",  "=>",   "->",  "=",        "if (",    "else ",  "for (", "while(", "fn ",  "@",  "\"",
    "'",  "//",   "\n",  "comptime", "struct{", "x: {",   "0x",    "1.",     "1e",   "&",  "...",
    "\\", "task", "asm", "switch (", "return ", "break ", "[*]",   "\x80",   "\xff", "/*",
};

}  // namespace

void MutateBytes(const std::vector<std::string>& seeds, Random* random, std::string* text) {
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
      text->insert(at, random->Of(kFragments));
      break;
    case 3:
      if (at < text->size()) (*text)[at] = static_cast<char>(random->Next());
      break;
    case 4: {
      const std::string& other = random->Of(seeds);
      const size_t from = random->Below(other.size() + 1);
      text->insert(at, other.substr(from, random->Below(64)));
      break;
    }
    default: {
      const std::string_view fragment = random->Of(kFragments);
      for (size_t i = random->Below(2000); i > 0; --i) text->insert(at, fragment);
      break;
    }
  }
}

std::string MutateProgram(const std::vector<std::string>& seeds, const std::string& program,
                          Random* random) {
  Program files = Split(program);
  std::string& text = files[random->Below(files.size())].text;
  for (size_t i = 1 + random->Below(6); i > 0; --i) {
    (random->Below(5) == 0 ? MutateBytes : MutateTokens)(seeds, random, &text);
    if (text.size() > kMaxText) text.resize(kMaxText);
  }
  return Join(files);
}

std::string Mutate(const std::vector<std::string>& seeds, uint64_t number) {
  Random random(number);
  return MutateProgram(seeds, random.Of(seeds), &random);
}

}  // namespace csl::testing
