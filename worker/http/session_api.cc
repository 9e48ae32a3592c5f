// SPDX-License-Identifier: Apache-2.0
#include "worker/http/session_api.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/digest/sha256.h"
#include "base/http/byte_range.h"
#include "base/http/problem.h"
#include "base/http/waiting.h"
#include "proto/job_words.h"
#include "worker/http/session_files.h"

namespace csl::worker {
namespace {

using nlohmann::json;

constexpr int64_t kMaxWaitMs = 60'000;
constexpr uint64_t kMaxOutputPiece = 4 << 20;
constexpr size_t kMaxBodyBytes = 1 << 20;
constexpr std::string_view kSessions = "/w1/sessions/";

json RecordJson(const CommandRecord& record) {
  json out = {{"index", record.index},
              {"state", record.phase == CommandPhase::kExited ? "exited" : "started"},
              {"exit_code", record.exit_code},
              {"signal", record.signal},
              {"duration_ms", record.duration_ms},
              {"max_rss_bytes", record.max_rss_bytes},
              {"stdout_bytes", record.stdout_bytes},
              {"stderr_bytes", record.stderr_bytes}};
  if (record.failure != EndReason::kNone) out["failure"] = EndReasonText(record.failure);
  if (!record.message.empty()) out["message"] = record.message;
  return out;
}

StatusOr<int64_t> ParseNumber(const std::string& text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) {
    return InvalidArgument("'" + text + "' is not a whole number");
  }
  return value;
}

}  // namespace

// One request that has passed the gate.
struct SessionApi::Call {
  const httplib::Request& request;
  httplib::Response& response;
  const httplib::ContentReader* reader;
  std::shared_ptr<Session> session;

  std::string Param(int n) const { return request.matches[n]; }
  StatusOr<int64_t> Number(const char* name) const {
    return request.has_param(name) ? ParseNumber(request.get_param_value(name)) : 0;
  }
  StatusOr<int64_t> WaitMs() const {
    ASSIGN_OR_RETURN(const int64_t wait, Number("wait_ms"));
    return std::min(wait, kMaxWaitMs);
  }
  void Reply(const json& body) const {
    response.set_content(body.dump(-1, ' ', false, json::error_handler_t::replace),
                         "application/json");
  }
};

void SessionApi::Open(const std::string& job, const std::string& ticket,
                      std::shared_ptr<Session> session) {
  std::lock_guard lock(mutex_);
  sessions_[job] = {ticket, std::move(session)};
}

void SessionApi::Close(const std::string& job) {
  std::lock_guard lock(mutex_);
  sessions_.erase(job);
}

void SessionApi::Wake(const std::string& job) {
  if (server_ != nullptr) server_->Wake(job);
}

// A request without its session's ticket is answered before anything of its body is read.
http::Admission SessionApi::Admit(const http::Arrival& arrival) {
  const std::string path = arrival.head.Path();
  const bool ours = path.starts_with(kSessions);
  const size_t end = ours ? path.find('/', kSessions.size()) : std::string::npos;
  http::Admission admission;
  if (end != std::string::npos) {
    admission.principal = path.substr(kSessions.size(), end - kSessions.size());
  }
  admission.max_body = kMaxBodyBytes;
  if (end != std::string::npos && path.compare(end, 7, "/files/") == 0) {
    admission.lane = http::Lane::kTransfers;
  }
  const auto session = Find(admission.principal, arrival.head.Header("x-ticket"));
  if (session.ok()) return admission;
  admission.refused = StatusCodeToHttp(session.status().code());
  admission.problem = http::ProblemBody(session.status());
  return admission;
}

StatusOr<std::shared_ptr<Session>> SessionApi::Find(const std::string& job,
                                                    const std::string& ticket) {
  std::lock_guard lock(mutex_);
  const auto it = sessions_.find(job);
  // One answer for both, so that nobody learns which sessions there are. By it the service knows
  // that the session is gone: nothing else is kUnauthenticated here.
  if (it == sessions_.end() || !EqualConstantTime(ticket, it->second.ticket)) {
    return Status(StatusCode::kUnauthenticated, "no session here opens with this ticket");
  }
  return it->second.session;
}

void SessionApi::Serve(Handler handler, const httplib::Request& request,
                       httplib::Response& response, const httplib::ContentReader* reader) {
  auto session = Find(request.matches[1], request.get_header_value("X-Ticket"));
  Status status = session.status();
  if (session.ok()) {
    Call call{request, response, reader, *session};
    status = (this->*handler)(call);
  }
  if (status.ok()) return;
  response.status = StatusCodeToHttp(status.code());
  response.set_content(http::ProblemBody(status), http::kProblemType);
}

void SessionApi::AddTo(http::Server& server) {
  server_ = &server;
  server.SetGate([this](const http::Arrival& arrival) { return Admit(arrival); });
  httplib::Server& routes = server.routes();
  const auto plain = [this](Handler handler) {
    return [this, handler](const httplib::Request& request, httplib::Response& response) {
      Serve(handler, request, response, nullptr);
    };
  };
  const auto with_body = [this](Handler handler) {
    return [this, handler](const httplib::Request& request, httplib::Response& response,
                           const httplib::ContentReader& reader) {
      Serve(handler, request, response, &reader);
    };
  };
  const std::string session = std::string(kSessions) + "([^/]+)";
  routes.Get((session + "/files/([\\s\\S]+)").c_str(), plain(&SessionApi::GetFile));
  routes.Put((session + "/files/([\\s\\S]+)").c_str(), with_body(&SessionApi::PutFile));
  routes.Post((session + "/commands").c_str(), with_body(&SessionApi::Run));
  routes.Get((session + "/commands/(\\d+)").c_str(), plain(&SessionApi::GetCommand));
  routes.Get((session + "/commands/(\\d+)/(stdout|stderr)").c_str(), plain(&SessionApi::GetOutput));
  routes.Post((session + "/commands/(\\d+)/kill").c_str(), with_body(&SessionApi::Kill));
  routes.set_payload_max_length(kMaxStagedBytes);
  // A body that no route takes would be read into memory.
  const auto nothing = [](const httplib::Request&, httplib::Response& response,
                          const httplib::ContentReader&) { response.status = 404; };
  routes.Post(".*", nothing);
  routes.Put(".*", nothing);
  routes.Patch(".*", nothing);
  routes.Delete(".*", nothing);
}

