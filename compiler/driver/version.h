// SPDX-License-Identifier: Apache-2.0
// The version that `cslc --version` prints; the file VERSION of the repository has the same (a test
// holds them together).
#ifndef COMPILER_DRIVER_VERSION_H_
#define COMPILER_DRIVER_VERSION_H_

namespace csl::driver {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace csl::driver

#endif  // COMPILER_DRIVER_VERSION_H_
