// SPDX-License-Identifier: Apache-2.0
// Requests that are sent on to the worker of a session, with a ticket that proves where they come
// from. A worker that does not answer holds no more threads than its room has places, and long
// polls hold none.
#include <charconv>

#include "appliance/http/api.h"
#include "appliance/http/download.h"
#include "appliance/http/session_path.h"
#include "base/http/waiting.h"

namespace csl::appliance {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

// How long a worker that does not answer is asked again; after that its command's fate is unknown.
constexpr milliseconds kPatience{5'000};
constexpr milliseconds kCallTimeout{15'000};  // of what a worker answers at once
constexpr milliseconds kTransferTimeout{120'000};
constexpr milliseconds kRoomPatience{20'000};
constexpr char kRepeatable[] = "by-number";  // what our client wants to see to repeat a POST

// A long poll on its way.
struct Pending {
  std::string channel;
  std::mutex mutex;
  std::optional<StatusOr<http::Reply>> result;
};

std::string HeaderOf(const Download& download, const std::string& name) {
  const auto it = download.headers().find(name);
  return it == download.headers().end() ? "" : it->second;
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
  if (size == 0) {
    response.set_content("", type.c_str());
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

std::shared_ptr<http::Client> Api::WorkerClient(const std::string& endpoint) {
  std::lock_guard lock(mutex_);
  auto& client = workers_[endpoint];
  if (client == nullptr) {
    const bool has_scheme = endpoint.find(':') < endpoint.find('/');
    client = std::make_shared<http::Client>(http::ClientOptions{
        .url = endpoint.starts_with("unix:") || endpoint.starts_with("http") || !has_scheme
                   ? endpoint
                   : "http://" + endpoint,
        .bearer = "",
        .ca_file = ""});
  }
  return client;
}

StatusOr<std::shared_ptr<void>> Api::EnterRoom(WorkerPlaces& room, const std::string& worker) {
  std::shared_ptr<void> place = room.Enter(worker);
  if (place != nullptr || http::WaitFor(worker, kRoomPatience)) return place;
  return Unavailable("the session's worker does not answer; too many requests wait for it");
}

Status Api::ForwardJson(Context& context, const std::string& method, const std::string& path,
                        const std::string& body, json* out) {
  ASSIGN_OR_RETURN(const SessionRoute route,
                   service_.RouteToSession(context.who, context.Param(0), method == "GET"));
  http::Call call;
  call.method = method;
  call.path = SessionPath(context.Param(0), path);
  // The worker knows a command by its number, so that asking twice starts it once. Nothing that a
  // user wrote goes into a header.
  call.headers = {{"X-Ticket", route.ticket}, {"Idempotency-Key", kRepeatable}};
  call.body = body;
  call.read_timeout = kCallTimeout;
  call.patience = kPatience;
  ASSIGN_OR_RETURN(const http::Reply reply, WorkerClient(route.endpoint)->Do(call));
  *out = json::parse(reply.body, nullptr, false);
  return out->is_object() ? OkStatus() : Unavailable("the worker's answer is no JSON object");
}

StatusOr<const http::Reply*> Api::ForwardWait(Context& context, const std::string& path,
                                              int64_t wait_ms) {
  auto& kept = http::KeptForNextRun();
  if (kept == nullptr) {
    ASSIGN_OR_RETURN(const SessionRoute route,
                     service_.RouteToSession(context.who, context.Param(0), true));
    auto pending = std::make_shared<Pending>();
    pending->channel = "wait:" + std::to_string(++next_wait_);
    kept = pending;
    waits_->Start(route.endpoint, SessionPath(context.Param(0), path), {{"X-Ticket", route.ticket}},
                  milliseconds(wait_ms) + kCallTimeout,
                  [pending, server = server_](StatusOr<http::Reply> result) {
                    {
                      std::lock_guard lock(pending->mutex);
                      pending->result = std::move(result);
                    }
                    server->Wake(pending->channel);
                  });
  }
  const auto pending = std::static_pointer_cast<Pending>(kept);
  std::lock_guard lock(pending->mutex);
  if (!pending->result) {
    const milliseconds most = milliseconds(wait_ms) + kCallTimeout + kPatience;
    if (http::WaitFor(pending->channel, most)) return static_cast<const http::Reply*>(nullptr);
    return Unavailable("the session's worker does not answer");
  }
  RETURN_IF_ERROR(pending->result->status());
  return static_cast<const http::Reply*>(&**pending->result);
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
  for (const auto& [ours, name] :
       {std::pair(http::kRangeHeader, "Range"), std::pair("If-Range", "If-Range")}) {
    if (context.request.has_header(ours))
      call.headers[name] = context.request.get_header_value(ours);
  }
  auto download = Download::Start(WorkerClient(route.endpoint), std::move(call));
  const Status found = download->WaitForHeader();
  if (route.has_ended && found.code() == StatusCode::kNotFound) {
    return NotFound("job " + context.Param(0) + " has ended; " + found.message());
  }
  RETURN_IF_ERROR(found);
  PassOn(context, std::move(download), place);
  return OkStatus();
}

}  // namespace csl::appliance
