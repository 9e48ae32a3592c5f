// SPDX-License-Identifier: Apache-2.0
// How a fabric is cut into shards: a grid of rectangles.
#ifndef FABRIC_ENGINE_CUT_H_
#define FABRIC_ENGINE_CUT_H_

#include <vector>

namespace csl::fabric::engine {

struct Cut {
  std::vector<int> x;  // columns x[i] .. x[i + 1] - 1 are one column of shards
  std::vector<int> y;

  int columns() const { return static_cast<int>(x.size()) - 1; }
  int rows() const { return static_cast<int>(y.size()) - 1; }
};

// Into about `count` shards, bands of rows where there are rows enough.
Cut CutFabric(int width, int height, int count);

}  // namespace csl::fabric::engine

#endif  // FABRIC_ENGINE_CUT_H_
