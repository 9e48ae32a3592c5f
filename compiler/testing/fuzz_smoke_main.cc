// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz entry point on the seeds and on deterministic variants of them. Arguments:
// SEEDS_FOLDER COUNT.
#include <cstdio>
#include <cstdlib>

#include "compiler/testing/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: fuzz_smoke SEEDS_FOLDER COUNT\n");
    return 2;
  }
  const auto run = [](const std::string& text) {
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  };
  const std::vector<std::string> seeds = csl::testing::ReadSeeds(argv[1]);
  for (const std::string& seed : seeds) run(seed);
  const uint64_t count = std::strtoull(argv[2], nullptr, 10);
  for (uint64_t number = 0; number < count; ++number) run(csl::testing::Mutate(seeds, number));
  std::printf("%zu seeds, %llu variants\n", seeds.size(), static_cast<unsigned long long>(count));
  return 0;
}
