// SPDX-License-Identifier: Apache-2.0
// What the service and the worker of an attempt prove to each other with on the data plane.
#ifndef BASE_DIGEST_TICKET_H_
#define BASE_DIGEST_TICKET_H_

#include <cstdint>
#include <string>

namespace csl {

// "ATTEMPT.HEX": the attempt's number and the SHA-256 of "SECRET:ATTEMPT". Only those who were
// given the attempt's secret can make it; docs/rest.md describes the header that carries it.
std::string MakeTicket(int64_t attempt, const std::string& secret);

}  // namespace csl

#endif  // BASE_DIGEST_TICKET_H_
