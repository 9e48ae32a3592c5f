// SPDX-License-Identifier: Apache-2.0
#include "fabric/engine/cut.h"

#include <algorithm>
#include <cstdint>

namespace csl::fabric::engine {
namespace {

std::vector<int> Bounds(int size, int parts) {
  std::vector<int> bounds;
  for (int i = 0; i <= parts; ++i) {
    bounds.push_back(static_cast<int>(int64_t{size} * i / parts));
  }
  return bounds;
}

}  // namespace

Cut CutFabric(int width, int height, int count) {
  const int rows = std::clamp(count, 1, height);
  const int columns = std::clamp((count + rows - 1) / rows, 1, width);
  return {Bounds(width, columns), Bounds(height, rows)};
}

}  // namespace csl::fabric::engine
