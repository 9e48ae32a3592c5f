// SPDX-License-Identifier: Apache-2.0
#include "fabric/reference/vector_run.h"

namespace csl::fabric::reference {

Cursor::Cursor(const isa::Descriptor& descriptor, int element_bytes)
    : address_(descriptor.base),
      dimensions_(descriptor.header.dimensions),
      element_bytes_(element_bytes),
      circular_(descriptor.kind() == isa::DsdKind::kCircbuf),
      descriptor_(descriptor),
      left_(descriptor.extent) {}

void Cursor::Next() {
  if (dimensions_ == 0) return;
  size_t d = 0;  // the slowest dimension that makes a step: those before it are complete
  while (!circular_ && d + 1 < static_cast<size_t>(dimensions_) && --left_[d] == 0) {
    left_[d] = descriptor_.extent[d];
    ++d;
  }
  address_ += descriptor_.stride[d] * element_bytes_;
  const int size = descriptor_.wrap_end - descriptor_.wrap_start;
  if (!circular_ || size <= 0) return;
  const int offset = (address_ - descriptor_.wrap_start) % size;
  address_ = descriptor_.wrap_start + (offset < 0 ? offset + size : offset);
}

}  // namespace csl::fabric::reference
