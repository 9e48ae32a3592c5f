// SPDX-License-Identifier: Apache-2.0
// Requests that are sent on to the worker of a session, with a ticket that proves where they come
// from. No thread waits for their answers, but for transfers, whose room at a worker has so many
// places.
#include <algorithm>
#include <cctype>
#include <charconv>

#include "appliance/http/api.h"
#include "appliance/http/download.h"
#include "appliance/http/session_path.h"
#include "base/http/waiting.h"
#include "base/tls/certificate.h"

namespace csl::appliance {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

// How long a worker that does not answer is asked again; after that its command's fate is unknown.
constexpr milliseconds kPatience{5'000};
constexpr milliseconds kCallTimeout{15'000};  // of what a worker answers at once
constexpr milliseconds kRetryPause{50};
constexpr milliseconds kTransferTimeout{120'000};
constexpr milliseconds kRoomPatience{20'000};
constexpr size_t kMaxRangeBytes = 128;

std::string HeaderOf(const Download& download, const std::string& name) {
  const auto it = download.headers().find(name);
  return it == download.headers().end() ? "" : it->second;
}

// Passes on which part is wanted. Nothing else that a user wrote goes into a header: a range that
// has another form asks for the whole, and so does one whose condition no tag of ours can meet.
void AddRange(const Context& context, http::Call& call) {
  const auto consists_of = [](const std::string& text, std::string_view marks) {
    return text.size() <= kMaxRangeBytes && std::all_of(text.begin(), text.end(), [&](char c) {
             return std::isdigit(static_cast<unsigned char>(c)) != 0 ||
                    marks.find(c) != std::string_view::npos;
           });
  };
  const std::string range = context.request.get_header_value(http::kRangeHeader);
  if (!range.starts_with("bytes=") || !consists_of(range.substr(6), "-, ")) return;
  if (context.request.has_header("If-Range")) {
    const std::string tag = context.request.get_header_value("If-Range");
    if (!consists_of(tag, "\"-.")) return;
    call.headers["If-Range"] = tag;
  }
  call.headers["Range"] = range;
}

// The worker's answer as ours, its body in pieces as they come.
void PassOn(Context& context, std::shared_ptr<Download> download, std::shared_ptr<void> place) {
  httplib::Response& response = context.response;
  response.status = download->http_status();
  for (const auto& [name, value] : download->headers()) {
    const bool ours = name.starts_with("x-") || name == "content-range" || name == "etag" ||
                      name == "accept-ranges";
    if (ours) response.set_header(name.c_str(), value);
  }
  std::string type = HeaderOf(*download, "content-type");
  if (type.empty()) type = "application/octet-stream";
  const std::string length = HeaderOf(*download, "content-length");
  uint64_t size = 0;
  std::from_chars(length.data(), length.data() + length.size(), size);
  if (size == 0 || response.status >= 400) {  // of a refusal the library wants the text itself
    std::string text;
    std::string piece;
    for (auto more = download->Next(piece); more.ok() && *more; more = download->Next(piece)) {
      text += piece;
    }
    response.set_content(std::move(text), type.c_str());
    return;
  }
  response.set_content_provider(
      size, type.c_str(), [download, place](size_t, size_t, httplib::DataSink& sink) {
        std::string piece;
        const auto more = download->Next(piece);
        // False cuts the connection: the client sees a body that ended early.
        return more.ok() && *more && sink.write(piece.data(), piece.size());
      });
}

}  // namespace

std::shared_ptr<http::Client> Api::WorkerClient(const SessionRoute& route) {
  std::lock_guard lock(mutex_);
  auto& client = workers_[route.endpoint + " " + route.worker];
  if (client == nullptr) {
    client = std::make_shared<http::Client>(
        http::ClientOptions{.url = route.endpoint,
                            .ca_file = options_.ca_file,
                            .server_name = tls::WorkerHost(route.worker)});
  }
  return client;
}

StatusOr<std::shared_ptr<void>> Api::EnterRoom(WorkerPlaces& room, const std::string& worker) {
  std::shared_ptr<void> place = room.Enter(worker);
  if (place != nullptr || http::WaitFor(worker, kRoomPatience)) return place;
  return Unavailable("the session's worker does not answer; too many requests wait for it");
}

// A long poll, or a command, on its way.
struct Api::Forwarded {
  http::AsyncCall call;
  std::string channel;
  milliseconds most;  // how long the request may wait for the answer
  std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
  std::mutex mutex;
  std::optional<StatusOr<http::Reply>> result;
  bool rests = false;  // between two tries
};

void Api::AskAgain(const std::shared_ptr<Forwarded>& forwarded) {
  forwarded->rests = false;
  waits_->Start(forwarded->call, [forwarded, server = server_](StatusOr<http::Reply> result) {
    {
      std::lock_guard lock(forwarded->mutex);
      forwarded->result = std::move(result);
    }
    server->Wake(forwarded->channel);
  });
}

std::shared_ptr<Api::Forwarded> Api::Forward(const SessionRoute& route, const std::string& job,
                                             http::AsyncCall what, int64_t wait_ms) {
  auto forwarded = std::make_shared<Forwarded>();
  forwarded->call = std::move(what);
  forwarded->call.url = route.endpoint;
  forwarded->call.server_name = tls::WorkerHost(route.worker);
  forwarded->call.path = SessionPath(job, forwarded->call.path);
  forwarded->call.headers = {{"X-Ticket", route.ticket}};
  forwarded->call.timeout = milliseconds(wait_ms) + kCallTimeout;
  forwarded->most = forwarded->call.timeout + kPatience;
  forwarded->channel = "wait:" + std::to_string(++next_wait_);
  AskAgain(forwarded);
  return forwarded;
}

// Null: not yet, and the request waits. A worker that cannot be reached is asked again for a while:
// all that is sent so may be repeated.
StatusOr<const http::Reply*> Api::AnswerOf(const std::shared_ptr<Forwarded>& forwarded) {
  constexpr const http::Reply* kNotYet = nullptr;
  if (forwarded->rests) AskAgain(forwarded);
  std::unique_lock lock(forwarded->mutex);
  if (!forwarded->result) {
    if (http::WaitUntil(forwarded->channel, forwarded->began + forwarded->most)) return kNotYet;
    return Unavailable("the session's worker does not answer");
  }
  const Status& status = forwarded->result->status();
  const auto now = std::chrono::steady_clock::now();
  if (status.code() == StatusCode::kUnavailable && now < forwarded->began + kPatience &&
      http::WaitUntil(forwarded->channel, now + kRetryPause)) {
    forwarded->result.reset();
    forwarded->rests = true;
    return kNotYet;
  }
  RETURN_IF_ERROR(status);
  return &**forwarded->result;
}

bool HasNoSession(const Status& answer) { return answer.code() == StatusCode::kUnauthenticated; }

Status Api::AwaitSessionEnd(Context& context, bool only_reads, milliseconds wait) {
  const std::string id = context.Param(0);
  const auto look = [&]() -> Status {
    ASSIGN_OR_RETURN(const SessionRoute route,
                     service_.RouteToSession(context.who, id, only_reads));
    if (!route.has_ended) return OkStatus();
    return NotFound("job " + id + " has ended, and its worker keeps its files no more");
  };
  RETURN_IF_ERROR(look());
  if (http::WaitFor(JobService::JobChannel(id), wait)) return OkStatus();
  if (!http::CanWait()) {
    // Its body cannot be had again: the thread, one of those of transfers, waits.
    ASSIGN_OR_RETURN(const auto events, service_.WaitEvents(context.who, id, 0, 0));
    const int64_t latest = events.empty() ? 0 : events.back().sequence;
    RETURN_IF_ERROR(look());
    (void)service_.WaitEvents(context.who, id, latest, kEndPatience.count());
    RETURN_IF_ERROR(look());
  }
  return Unavailable("the worker of job " + id + " has not got its session any more");
}

StatusOr<const http::Reply*> Api::ForwardWait(Context& context, http::AsyncCall what,
                                              int64_t wait_ms) {
  auto& kept = http::KeptForNextRun();
  const bool only_reads = what.method == "GET";
  if (kept == nullptr) {
    ASSIGN_OR_RETURN(const SessionRoute route,
                     service_.RouteToSession(context.who, context.Param(0), only_reads));
    kept = Forward(route, context.Param(0), std::move(what), wait_ms);
  }
  const auto forwarded = std::static_pointer_cast<Forwarded>(kept);
  const auto answer = AnswerOf(forwarded);
  if (!HasNoSession(answer.status())) return answer;
  RETURN_IF_ERROR(AwaitSessionEnd(context, only_reads, forwarded->most));
  return static_cast<const http::Reply*>(nullptr);
}

Status Api::ForwardDownload(Context& context, const std::string& path) {
  ASSIGN_OR_RETURN(const SessionRoute route,
                   service_.RouteToSession(context.who, context.Param(0), true));
  ASSIGN_OR_RETURN(const auto place, EnterRoom(transfers_, route.endpoint));
  if (place == nullptr) return OkStatus();
  http::Call call;
  call.path = SessionPath(context.Param(0), path);
  call.headers = {{"X-Ticket", route.ticket}};
  call.read_timeout = kTransferTimeout;
  AddRange(context, call);
  call.takes_416 = true;
  auto download = Download::Start(WorkerClient(route), std::move(call));
  const Status found = download->WaitForHeader();
  if (HasNoSession(found)) return AwaitSessionEnd(context, true, kEndPatience);
  if (route.has_ended && found.code() == StatusCode::kNotFound) {
    return NotFound("job " + context.Param(0) + " has ended; " + found.message());
  }
  RETURN_IF_ERROR(found);
  PassOn(context, std::move(download), place);
  return OkStatus();
}

}  // namespace csl::appliance
