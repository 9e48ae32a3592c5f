// SPDX-License-Identifier: Apache-2.0
// A few seconds of the HTTP fuzzer over its corpus, with random changes.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "base/file.h"
#include "tests/pair/request_fuzz.h"

namespace csl::tests {
namespace {

constexpr std::chrono::seconds kTime{5};

std::vector<std::string> Corpus() {
  std::vector<std::string> seeds;
  for (const auto& entry : std::filesystem::directory_iterator("tests/pair/corpus")) {
    seeds.push_back(*ReadTextFile(entry.path()));
  }
  return seeds;
}

std::string Changed(std::string text, const std::vector<std::string>& seeds, std::mt19937& random) {
  for (int changes = static_cast<int>(random() % 4); changes > 0 && !text.empty(); --changes) {
    const size_t at = random() % text.size();
    switch (random() % 4) {
      case 0:
        text[at] = static_cast<char>(random());
        break;
      case 1:
        text.erase(at, random() % 8 + 1);
        break;
      case 2:
        text.insert(at, text.substr(random() % text.size(), random() % 32));
        break;
      default:
        text += seeds[random() % seeds.size()];
    }
  }
  return text;
}

TEST(RequestFuzzSmokeTest, NothingThatIsSentBreaksThePair) {
  const std::vector<std::string> seeds = Corpus();
  ASSERT_GT(seeds.size(), 10u);
  for (const std::string& seed : seeds) FuzzRequest(seed);
  std::mt19937 random(8);
  const auto until = std::chrono::steady_clock::now() + kTime;
  while (std::chrono::steady_clock::now() < until) {
    FuzzRequest(Changed(seeds[random() % seeds.size()], seeds, random));
  }
}

}  // namespace
}  // namespace csl::tests
