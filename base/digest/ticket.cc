// SPDX-License-Identifier: Apache-2.0
#include "base/digest/ticket.h"

#include "base/digest/sha256.h"

namespace csl {

std::string MakeTicket(int64_t attempt, const std::string& secret) {
  const std::string number = std::to_string(attempt);
  return number + "." + Sha256Hex(secret + ":" + number);
}

}  // namespace csl
