// SPDX-License-Identifier: Apache-2.0
// `csctl doctor`: tries the escapes of the threat list inside a real session on each worker.
#ifndef CLIENT_CLI_DOCTOR_H_
#define CLIENT_CLI_DOCTOR_H_

#include <string>
#include <vector>

#include "base/status.h"
#include "client/native/service.h"

namespace csl::cli {

struct Finding {
  std::string worker;
  std::string check;
  bool passed = false;
  std::string detail;
};

// The findings of one worker, by its name. An error if no session can be opened there.
StatusOr<std::vector<Finding>> Examine(client::Service& service, const std::string& worker);

// The lines that the suite prints; what is none of them is a failure of its own.
std::vector<Finding> ParseFindings(const std::string& worker, const std::string& text);

}  // namespace csl::cli

#endif  // CLIENT_CLI_DOCTOR_H_
