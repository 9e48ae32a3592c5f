// SPDX-License-Identifier: Apache-2.0
#include "base/http/problem.h"

#include <nlohmann/json.hpp>

namespace csl::http {
namespace {

constexpr StatusCode kCodes[] = {
#define STATUS_CODE(name, ...) StatusCode::name,
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
                               {"code", StatusCodeIdentifier(failure.code())},
                               {"detail", failure.message()}};
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// The text of a page that people are to read, without its marks and cut short.
std::string FirstWords(std::string_view page) {
  constexpr size_t kMost = 120;
  if (const size_t title = page.find("<title>"); title != std::string_view::npos) {
    page.remove_prefix(title);
    page = page.substr(0, page.find("</title>"));
  }
  std::string out;
  bool in_mark = false;
  for (const char c : page) {
    in_mark = in_mark || c == '<';
    const bool is_blank = in_mark || static_cast<unsigned char>(c) <= ' ' || c == 0x7f;
    if (c == '>') in_mark = false;
    if (!is_blank) out += c;
    if (is_blank && !out.empty() && out.back() != ' ') out += ' ';
    if (out.size() >= kMost) break;
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

Status StatusFromResponse(int http_status, std::string_view body) {
  StatusCode code = CodeForHttp(http_status);
  std::string detail = "HTTP status " + std::to_string(http_status);
  const auto problem = nlohmann::json::parse(body, nullptr, false);
  if (!problem.is_object() && !body.empty()) {
    detail += ", not from an appliance but something on the way to it: '" + FirstWords(body) + "'";
  }
  if (problem.is_object()) {
    if (problem.contains("detail") && problem["detail"].is_string()) detail = problem["detail"];
    if (problem.contains("code") && problem["code"].is_string()) {
      for (const StatusCode one : kCodes) {
        if (one == StatusCode::kOk) continue;
        // The text is the code of services and workers of 0.2.
        if (problem["code"] == StatusCodeIdentifier(one) || problem["code"] == StatusCodeText(one))
          code = one;
      }
    }
  }
  return {code, detail};
}

}  // namespace csl::http
