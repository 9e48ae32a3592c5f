// SPDX-License-Identifier: Apache-2.0
// What is probably wrong with a program that is stuck: the usual mistakes, each with its signs.
#ifndef FABRIC_SIM_LIKELY_MISTAKES_H_
#define FABRIC_SIM_LIKELY_MISTAKES_H_

#include <string>
#include <vector>

#include "fabric/engine/engine.h"
#include "fabric/pe/machine.h"

namespace csl::fabric {

// What the mistakes are looked for in. All outlive the call.
struct StuckProgram {
  const pe::Machine* machine = nullptr;
  const engine::Engine* engine = nullptr;
  const pe::HostCommand* command = nullptr;       // under way; null: none
  const pe::HostCommand* next_command = nullptr;  // queued behind it; null: none
};

// A sentence each, the most telling first; PEs with the same mistake share one.
std::vector<std::string> LikelyMistakes(const StuckProgram& program);

}  // namespace csl::fabric

#endif  // FABRIC_SIM_LIKELY_MISTAKES_H_
