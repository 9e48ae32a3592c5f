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

// Puts the end of a command that a worker tells of into its record. False: it has none yet, or the
// record has it.
bool TakeEnd(const json& answer, Command& command) {
  if (answer.value("state", "") != "exited" || command.state == CommandState::kExited) return false;
  command.state = CommandState::kExited;
  command.exit_code = answer.value("exit_code", 0);
  command.failure = answer.value("failure", "");
  command.message = answer.value("message", "");
  return true;
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
  const auto reply = WorkerClient(route)->Do(call);
  if (HasNoSession(reply.status())) return AwaitSessionEnd(context, false, kEndPatience);
  RETURN_IF_ERROR(reply.status());
  context.ReplyBytes(reply->body, "application/json");
  return OkStatus();
}

bool Api::IsOnItsWay(const std::string& job, int64_t index) {
  std::lock_guard lock(mutex_);
  return dispatching_.contains({job, index});
}

struct Api::Dispatch {
  Api& api;
  Command command;
  std::shared_ptr<void> place;
  std::shared_ptr<Forwarded> forwarded;

  ~Dispatch() {
    const std::pair key(command.job, command.index);
    {
      std::lock_guard lock(api.mutex_);
      api.dispatching_.erase(key);
    }
    api.server_->Wake(DispatchChannel(key.first, key.second));
  }
};

StatusOr<std::shared_ptr<Api::Dispatch>> Api::BeginDispatch(Context& context, Command& command) {
  const std::pair key(command.job, command.index);
  std::lock_guard lock(mutex_);
  if (dispatching_.contains(key)) {
    if (http::WaitFor(DispatchChannel(key.first, key.second), kDispatchPatience)) {
      return std::shared_ptr<Dispatch>();
    }
    return Unavailable("the command is still on its way to its worker");
  }
  ASSIGN_OR_RETURN(command, service_.PeekCommand(context.who, key.first, key.second));
  dispatching_.insert(key);
  return std::shared_ptr<Dispatch>(new Dispatch{*this, command, nullptr, nullptr});
}

// What has become of a command, once its worker has answered; recorded in one step with its end, if
// that has come. A worker that cannot be asked leaves its fate unknown: it is recorded as lost and
// never sent again.
Status Api::ContinueDispatch(Context& context, const std::shared_ptr<Dispatch>& dispatch) {
  const auto reply = AnswerOf(dispatch->forwarded);
  if (reply.ok() && *reply == nullptr) return OkStatus();
  http::KeptForNextRun().reset();  // it is on its way no more, however slowly the answer is read
  PassFailurePoint("service.after_dispatch");
  Command& command = dispatch->command;
  json answer = reply.ok() ? json::parse((*reply)->body, nullptr, false) : json();
  const bool understood = answer.is_object();
  command.state = understood ? CommandState::kStarted : CommandState::kLost;
  if (understood) TakeEnd(answer, command);
  RETURN_IF_ERROR(service_.SetCommand(command));
  if (HasNoSession(reply.status())) {
    // The worker started anew and has not registered yet: the one before it had the session.
    context.Reply(201, CommandJson(command));
    return OkStatus();
  }
  RETURN_IF_ERROR(reply.status());
  if (!understood) return Unavailable("the worker's answer is not a JSON object");
  answer.update(CommandJson(command));
  context.Reply(201, answer);
  return OkStatus();
}

Status Api::RunCommand(Context& context) {
  auto& kept = http::KeptForNextRun();
  if (kept != nullptr) {
    const auto dispatch = std::static_pointer_cast<Dispatch>(kept);
    return ContinueDispatch(context, dispatch);
  }
  ASSIGN_OR_RETURN(const json body, context.Json());
  ASSIGN_OR_RETURN(const std::string text, TextField(body, "command", ""));
  ASSIGN_OR_RETURN(const int64_t wait_ms, context.WaitMs());
  const std::string id = context.Param(0);
  ASSIGN_OR_RETURN(const SessionRoute route, service_.RouteToSession(context.who, id));
  // Before anything is recorded: a request that waits is served from its start again.
  ASSIGN_OR_RETURN(const auto place, EnterRoom(calls_, route.endpoint));
  if (place == nullptr) return OkStatus();
  ASSIGN_OR_RETURN(const std::string key, context.IdempotencyKey());
  ASSIGN_OR_RETURN(auto accepted, service_.AcceptCommand(context.who, id, key, text));
  Command& command = accepted.first;
  ASSIGN_OR_RETURN(const auto dispatch, BeginDispatch(context, command));
  if (dispatch == nullptr) return OkStatus();
  if (command.state != CommandState::kAccepted) {
    ASSIGN_OR_RETURN(command, service_.GetCommand(context.who, id, command.index));
    context.Reply(201, CommandJson(command));
    return OkStatus();
  }
  PassFailurePoint("service.before_dispatch");
  dispatch->place = place;
  // The worker knows a command by its number, so that asking twice starts it once. Nothing that a
  // user wrote goes into a header.
  dispatch->forwarded =
      Forward(route, id,
              {.method = "POST",
               .path = "/commands?wait_ms=" + std::to_string(wait_ms),
               .body = json{{"index", command.index}, {"command", command.text}}.dump(
                   -1, ' ', false, json::error_handler_t::replace)},
              wait_ms);
  kept = dispatch;
  return ContinueDispatch(context, dispatch);
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
  const std::string path =
      "/commands/" + std::to_string(index) + "?wait_ms=" + std::to_string(wait_ms);
  const auto reply = ForwardWait(context, {.path = path}, wait_ms);
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
  if (!answer.is_object()) return Unavailable("the worker's answer is not a JSON object");
  if (TakeEnd(answer, command)) RETURN_IF_ERROR(service_.SetCommand(command));
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
  const auto answer = ForwardWait(context, {.path = path}, wait_ms);
  if (answer.status().code() == StatusCode::kNotFound) {
    const auto view = service_.Get(context.who, context.Param(0));
    if (view.ok() && IsEnd(view->job.state)) {
      return NotFound("job " + context.Param(0) + " has ended; " + answer.status().message());
    }
  }
  ASSIGN_OR_RETURN(const http::Reply* reply, answer);
  if (reply == nullptr) return OkStatus();
  for (const auto& [name, value] : reply->headers) {
    if (name.starts_with("x-")) context.response.set_header(name.c_str(), value);
  }
  context.ReplyBytes(reply->body, "application/octet-stream");
  return OkStatus();
}

Status Api::KillCommand(Context& context) {
  ASSIGN_OR_RETURN(const int64_t index, context.NumberParam(1));
  const http::AsyncCall what{.method = "POST",
                             .path = "/commands/" + std::to_string(index) + "/kill"};
  ASSIGN_OR_RETURN(const http::Reply* reply, ForwardWait(context, what, 0));
  if (reply != nullptr) context.ReplyBytes(reply->body, "application/json");
  return OkStatus();
}

}  // namespace csl::appliance
