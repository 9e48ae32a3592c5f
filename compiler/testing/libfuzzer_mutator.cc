// SPDX-License-Identifier: Apache-2.0
// What libFuzzer calls to change an input: half of the time our mutations, which know tokens.
#include <algorithm>
#include <cstdint>
#include <cstring>

#include "compiler/testing/fuzz.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace {

// Texts seen before stand for the seeds.
std::vector<std::string>* Seen() {
  static auto* const seen = new std::vector<std::string>;
  return seen;
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned int seed) {
  csl::testing::Random random(seed);
  const std::string text(reinterpret_cast<char*>(data), size);
  constexpr size_t kMaxSeen = 500;
  if (Seen()->size() < kMaxSeen) {
    Seen()->push_back(text);
  } else {
    (*Seen())[random.Below(kMaxSeen)] = text;
  }
  if (random.Below(8) == 0) return LLVMFuzzerMutate(data, size, max_size);
  const std::string changed = csl::testing::MutateProgram(*Seen(), text, &random);
  const size_t length = std::min(changed.size(), max_size);
  std::memcpy(data, changed.data(), length);
  return length;
}
