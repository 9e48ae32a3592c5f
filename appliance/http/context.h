// SPDX-License-Identifier: Apache-2.0
// One request as a handler sees it: who asks, what was asked, and ways to answer.
#ifndef APPLIANCE_HTTP_CONTEXT_H_
#define APPLIANCE_HTTP_CONTEXT_H_

#include <httplib.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "appliance/domain/job.h"
#include "base/status.h"

namespace csl::appliance {

// What a JSON body may hold; a larger one is not a request of ours.
inline constexpr size_t kMaxJsonBytes = 4 << 20;
inline constexpr int kMaxJsonDepth = 32;
inline constexpr int64_t kMaxWaitMs = 60'000;

struct Context {
  const httplib::Request& request;
  httplib::Response& response;
  const httplib::ContentReader* reader = nullptr;  // of requests with a body
  Principal who;

  // The text that stood for the nth `{...}` of the route, from 0.
  std::string Param(size_t n) const { return request.matches[static_cast<int>(n) + 1]; }
  std::string Query(const char* name) const { return request.get_param_value(name); }
  // An unsigned number of the query, `fallback` if absent, at most `max`.
  StatusOr<int64_t> Number(const char* name, int64_t fallback, int64_t max) const;
  StatusOr<int64_t> NumberParam(size_t n) const;
  // Empty: the request has none. An empty one would be a retry that nobody can tell from another.
  StatusOr<std::string> IdempotencyKey() const;
  // wait_ms of the query, no more than kMaxWaitMs.
  StatusOr<int64_t> WaitMs() const;

  StatusOr<nlohmann::json> Json() const;
  // The body in pieces; the receiver's failure ends it.
  Status Body(const std::function<Status(std::string_view)>& receiver) const;

  void Reply(int status, const nlohmann::json& body) const;
  void ReplyBytes(std::string bytes, const std::string& type) const;
};

// Fields of a JSON object, with errors that name the field, its value and what was allowed.
StatusOr<std::string> TextField(const nlohmann::json& object, const char* name,
                                const std::string& fallback);
StatusOr<int64_t> NumberField(const nlohmann::json& object, const char* name, int64_t fallback);
StatusOr<bool> BoolField(const nlohmann::json& object, const char* name, bool fallback);

}  // namespace csl::appliance

#endif  // APPLIANCE_HTTP_CONTEXT_H_
