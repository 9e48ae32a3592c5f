// SPDX-License-Identifier: Apache-2.0
// Failures on the wire: application/problem+json (RFC 9457) with our code beside the HTTP status.
#ifndef BASE_HTTP_PROBLEM_H_
#define BASE_HTTP_PROBLEM_H_

#include <string>
#include <string_view>

#include "base/status.h"

namespace csl::http {

inline constexpr char kProblemType[] = "application/problem+json";

// {"type", "title", "status", "code", "detail"}.
std::string ProblemBody(const Status& failure);
// The same under another HTTP status than that of the failure's code.
std::string ProblemBody(const Status& failure, int http_status);

// The first words of a page that came in place of an appliance's answer, for messages.
std::string FirstWords(std::string_view page);

// The failure that a response tells of: by its code where it has one, else by the HTTP status.
Status StatusFromResponse(int http_status, std::string_view body);

}  // namespace csl::http

#endif  // BASE_HTTP_PROBLEM_H_
