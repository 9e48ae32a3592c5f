// SPDX-License-Identifier: Apache-2.0
// Prints docs/isa.md: bazel run //fabric/isa:isa_docs > docs/isa.md
#include <cstdio>

#include "fabric/isa/isa_docs.h"

int main() {
  const std::string page = csl::isa::IsaDocs();
  return std::fwrite(page.data(), 1, page.size(), stdout) == page.size() ? 0 : 1;
}
