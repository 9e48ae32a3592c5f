// SPDX-License-Identifier: Apache-2.0
#include "base/http/problem.h"

#include <nlohmann/json.hpp>

namespace csl::http {
namespace {

constexpr StatusCode kCodes[] = {
#define STATUS_CODE(name, text, http, exit_code) StatusCode::name,
#include "base/status_codes.def"
#undef STATUS_CODE
};

StatusCode CodeForHttp(int http_status) {
  if (http_status == 502) return StatusCode::kUnavailable;
  for (const StatusCode code : kCodes) {
    if (StatusCodeToHttp(code) == http_status) return code;
  }
  return http_status >= 500 ? StatusCode::kInternal : StatusCode::kInvalidArgument;
}

}  // namespace

std::string ProblemBody(const Status& failure) {
  return ProblemBody(failure, StatusCodeToHttp(failure.code()));
}

std::string ProblemBody(const Status& failure, int http_status) {
  const nlohmann::json body = {{"type", "about:blank"},
                               {"title", StatusCodeText(failure.code())},
                               {"status", http_status},
                               {"code", StatusCodeText(failure.code())},
                               {"detail", failure.message()}};
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Status StatusFromResponse(int http_status, std::string_view body) {
  StatusCode code = CodeForHttp(http_status);
  std::string detail = "HTTP status " + std::to_string(http_status);
  const auto problem = nlohmann::json::parse(body, nullptr, false);
  if (problem.is_object()) {
    if (problem.contains("detail") && problem["detail"].is_string()) detail = problem["detail"];
    if (problem.contains("code") && problem["code"].is_string()) {
      for (const StatusCode one : kCodes) {
        if (one != StatusCode::kOk && problem["code"] == StatusCodeText(one)) code = one;
      }
    }
  }
  return {code, detail};
}

}  // namespace csl::http
