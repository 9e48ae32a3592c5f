// SPDX-License-Identifier: Apache-2.0
// Streams between a random program and its host: colors of their own, which every PE listens to.
#ifndef FABRIC_TESTING_RANDOM_STREAM_H_
#define FABRIC_TESTING_RANDOM_STREAM_H_

#include <string>
#include <vector>

#include "fabric/sim/simulator.h"
#include "fabric/testing/random_host.h"
#include "fabric/testing/random_transfer.h"

namespace csl::fabric::testing {

// Gives every PE a task that adds up what comes on kStreamIn, and sends it back if `echoes`.
void AddStreams(RandomFabric* fabric, bool echoes);

// The host's side: streams to the device, and as much back as the PEs have to send.
class StreamHost {
 public:
  StreamHost(Random* random, const image::Extent2& size, bool echoes, Coverage* coverage)
      : random_(*random),
        size_(size),
        echoes_(echoes),
        coverage_(*coverage),
        words_(static_cast<size_t>(size.width * size.height)) {}

  StreamCommand Next(std::vector<uint32_t>* result);

 private:
  // The words of each PE of the region that are on their way back; the smallest number of them.
  int Least(const StreamCommand& stream) const;
  void Add(const StreamCommand& stream, int words);

  Random& random_;
  const image::Extent2 size_;
  const bool echoes_;
  Coverage& coverage_;
  std::vector<int> words_;  // by PE
};

// Counts the kind of a transfer, named `what`.
void CountTransfer(const std::string& what, const HostTransfer& transfer, Coverage* coverage);

}  // namespace csl::fabric::testing

#endif  // FABRIC_TESTING_RANDOM_STREAM_H_
