// SPDX-License-Identifier: Apache-2.0
// Asking the service and showing what it says. For .cc files: the JSON library is heavy.
#ifndef CLIENT_CLI_ANSWERS_H_
#define CLIENT_CLI_ANSWERS_H_

#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "base/clock.h"
#include "client/cli/render.h"
#include "client/native/fields.h"
#include "client/native/service.h"

namespace csl::cli {

inline StatusOr<nlohmann::json> Ask(client::Service& service, const std::string& path) {
  ASSIGN_OR_RETURN(const std::string answer, service.Get(path));
  return client::ParseObject(answer);
}

inline StatusOr<nlohmann::json> Tell(client::Service& service, const std::string& path,
                                     const nlohmann::json& body) {
  ASSIGN_OR_RETURN(const std::string answer, service.Post(path, body.dump()));
  return client::ParseObject(answer);
}

inline int64_t NowMs() { return SystemClock().NowMs(); }

// Control characters are escaped in both forms: strings are written as JSON writes them.
inline void Print(const nlohmann::json& value, const std::string& format) {
  std::cout << (format == "yaml"
                    ? Yaml(value)
                    : value.dump(2, ' ', true, nlohmann::json::error_handler_t::replace) + "\n");
}

}  // namespace csl::cli

#endif  // CLIENT_CLI_ANSWERS_H_
