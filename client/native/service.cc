// SPDX-License-Identifier: Apache-2.0
#include "client/native/service.h"

#include <algorithm>
#include <chrono>

#include "base/digest/sha256.h"
#include "base/http/problem.h"

namespace csl::client {
namespace {

using std::chrono::milliseconds;

// A long poll is cut into pieces of this length, between which an interrupt is noticed.
constexpr int64_t kSliceMs = 250;
constexpr milliseconds kQuick{10'000};
constexpr milliseconds kReadTimeout{60'000};
// A service that restarts or a network that flaps is back within this.
constexpr milliseconds kPatience{30'000};
// An embedded one is gone or it is not: asking longer than this helps nobody.
constexpr milliseconds kEmbeddedPatience{500};

std::string HeaderOf(const http::Reply& reply, const std::string& name) {
  const auto it = reply.headers.find(name);
  return it == reply.headers.end() ? "" : it->second;
}

}  // namespace

std::string EncodePath(const std::string& path) {
  std::string out;
  std::string_view rest = path;
  while (true) {
    const size_t slash = rest.find('/');
    out += http::UrlEncode(rest.substr(0, slash));
    if (slash == std::string_view::npos) return out;
    out += '/';
    rest.remove_prefix(slash + 1);
  }
}

Service::Service(Endpoint endpoint, Revive revive)
    : endpoint_(std::move(endpoint)),
      revive_(std::move(revive)),
      client_({.url = endpoint_.url,
               .bearer = endpoint_.token,
               .ca_file = endpoint_.ca_file,
               .pin = endpoint_.pin,
               .proxy = endpoint_.proxy}) {}

Status CheckSender(int status, const std::map<std::string, std::string>& headers,
                   std::string_view body) {
  const auto type = headers.find("content-type");
  if (status >= 400 || type == headers.end() || !type->second.starts_with("text/html")) {
    return OkStatus();
  }
  std::string text = "HTTP status " + std::to_string(status) +
                     " with a page, not from an appliance but something on the way to it";
  if (!body.empty()) text += ": '" + http::FirstWords(body) + "'";
  return Unavailable(text);
}

StatusOr<http::Reply> Service::Do(http::Call call) {
  call.patience = endpoint_.is_embedded ? kEmbeddedPatience : kPatience;
  call.read_timeout = std::max(call.read_timeout, kReadTimeout);
  auto reply = client_.Do(call);
  if (reply.ok()) RETURN_IF_ERROR(CheckSender(reply->status, reply->headers, reply->body));
  if (reply.ok() || reply.status().code() != StatusCode::kUnavailable || !revive_) return reply;
  const bool may_repeat = call.method != "POST" || call.headers.contains("Idempotency-Key");
  if (!may_repeat) return reply;
  RETURN_IF_ERROR(revive_());
  return client_.Do(call);
}

StatusOr<std::string> Service::Version() {
  http::Call call;
  call.path = "/v1/version";
  call.read_timeout = kQuick;
  ASSIGN_OR_RETURN(http::Reply reply, client_.Do(call));
  RETURN_IF_ERROR(CheckSender(reply.status, reply.headers, reply.body));
  return std::move(reply.body);
}

StatusOr<std::string> Service::Get(const std::string& path) {
  http::Call call;
  call.path = path;
  ASSIGN_OR_RETURN(http::Reply reply, Do(std::move(call)));
  return std::move(reply.body);
}

StatusOr<std::string> Service::Post(const std::string& path, const std::string& body,
                                    const std::string& key) {
  http::Call call;
  call.method = "POST";
  call.path = path;
  call.body = body;
  call.headers["Idempotency-Key"] = key.empty() ? RandomHex(16) : key;
  ASSIGN_OR_RETURN(http::Reply reply, Do(std::move(call)));
  return std::move(reply.body);
}

StatusOr<std::string> Service::Put(const std::string& path, const std::string& body) {
  http::Call call;
  call.method = "PUT";
  call.path = path;
  call.body = body;
  ASSIGN_OR_RETURN(http::Reply reply, Do(std::move(call)));
  return std::move(reply.body);
}

StatusOr<std::string> Service::Delete(const std::string& path) {
  http::Call call;
  call.method = "DELETE";
  call.path = path;
  ASSIGN_OR_RETURN(http::Reply reply, Do(std::move(call)));
  return std::move(reply.body);
}

StatusOr<std::string> Service::Events(const std::string& job, int64_t after, int64_t wait_ms,
                                      const Interrupted& interrupted) {
  const std::string path = "/v1/jobs/" + http::UrlEncode(job) + "/events?after=";
  for (;;) {
    const int64_t slice = std::min(wait_ms, kSliceMs);
    ASSIGN_OR_RETURN(std::string answer,
                     Get(path + std::to_string(after) + "&wait_ms=" + std::to_string(slice)));
    wait_ms -= slice;
    if (wait_ms <= 0 || answer.find("\"seq\"") != std::string::npos) return answer;
    if (interrupted && interrupted()) return Status(StatusCode::kCancelled, "interrupted");
  }
}

StatusOr<LogPiece> Service::Log(const std::string& path, uint64_t offset, int64_t wait_ms) {
  http::Call call;
  call.path = path + "?offset=" + std::to_string(offset) + "&wait_ms=" + std::to_string(wait_ms);
  ASSIGN_OR_RETURN(http::Reply reply, Do(std::move(call)));
  LogPiece piece;
  piece.next_offset = offset + reply.body.size();
  piece.is_complete = HeaderOf(reply, "x-complete") == "true";
  piece.bytes = std::move(reply.body);
  return piece;
}

StatusOr<std::string> Service::WholeLog(const std::string& job, const Interrupted& interrupted) {
  const std::string path = "/v1/jobs/" + http::UrlEncode(job) + "/log";
  std::string text;
  for (;;) {
    ASSIGN_OR_RETURN(const LogPiece piece, Log(path, text.size(), kSliceMs));
    text += piece.bytes;
    if (piece.is_complete) return text;
    if (interrupted && interrupted()) return Status(StatusCode::kCancelled, "interrupted");
  }
}

}  // namespace csl::client
