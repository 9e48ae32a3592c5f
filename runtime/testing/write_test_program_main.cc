// SPDX-License-Identifier: Apache-2.0
// write_test_program DIR: the program of test_program.h as cslc would leave it, for Python tests.
#include <cstdio>

#include "runtime/testing/test_program.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: write_test_program DIR\n");
    return 2;
  }
  const csl::Status status =
      csl::image::WriteArtifact(csl::runtime::MakeTestProgram().artifact, argv[1]);
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
