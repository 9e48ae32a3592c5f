// SPDX-License-Identifier: Apache-2.0
// One round of fuzzing the HTTP layer: a service and a worker in this process, see pair.h.
#ifndef TESTS_PAIR_REQUEST_FUZZ_H_
#define TESTS_PAIR_REQUEST_FUZZ_H_

#include <string_view>

namespace csl::tests {

// Sends the bytes to both. "{job}", "{ticket}", "{worker}", "{attempt}" and "{fence}" in
// them stand for those of the session that runs. Ends the process when something does not hold.
void FuzzRequest(std::string_view bytes);

}  // namespace csl::tests

#endif  // TESTS_PAIR_REQUEST_FUZZ_H_
