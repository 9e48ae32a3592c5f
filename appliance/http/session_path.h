// SPDX-License-Identifier: Apache-2.0
// Where a worker keeps a session.
#ifndef APPLIANCE_HTTP_SESSION_PATH_H_
#define APPLIANCE_HTTP_SESSION_PATH_H_

#include <string>

namespace csl::appliance {

inline std::string SessionPath(const std::string& job, const std::string& rest) {
  return "/w1/sessions/" + job + rest;
}

}  // namespace csl::appliance

#endif  // APPLIANCE_HTTP_SESSION_PATH_H_
