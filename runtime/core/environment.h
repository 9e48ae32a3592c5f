// SPDX-License-Identifier: Apache-2.0
// Settings of the simulator that come from the environment of the host script, so that a script can
// be run in several ways unchanged. None of them changes a result or a cycle count of
// a run that ends well.
//
//   CS_SIMFAB_SHARDS=N              bands of rows the fabric is cut into; 0: chosen
//   CS_SIMFAB_THREADS=N             instead of simfab_numthreads, 1..64
//   CS_SIMFAB_ENGINE=NAME           sharded, or reference: the slow simulator to compare with
//   CS_STRICT=1                     copies longer than their array are errors, not warnings; 0 or 1
//   CS_SIMFAB_CYCLE_LIMIT=N         ends the run when a command takes more cycles, or the fabric
//                                   is not at rest so long after stop(); 0: no limit
//   CS_SIMFAB_WARN_CYCLES=N         warns of commands that make no progress for so many cycles; 0:
//                                   never
#ifndef RUNTIME_CORE_ENVIRONMENT_H_
#define RUNTIME_CORE_ENVIRONMENT_H_

#include <functional>

#include "base/status.h"
#include "runtime/device/device.h"

namespace csl::runtime {

// As ::getenv: null when the variable is not set.
using GetEnvironment = std::function<const char*(const char* name)>;

// Overwrites what the environment names. kInvalidArgument shows variable, value and what is
// allowed.
Status ApplyEnvironment(const GetEnvironment& get, DeviceOptions* options);

}  // namespace csl::runtime

#endif  // RUNTIME_CORE_ENVIRONMENT_H_
