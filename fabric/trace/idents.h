// SPDX-License-Identifier: Apache-2.0
// Idents: gives wavelets their numbers. Routers do not know them; but rings are first in, first
// out, so that the landings and moves of all routers, in order, say which wavelet is which.
#ifndef FABRIC_TRACE_IDENTS_H_
#define FABRIC_TRACE_IDENTS_H_

#include <cstdint>
#include <deque>
#include <unordered_map>

#include "fabric/trace/event.h"

namespace csl::fabric::trace {

class Idents {
 public:
  // Events of kind kLanding and kRoute in the order of cycles; in a cycle, landings of a PE before
  // its moves. Sets Event::ident.
  void Name(Event* event);

 private:
  static uint64_t Key(uint32_t x, uint32_t y, uint32_t side) {
    return uint64_t{x} << 32 | uint64_t{y} << 8 | side;
  }
  uint32_t Next() { return ++last_; }
  static uint32_t Take(std::deque<uint32_t>* queue);

  uint32_t last_ = 0;
  // By router, input side and color: in rings; by router, input side: on the link.
  std::unordered_map<uint64_t, std::deque<uint32_t>> rings_;
  std::unordered_map<uint64_t, std::deque<uint32_t>> links_;
};

}  // namespace csl::fabric::trace

#endif  // FABRIC_TRACE_IDENTS_H_
