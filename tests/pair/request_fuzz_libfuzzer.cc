// SPDX-License-Identifier: Apache-2.0
// For long runs: tools/fuzz http SECONDS CORPUS.
#include <cstddef>
#include <cstdint>

#include "tests/pair/request_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  csl::tests::FuzzRequest({reinterpret_cast<const char*>(data), size});
  return 0;
}
