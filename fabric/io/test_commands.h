// SPDX-License-Identifier: Apache-2.0
// Rectangles and commands for tests of host I/O.
#ifndef FABRIC_IO_TEST_COMMANDS_H_
#define FABRIC_IO_TEST_COMMANDS_H_

#include "fabric/io/io_engine.h"

namespace csl::fabric::io {

// A program's rectangle at (4, 1) of a fabric.
inline Geometry Rectangle(int width, int height, int channels = 1) {
  Geometry g;
  g.fabric_width = width + 7;
  g.fabric_height = height + 2;
  g.offset_x = 4;
  g.offset_y = 1;
  g.width = width;
  g.height = height;
  g.channels = channels;
  return g;
}

// A copy or stream of some PEs.
inline pe::HostCommand Region(pe::HostCommand::Kind kind, int x, int y, int width, int height,
                              int elements) {
  pe::HostCommand c;
  c.kind = kind;
  c.x = x;
  c.y = y;
  c.width = width;
  c.height = height;
  c.elements_per_pe = elements;
  return c;
}

}  // namespace csl::fabric::io

#endif  // FABRIC_IO_TEST_COMMANDS_H_
