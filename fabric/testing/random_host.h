// SPDX-License-Identifier: Apache-2.0
// Random hosts: what they do to a simulator and what they see of it, as text. Runs that must be the
// same have the same text.
#ifndef FABRIC_TESTING_RANDOM_HOST_H_
#define FABRIC_TESTING_RANDOM_HOST_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fabric/image/artifact.h"
#include "fabric/sim/simulator.h"
#include "fabric/testing/random.h"

namespace csl::fabric::testing {

struct CopyChoices {
  int max_elements;     // for each PE
  int percent_16_bits;  // the others are of 32 bits
  int percent_to_host;  // the others go to the device
};
// A copy of any part of a rectangle of `size`. What a copy to the host brings goes to *result.
CopyCommand RandomCopy(Random* random, uint32_t export_id, const image::Extent2& size,
                       const CopyChoices& choices, std::vector<uint32_t>* result);

// Any part of a rectangle of `size`, in any order. In `percent_steps` of the cases it may be every
// second or third column only, and so with rows.
void ChooseRegion(Random* random, const image::Extent2& size, int percent_steps,
                  HostTransfer* transfer);
// Makes a transfer whose region is chosen one to the device, perhaps a broadcast.
void ChooseData(Random* random, HostTransfer* transfer);
// Makes it one to the host.
void ChooseResult(HostTransfer* transfer, std::vector<uint32_t>* result);

using MakeSimulator = std::function<StatusOr<std::unique_ptr<Simulator>>(const image::Artifact&,
                                                                         const SimulatorOptions&)>;
// Submits one command, which may bring data to the host.
using SubmitOne =
    std::function<StatusOr<CommandId>(Simulator* simulator, std::vector<uint32_t>* result)>;

// Submits commands, of which it waits for some and polls others, then drains. Returns everything
// the run shows: the cycle after every call, results of copies, statistics without wall times and
// threads, the log with all its records, final memory of all PEs; and after every call a core,
// which shows PEs in the middle of a task as of that cycle. Of reports, the first line: simulators
// explain the rest in their own words. Events (options.trace) go to options.log_sink.
std::string RunHost(const image::Artifact& artifact, SimulatorOptions options,
                    const MakeSimulator& make, Random* random, int num_commands,
                    const SubmitOne& submit);

// The first line in which the text of a run differs from what was expected; empty if none.
std::string FirstDifference(const std::string& got, const std::string& expected);

}  // namespace csl::fabric::testing

#endif  // FABRIC_TESTING_RANDOM_HOST_H_
