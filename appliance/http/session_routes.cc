// SPDX-License-Identifier: Apache-2.0
// Files and commands of a session: sent on to the worker that runs it, with a ticket that proves
// where the request comes from. Bodies pass through in pieces.
#include <algorithm>

#include "appliance/http/api.h"
#include "appliance/http/download.h"
#include "base/failure_point.h"

namespace csl::appliance {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

// How long a worker that does not answer is asked again; after that its command's fate is unknown.
constexpr milliseconds kWorkerPatience{5'000};
constexpr milliseconds kWorkerReadTimeout{120'000};
constexpr char kRepeatable[] = "by-number";  // what our client wants to see to repeat a POST

std::string SessionPath(const std::string& job, const std::string& rest) {
  return "/w1/sessions/" + job + rest;
}

// Each segment encoded on its own.
std::string EncodePath(std::string_view path) {
  std::string out;
  while (true) {
    const size_t slash = path.find('/');
    out += http::UrlEncode(path.substr(0, slash));
    if (slash == std::string_view::npos) return out;
    out += '/';
    path.remove_prefix(slash + 1);
  }
}

json CommandJson(const Command& command) {
  json out = {{"index", command.index}, {"state", CommandStateText(command.state)}};
  if (command.exit_code) out["exit_code"] = *command.exit_code;
  return out;
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
  call.read_timeout = kWorkerReadTimeout;
  call.patience = kWorkerPatience;
  ASSIGN_OR_RETURN(const http::Reply reply, WorkerClient(route.endpoint)->Do(call));
  *out = json::parse(reply.body, nullptr, false);
  return out->is_object() ? OkStatus() : Unavailable("the worker's answer is no JSON object");
}

Status Api::ForwardDownload(Context& context, const std::string& path) {
  ASSIGN_OR_RETURN(const SessionRoute route,
                   service_.RouteToSession(context.who, context.Param(0), true));
  http::Call call;
  call.path = SessionPath(context.Param(0), path);
  call.headers = {{"X-Ticket", route.ticket}};
  call.read_timeout = kWorkerReadTimeout;
  auto download = Download::Start(WorkerClient(route.endpoint), std::move(call));
  const Status found = download->WaitForHeader();
  if (route.has_ended && found.code() == StatusCode::kNotFound) {
    return NotFound("job " + context.Param(0) + " has ended; " + found.message());
  }
  RETURN_IF_ERROR(found);
  for (const auto& [name, value] : download->headers()) {
    if (name.starts_with("x-")) context.response.set_header(name.c_str(), value);
  }
  context.response.status = 200;
  const auto type = download->headers().find("content-type");
  context.response.set_chunked_content_provider(
      type != download->headers().end() ? type->second.c_str() : "application/octet-stream",
      [download](size_t, httplib::DataSink& sink) {
        std::string piece;
        const auto more = download->Next(piece);
        if (!more.ok()) return false;  // cuts the connection: the client sees a broken body
        if (*more) return sink.write(piece.data(), piece.size());
        sink.done();
        return true;
      });
  return OkStatus();
}

Status Api::GetFile(Context& context) {
  return ForwardDownload(context, "/files/" + EncodePath(context.Param(1)));
}

Status Api::PutFile(Context& context) {
  ASSIGN_OR_RETURN(const SessionRoute route,
                   service_.RouteToSession(context.who, context.Param(0)));
  if (!context.request.has_header("Content-Length")) {
    return InvalidArgument("staging a file takes a Content-Length");
  }
  http::Call call;
  call.method = "PUT";
  call.path = SessionPath(context.Param(0), "/files/" + EncodePath(context.Param(1)));
  if (const std::string mode = context.Query("mode"); !mode.empty()) {
    call.path += "?mode=" + http::UrlEncode(mode);
  }
  call.headers = {{"X-Ticket", route.ticket}};
  call.read_timeout = kWorkerReadTimeout;
  call.stream_bytes = context.request.get_header_value<uint64_t>("Content-Length");
  call.stream = [&context](const std::function<bool(const char*, size_t)>& write) {
    return context
        .Body([&write](std::string_view piece) {
          return write(piece.data(), piece.size()) ? OkStatus() : Unavailable("the worker hung up");
        })
        .ok();
  };
  ASSIGN_OR_RETURN(const http::Reply reply, WorkerClient(route.endpoint)->Do(call));
  context.ReplyBytes(reply.body, "application/json");
  return OkStatus();
}

// Sends an accepted command to its worker. When the worker cannot be asked, its fate is unknown: it
// is recorded as lost and never sent again.
Status Api::Dispatch(Context& context, Command& command) {
  command.state = CommandState::kDispatched;
  RETURN_IF_ERROR(service_.SetCommand(command));
  PassFailurePoint("service.before_dispatch");
  json answer;
  const Status status = ForwardJson(context, "POST", "/commands",
                                    json{{"index", command.index}, {"command", command.text}}.dump(
                                        -1, ' ', false, json::error_handler_t::replace),
                                    &answer);
  PassFailurePoint("service.after_dispatch");
  command.state = status.ok() ? CommandState::kStarted : CommandState::kLost;
  RETURN_IF_ERROR(service_.SetCommand(command));
  return status;
}

void Api::AwaitDispatch(const Command& command) {
  std::unique_lock lock(mutex_);
  dispatched_.wait(lock, [&] { return !dispatching_.contains({command.job, command.index}); });
}

Status Api::SendOnce(Context& context, Command& command) {
  const std::pair key(command.job, command.index);
  {
    std::unique_lock lock(mutex_);
    dispatched_.wait(lock, [&] { return !dispatching_.contains(key); });
    ASSIGN_OR_RETURN(command, service_.GetCommand(context.who, key.first, key.second));
    // One that was never sent on (the service ended in between) is sent now; nothing has run.
    if (command.state != CommandState::kAccepted) return OkStatus();
    dispatching_.insert(key);
  }
  const Status status = Dispatch(context, command);
  std::lock_guard lock(mutex_);
  dispatching_.erase(key);
  dispatched_.notify_all();
  return status;
}

Status Api::RunCommand(Context& context) {
  ASSIGN_OR_RETURN(const json body, context.Json());
  ASSIGN_OR_RETURN(const std::string text, TextField(body, "command", ""));
  const std::string id = context.Param(0);
  RETURN_IF_ERROR(service_.RouteToSession(context.who, id).status());
  ASSIGN_OR_RETURN(auto accepted,
                   service_.AcceptCommand(
                       context.who, id, context.request.get_header_value("Idempotency-Key"), text));
  Command& command = accepted.first;
  RETURN_IF_ERROR(SendOnce(context, command));
  context.Reply(201, CommandJson(command));
  return OkStatus();
}

Status Api::GetCommand(Context& context) {
  const std::string id = context.Param(0);
  ASSIGN_OR_RETURN(const int64_t index, context.NumberParam(1));
  ASSIGN_OR_RETURN(const int64_t wait_ms, context.WaitMs());
  ASSIGN_OR_RETURN(Command command, service_.GetCommand(context.who, id, index));
  AwaitDispatch(command);
  json answer;
  const Status status = ForwardJson(
      context, "GET", "/commands/" + std::to_string(index) + "?wait_ms=" + std::to_string(wait_ms),
      "", &answer);
  if (status.code() == StatusCode::kFailedPrecondition || status.code() == StatusCode::kNotFound) {
    // The session is over, or was never told: what is recorded is all there is to know.
    ASSIGN_OR_RETURN(command, service_.GetCommand(context.who, id, index));
    if (command.state != CommandState::kExited) command.state = CommandState::kLost;
    context.Reply(200, CommandJson(command));
    return OkStatus();
  }
  RETURN_IF_ERROR(status);
  if (answer.value("state", "") == "exited" && command.state != CommandState::kExited) {
    command.state = CommandState::kExited;
    command.exit_code = answer.value("exit_code", 0);
    RETURN_IF_ERROR(service_.SetCommand(command));
  }
  context.Reply(200, answer);
  return OkStatus();
}

Status Api::GetOutput(Context& context) {
  ASSIGN_OR_RETURN(const int64_t index, context.NumberParam(1));
  const std::string stream = context.Param(2);
  if (stream != "stdout" && stream != "stderr") {
    return NotFound("a command has no '" + stream + "', but stdout and stderr");
  }
  ASSIGN_OR_RETURN(const int64_t offset, context.Number("offset", 0, int64_t{1} << 60));
  ASSIGN_OR_RETURN(const int64_t wait_ms, context.WaitMs());
  return ForwardDownload(context, "/commands/" + std::to_string(index) + "/" + stream +
                                      "?offset=" + std::to_string(offset) +
                                      "&wait_ms=" + std::to_string(wait_ms));
}

Status Api::KillCommand(Context& context) {
  ASSIGN_OR_RETURN(const int64_t index, context.NumberParam(1));
  json answer;
  RETURN_IF_ERROR(
      ForwardJson(context, "POST", "/commands/" + std::to_string(index) + "/kill", "", &answer));
  context.Reply(200, answer);
  return OkStatus();
}

}  // namespace csl::appliance
