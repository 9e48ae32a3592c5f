// SPDX-License-Identifier: Apache-2.0
// One round of fuzzing the HTTP layer: a front end and a back end in this process, as a service and
// a worker are.
#ifndef BASE_HTTP_REQUEST_FUZZ_H_
#define BASE_HTTP_REQUEST_FUZZ_H_

#include <string_view>

namespace csl::http {

// Sends the bytes to both. Ends the process when something does not hold.
void FuzzRequest(std::string_view bytes);

}  // namespace csl::http

#endif  // BASE_HTTP_REQUEST_FUZZ_H_
