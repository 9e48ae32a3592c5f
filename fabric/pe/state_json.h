// SPDX-License-Identifier: Apache-2.0
// The state of a PE, its memory aside, as one JSON object (docs/formats/core.md, "States").
#ifndef FABRIC_PE_STATE_JSON_H_
#define FABRIC_PE_STATE_JSON_H_

#include <string>

#include "fabric/pe/state.h"

namespace csl::fabric::pe {

std::string StateToJson(const PeState& pe);

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_STATE_JSON_H_
