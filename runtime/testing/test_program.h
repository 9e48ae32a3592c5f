// SPDX-License-Identifier: Apache-2.0
// A small program, assembled by hand, that every device can run.
#ifndef RUNTIME_TESTING_TEST_PROGRAM_H_
#define RUNTIME_TESTING_TEST_PROGRAM_H_

#include "runtime/loader/program.h"

namespace csl::runtime {

inline constexpr int kTestElements = 64;  // of A and of B
inline constexpr int kTestStreamIn = 4;   // colors
inline constexpr int kTestStreamOut = 5;

// On a rectangle of 4 x 3 PEs at (4, 1):
//   A: [*]f32 and B: [*]u16 (immutable) point at kTestElements elements each, all zero
//   add(u32)       adds its argument to every 32-bit element of A
//   mix(i16, f32)  stores its arguments as the first two 32-bit elements of A
//   stuck()        ends without unblocking the command stream
//   spin()         runs for ever
// Every PE sends back on kTestStreamOut what the host streams to it on kTestStreamIn.
// As an artifact it is valid: it can be written, read and sent.
Program MakeTestProgram();

}  // namespace csl::runtime

#endif  // RUNTIME_TESTING_TEST_PROGRAM_H_
