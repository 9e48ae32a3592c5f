// SPDX-License-Identifier: Apache-2.0
// Deterministic mutation of programs, for fuzz entry points (LLVMFuzzerTestOneInput in *_fuzz.cc).
// Texts are programs of program_text.h; one of a program's files is changed at a time.
#ifndef COMPILER_TESTING_FUZZ_H_
#define COMPILER_TESTING_FUZZ_H_

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/testing/random.h"

namespace csl::testing {

// Changes a text once: bytes and stretches changed, doubled, dropped, repeated or taken from
// another seed.
void MutateBytes(const std::vector<std::string>& seeds, Random* random, std::string* text);

// Changes a text once as a sequence of tokens: tokens swapped, doubled, dropped or replaced by
// others of their kind, numbers by edge values, arguments of calls shuffled, expressions nested
// deeply, statements taken from another seed.
void MutateTokens(const std::vector<std::string>& seeds, Random* random, std::string* text);

// Changes one file of a program a few times, mostly as tokens.
std::string MutateProgram(const std::vector<std::string>& seeds, const std::string& program,
                          Random* random);

// The number-th variant of the seeds. The same number gives the same text on every machine.
std::string Mutate(const std::vector<std::string>& seeds, uint64_t number);

}  // namespace csl::testing

#endif  // COMPILER_TESTING_FUZZ_H_
