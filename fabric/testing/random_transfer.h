// SPDX-License-Identifier: Apache-2.0
// Adds a transfer of wavelets to a random program: a color, its route, a sender, receivers.
#ifndef FABRIC_TESTING_RANDOM_TRANSFER_H_
#define FABRIC_TESTING_RANDOM_TRANSFER_H_

#include <string>
#include <vector>

#include "fabric/testing/random_pe.h"

namespace csl::fabric::testing {

// The PEs and routes of a program under construction.
struct RandomFabric {
  Random& random;
  isa::Arch arch;
  int width;
  int height;
  Coverage& coverage;
  std::vector<RandomPe> pes;
  ArtifactBuilder& builder;  // for routes

  bool wse2() const { return arch == isa::Arch::kWse2; }
  RandomPe& pe(int x, int y) { return pes[static_cast<size_t>(y * width + x)]; }
};

// The transfer's color is `color`, an even one; color + 1 is its partner where colors are
// exchanged. Transfers are added in one order for all PEs: synchronous operations of different PEs
// then cannot wait for each other in a circle.
void AddTransfer(RandomFabric* fabric, int color);

// Two senders on one color, one behind the other: the second one's switch lets the first pass, then
// itself, and turns back.
void AddHandover(RandomFabric* fabric, int color);

// Batches of words that a control wavelet ends each, to a neighbour: what becomes of that wavelet,
// and operations without elements.
void AddBatches(RandomFabric* fabric, int color);

// WSE-3: messages between any PEs, through the message routers.
void AddMessages(RandomFabric* fabric);

}  // namespace csl::fabric::testing

#endif  // FABRIC_TESTING_RANDOM_TRANSFER_H_
