// SPDX-License-Identifier: Apache-2.0
// The rules a program's rectangle must keep inside its fabric.
#ifndef COMPILER_DRIVER_GEOMETRY_H_
#define COMPILER_DRIVER_GEOMETRY_H_

#include <vector>

#include "compiler/diagnostics/problem.h"

namespace csl::driver {

struct Geometry {
  int fabric_width = 0;
  int fabric_height = 0;
  int offset_x = 0;
  int offset_y = 0;
  int width = 0;  // of the rectangle
  int height = 0;
  int west_buf = 0;
  int east_buf = 0;
  bool memcpy = true;  // false: the program has the fabric for itself
};

// For every rule that is broken, with the rule and the numbers.
std::vector<diagnostics::Problem> BrokenRules(const Geometry& geometry);

}  // namespace csl::driver

#endif  // COMPILER_DRIVER_GEOMETRY_H_
