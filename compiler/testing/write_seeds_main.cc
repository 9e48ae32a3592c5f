// SPDX-License-Identifier: Apache-2.0
// write_seeds OUTPUT_FOLDER FOLDER...: the programs below the folders, one file each, as fuzzers
// read them.
#include <cstdio>
#include <filesystem>

#include "base/file.h"
#include "compiler/testing/program_text.h"

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: write_seeds OUTPUT_FOLDER FOLDER...\n");
    return 2;
  }
  const std::filesystem::path output = argv[1];
  std::filesystem::create_directories(output);
  size_t number = 0;
  for (const std::string& seed : csl::testing::ReadSeeds({argv + 2, argv + argc})) {
    const auto status = csl::WriteFileAtomic(output / ("seed" + std::to_string(number++)), seed);
    if (!status.ok()) {
      std::fprintf(stderr, "%s\n", status.ToString().c_str());
      return 1;
    }
  }
  return 0;
}
