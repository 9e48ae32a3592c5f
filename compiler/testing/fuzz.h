// SPDX-License-Identifier: Apache-2.0
// Deterministic mutation of seed texts: a short smoke run of a fuzz entry point inside an ordinary
// test. The same entry points serve libFuzzer (LLVMFuzzerTestOneInput in *_fuzz.cc).
#ifndef COMPILER_TESTING_FUZZ_H_
#define COMPILER_TESTING_FUZZ_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace csl::testing {

// The texts of all .csl files in a folder, relative to the workspace, by name.
std::vector<std::string> ReadSeeds(std::string_view folder);

// Makes the number-th variant of the seeds: bytes and stretches changed, doubled, dropped or taken
// from another seed. The same number gives the same text on every machine.
std::string Mutate(const std::vector<std::string>& seeds, uint64_t number);

}  // namespace csl::testing

#endif  // COMPILER_TESTING_FUZZ_H_
