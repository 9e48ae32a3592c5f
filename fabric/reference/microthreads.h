// SPDX-License-Identifier: Apache-2.0
// Microthreads and their issue port.
#ifndef FABRIC_REFERENCE_MICROTHREADS_H_
#define FABRIC_REFERENCE_MICROTHREADS_H_

#include <cstdint>

#include "fabric/reference/ce.h"

namespace csl::fabric::reference {

void StepMicrothreads(Ce& ce, int64_t t);

// Whether one has something to do in t or later with what is there now.
bool MicrothreadCanStep(const Ce& ce, int64_t t);

}  // namespace csl::fabric::reference

#endif  // FABRIC_REFERENCE_MICROTHREADS_H_
