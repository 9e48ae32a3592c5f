// SPDX-License-Identifier: Apache-2.0
// Files and commands of a session: sent on to the worker that runs it, with a ticket that proves
// where the request comes from. Bodies pass through in pieces.
#include <algorithm>

#include "appliance/http/api.h"
#include "appliance/http/session_path.h"
#include "base/failure_point.h"
#include "base/http/waiting.h"

namespace csl::appliance {
namespace {

using nlohmann::json;

constexpr std::chrono::milliseconds kTransferTimeout{120'000};
constexpr std::chrono::milliseconds kDispatchPatience{30'000};

std::string DispatchChannel(const std::string& job, int64_t index) {
  return "dispatch:" + job + "/" + std::to_string(index);
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
  if (!command.failure.empty()) out["failure"] = command.failure;
  if (!command.message.empty()) out["message"] = command.message;
  if (command.exit_code) out["exit_code"] = *command.exit_code;
  return out;
}

}  // namespace

Status Api::GetFile(Context& context) {
  return ForwardDownload(context, "/files/" + EncodePath(context.Param(1)));
}

Status Api::PutFile(Context& context) {
  ASSIGN_OR_RETURN(const SessionRoute route,
                   service_.RouteToSession(context.who, context.Param(0)));
  if (!context.request.has_header("Content-Length")) {
    return InvalidArgument("staging a file takes a Content-Length");
  }
  ASSIGN_OR_RETURN(const auto place, EnterRoom(transfers_, route.endpoint));
  if (place == nullptr) return OkStatus();
  http::Call call;
  call.method = "PUT";
  call.path = SessionPath(context.Param(0), "/files/" + EncodePath(context.Param(1)));
  if (const std::string mode = context.Query("mode"); !mode.empty()) {
    call.path += "?mode=" + http::UrlEncode(mode);
  }
  call.headers = {{"X-Ticket", route.ticket}};
  call.read_timeout = kTransferTimeout;
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

bool Api::IsOnItsWay(const std::string& job, int64_t index) {
  std::lock_guard lock(mutex_);
  return dispatching_.contains({job, index});
}

StatusOr<bool> Api::SendOnce(Context& context, Command& command) {
  const std::pair key(command.job, command.index);
  {
    std::lock_guard lock(mutex_);
    if (dispatching_.contains(key)) {
      if (http::WaitFor(DispatchChannel(key.first, key.second), kDispatchPatience)) return false;
      return Unavailable("the command is still on its way to its worker");
    }
    ASSIGN_OR_RETURN(command, service_.GetCommand(context.who, key.first, key.second));
    // One that was never sent on (the service ended in between) is sent now; nothing has run.
    if (command.state != CommandState::kAccepted) return true;
    dispatching_.insert(key);
  }
  const Status status = Dispatch(context, command);
  {
    std::lock_guard lock(mutex_);
    dispatching_.erase(key);
  }
  server_->Wake(DispatchChannel(key.first, key.second));
  RETURN_IF_ERROR(status);
  return true;
}

Status Api::RunCommand(Context& context) {
  ASSIGN_OR_RETURN(const json body, context.Json());
  ASSIGN_OR_RETURN(const std::string text, TextField(body, "command", ""));
  const std::string id = context.Param(0);
  ASSIGN_OR_RETURN(const SessionRoute route, service_.RouteToSession(context.who, id));
  // Before anything is recorded: a request that waits is served from its start again.
  ASSIGN_OR_RETURN(const auto place, EnterRoom(calls_, route.endpoint));
  if (place == nullptr) return OkStatus();
  ASSIGN_OR_RETURN(auto accepted,
                   service_.AcceptCommand(
                       context.who, id, context.request.get_header_value("Idempotency-Key"), text));
  Command& command = accepted.first;
  ASSIGN_OR_RETURN(const bool sent, SendOnce(context, command));
  if (sent) context.Reply(201, CommandJson(command));
  return OkStatus();
}

Status Api::GetCommand(Context& context) {
  const std::string id = context.Param(0);
  ASSIGN_OR_RETURN(const int64_t index, context.NumberParam(1));
  ASSIGN_OR_RETURN(const int64_t wait_ms, context.WaitMs());
  ASSIGN_OR_RETURN(Command command, service_.GetCommand(context.who, id, index));
  if (IsOnItsWay(id, index)) {
    if (http::WaitFor(DispatchChannel(id, index), kDispatchPatience)) return OkStatus();
    return Unavailable("the command is still on its way to its worker");
  }
  const auto reply = ForwardWait(
      context, "/commands/" + std::to_string(index) + "?wait_ms=" + std::to_string(wait_ms),
      wait_ms);
  const StatusCode code = reply.status().code();
  if (code == StatusCode::kFailedPrecondition || code == StatusCode::kNotFound) {
    // The session is over, or was never told: what is recorded is all there is to know.
    ASSIGN_OR_RETURN(command, service_.GetCommand(context.who, id, index));
    if (command.state != CommandState::kExited) command.state = CommandState::kLost;
    context.Reply(200, CommandJson(command));
    return OkStatus();
  }
  RETURN_IF_ERROR(reply.status());
  if (*reply == nullptr) return OkStatus();
  const json answer = json::parse((*reply)->body, nullptr, false);
  if (!answer.is_object()) return Unavailable("the worker's answer is no JSON object");
  if (answer.value("state", "") == "exited" && command.state != CommandState::kExited) {
    command.state = CommandState::kExited;
    command.exit_code = answer.value("exit_code", 0);
    command.failure = answer.value("failure", "");
    command.message = answer.value("message", "");
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
  const std::string path = "/commands/" + std::to_string(index) + "/" + stream +
                           "?offset=" + std::to_string(offset) +
                           "&wait_ms=" + std::to_string(wait_ms);
  if (wait_ms == 0) return ForwardDownload(context, path);
  ASSIGN_OR_RETURN(const http::Reply* reply, ForwardWait(context, path, wait_ms));
  if (reply == nullptr) return OkStatus();
  for (const auto& [name, value] : reply->headers) {
    if (name.starts_with("x-")) context.response.set_header(name.c_str(), value);
  }
  context.ReplyBytes(reply->body, "application/octet-stream");
  return OkStatus();
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
