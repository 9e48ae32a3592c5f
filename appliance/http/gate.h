// SPDX-License-Identifier: Apache-2.0
// Pieces of the gate that every request passes.
#ifndef APPLIANCE_HTTP_GATE_H_
#define APPLIANCE_HTTP_GATE_H_

#include <string>

#include "appliance/domain/job.h"
#include "base/status.h"

namespace csl::appliance {

// The token of an Authorization header; empty if it carries none.
std::string BearerToken(const std::string& authorization);
// `roles`: bits of RoleBit.
Status CheckRole(Role role, int roles);

}  // namespace csl::appliance

#endif  // APPLIANCE_HTTP_GATE_H_
