// SPDX-License-Identifier: Apache-2.0
#include "client/native/session.h"

#include "client/native/fields.h"

namespace csl::client {
namespace {

using nlohmann::json;

// How long to wait for a command's end before its output so far is fetched.
constexpr int64_t kFirstSliceMs = 50;
constexpr int64_t kSliceMs = 250;

struct Stream {
  const char* name;
  std::string& text;
  const std::function<void(std::string_view)>& listener;
};

class Following {
 public:
  Following(Service& service, const std::string& job, const CommandWatch& watch)
      : service_(service), base_("/v1/jobs/" + http::UrlEncode(job) + "/commands"), watch_(watch) {}

  StatusOr<CommandResult> Run(const std::string& command);
  StatusOr<CommandResult> Join(int64_t index);

 private:
  StatusOr<CommandResult> Follow(json state);
  StatusOr<json> State(int64_t wait_ms);
  // What the stream has beyond what we have.
  Status Fetch(const Stream& stream, uint64_t size_bytes);
  Status FetchBoth(const json& state);
  std::string Path() const { return base_ + "/" + std::to_string(result_.index); }

  Service& service_;
  const std::string base_;
  const CommandWatch& watch_;
  CommandResult result_;
};

StatusOr<json> Following::State(int64_t wait_ms) {
  ASSIGN_OR_RETURN(const std::string answer,
                   service_.Get(Path() + "?wait_ms=" + std::to_string(wait_ms)));
  return ParseObject(answer);
}

Status Following::Fetch(const Stream& stream, uint64_t size_bytes) {
  while (stream.text.size() < size_bytes) {
    const auto piece = service_.Log(Path() + "/" + stream.name, stream.text.size(), 0);
    if (piece.status().code() == StatusCode::kNotFound) {
      // The worker that had it is gone, which its job does not say yet.
      result_.is_lost = true;
      return OkStatus();
    }
    RETURN_IF_ERROR(piece.status());
    if (piece->bytes.empty()) return OkStatus();
    stream.text += piece->bytes;
    if (stream.listener) stream.listener(piece->bytes);
  }
  return OkStatus();
}

Status Following::FetchBoth(const json& state) {
  RETURN_IF_ERROR(Fetch({"stdout", result_.out, watch_.on_stdout},
                        static_cast<uint64_t>(NumberField(state, "stdout_bytes"))));
  return Fetch({"stderr", result_.err, watch_.on_stderr},
               static_cast<uint64_t>(NumberField(state, "stderr_bytes")));
}

StatusOr<CommandResult> Following::Run(const std::string& command) {
  const std::string body =
      json{{"command", command}}.dump(-1, ' ', false, json::error_handler_t::replace);
  // Most commands are short: their end comes with the first answer.
  ASSIGN_OR_RETURN(const std::string answer,
                   service_.Post(base_ + "?wait_ms=" + std::to_string(kFirstSliceMs), body));
  ASSIGN_OR_RETURN(json state, ParseObject(answer));
  result_.index = NumberField(state, "index");
  // The answer to a request that was repeated does not say what was printed.
  if (!state.contains("stdout_bytes")) {
    ASSIGN_OR_RETURN(state, State(0));
  }
  return Follow(std::move(state));
}

StatusOr<CommandResult> Following::Join(int64_t index) {
  result_.index = index;
  ASSIGN_OR_RETURN(json state, State(0));
  return Follow(std::move(state));
}

StatusOr<CommandResult> Following::Follow(json state) {
  RETURN_IF_ERROR(FetchBoth(state));
  while (!result_.is_lost) {
    const std::string phase = TextField(state, "state");
    if (phase == "exited" || phase == "lost") break;
    if (watch_.interrupted && watch_.interrupted()) {
      (void)service_.Post(Path() + "/kill", "");
      return Status(StatusCode::kCancelled, "interrupted");
    }
    ASSIGN_OR_RETURN(state, State(kSliceMs));
    RETURN_IF_ERROR(FetchBoth(state));
  }
  result_.is_lost = result_.is_lost || TextField(state, "state") == "lost";
  result_.exit_code = static_cast<int>(NumberField(state, "exit_code"));
  result_.signal = static_cast<int>(NumberField(state, "signal"));
  result_.duration_ms = NumberField(state, "duration_ms");
  result_.failure = TextField(state, "failure");
  result_.message = TextField(state, "message");
  result_.max_rss_bytes = NumberField(state, "max_rss_bytes");
  return result_;
}

}  // namespace

StatusOr<CommandResult> RunCommand(Service& service, const std::string& job,
                                   const std::string& command, const CommandWatch& watch) {
  return Following(service, job, watch).Run(command);
}

StatusOr<CommandResult> FollowCommand(Service& service, const std::string& job, int64_t index,
                                      const CommandWatch& watch) {
  return Following(service, job, watch).Join(index);
}

}  // namespace csl::client