Status SessionApi::Run(Call& call) {
  std::string text;
  const bool whole = (*call.reader)([&text](const char* data, size_t size) {
    text.append(data, size);
    return text.size() <= kMaxBodyBytes;
  });
  const json body = json::parse(text, nullptr, false);
  if (!whole || !body.is_object() || !body.value("index", json()).is_number_unsigned() ||
      !body.value("command", json()).is_string()) {
    return InvalidArgument("a command needs an index and a text");
  }
  ASSIGN_OR_RETURN(const int64_t wait_ms, call.WaitMs());
  // Called again while the request waits: the session knows the command by its number.
  ASSIGN_OR_RETURN(const CommandRecord record,
                   call.session->Run(body["index"].get<int64_t>(), body["command"]));
  const bool runs = record.phase != CommandPhase::kExited;
  if (runs && http::WaitFor(call.Param(1), std::chrono::milliseconds(wait_ms))) return OkStatus();
  call.Reply(RecordJson(record));
  return OkStatus();
}

Status SessionApi::GetCommand(Call& call) {
  ASSIGN_OR_RETURN(const int64_t index, ParseNumber(call.Param(2)));
  ASSIGN_OR_RETURN(const int64_t wait_ms, call.WaitMs());
  ASSIGN_OR_RETURN(const CommandRecord record, call.session->Wait(index, 0));
  const bool runs = record.phase != CommandPhase::kExited;
  if (runs && http::WaitFor(call.Param(1), std::chrono::milliseconds(wait_ms))) return OkStatus();
  call.Reply(RecordJson(record));
  return OkStatus();
}

Status SessionApi::GetOutput(Call& call) {
  ASSIGN_OR_RETURN(const int64_t index, ParseNumber(call.Param(2)));
  ASSIGN_OR_RETURN(const int64_t offset, call.Number("offset"));
  ASSIGN_OR_RETURN(const int64_t wait_ms, call.WaitMs());
  const OutputKind kind = call.Param(3) == "stdout" ? OutputKind::kStdout : OutputKind::kStderr;
  ASSIGN_OR_RETURN(
      OutputLog::Piece piece,
      call.session->Read(index, kind, static_cast<uint64_t>(offset), kMaxOutputPiece, 0));
  const bool nothing_yet = piece.bytes.empty() && !piece.complete;
  if (nothing_yet && http::WaitFor(call.Param(1), std::chrono::milliseconds(wait_ms))) {
    return OkStatus();
  }
  call.response.set_header("X-Next-Offset", std::to_string(piece.next_offset));
  call.response.set_header("X-Complete", piece.complete ? "true" : "false");
  call.response.set_content(std::move(piece.bytes), "application/octet-stream");
  return OkStatus();
}

Status SessionApi::Kill(Call& call) {
  ASSIGN_OR_RETURN(const int64_t index, ParseNumber(call.Param(2)));
  RETURN_IF_ERROR(call.session->Kill(index));
  call.Reply(json::object());
  return OkStatus();
}

Status SessionApi::GetFile(Call& call) {
  ASSIGN_OR_RETURN(SessionFile file, OpenSessionFile(*call.session, call.Param(2)));
  if (file.is_folder) {
    const std::filesystem::path archive = scratch_ / (RandomHex(12) + ".tar.gz");
    ASSIGN_OR_RETURN(file, PackSessionFolder(*call.session, call.Param(2), archive));
    call.response.set_header("X-Kind", "directory");
  } else {
    call.response.set_header("X-Kind", "file");
  }
  call.response.set_header("X-Size", std::to_string(file.size_bytes));
  http::ServeBytes(call.request, call.response, file.size_bytes,
                   file.is_folder ? "application/gzip" : "application/octet-stream", file.tag,
                   [contents = file.contents](uint64_t offset, uint64_t length, const auto& write) {
                     std::string piece;
                     return contents->ReadAt(offset, length, piece) &&
                            write(piece.data(), piece.size());
                   });
  return OkStatus();
}

Status SessionApi::PutFile(Call& call) {
  if (call.session->over()) return FailedPrecondition("the session is over");
  const std::string mode = call.request.get_param_value("mode");
  ASSIGN_OR_RETURN(const auto staged, StagedFile::Begin(*call.session, call.Param(2)));
  Status status;
  const bool whole = (*call.reader)([&](const char* data, size_t size) {
    status = staged->Append(std::string_view(data, size));
    return status.ok();
  });
  RETURN_IF_ERROR(status);
  if (!whole) return Aborted("the file's body ended early");
  RETURN_IF_ERROR(staged->Commit(mode.ends_with("755") || mode.ends_with("700")));
  call.Reply(json{{"size_bytes", staged->size_bytes()}});
  return OkStatus();
}

}  // namespace csl::worker
