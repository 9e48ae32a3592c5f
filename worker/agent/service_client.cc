// SPDX-License-Identifier: Apache-2.0
#include "worker/agent/service_client.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/archive/beneath.h"
#include "base/digest/sha256.h"
#include "base/digest/ticket.h"
#include "base/file.h"
#include "base/log.h"

namespace csl::worker {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLastPatience{1'000};  // of a worker that is ending itself
constexpr milliseconds kFirstPause{20};
constexpr milliseconds kLongestPause{500};
constexpr milliseconds kSilence{1'000};  // a service that starts anew is not worth a message
constexpr milliseconds kBlobReadTimeout{120'000};
// Well below the third of a lease that a worker has for ending its jobs.
constexpr milliseconds kConnectTimeout{2'000};

std::string AttemptPath(const Attempt& attempt, const std::string& rest) {
  return "/v1/attempts/" + std::to_string(attempt.id) + rest;
}

// Whether the service may answer otherwise later: it is away, or its disk is full.
bool MayPass(const Status& status) {
  return status.code() == StatusCode::kUnavailable ||
         status.code() == StatusCode::kResourceExhausted;
}

// The pauses of a call that is repeated; it says once what it waits for.
class Patience {
 public:
  explicit Patience(const Attempt& attempt) : job_(attempt.job.id) {}

  void RestBecause(const Status& why) {
    if (!complained_ && std::chrono::steady_clock::now() - began_ > kSilence) {
      Log(LogLevel::kInfo, "job " + job_ + " waits for the service: " + why.message());
      complained_ = true;
    }
    std::this_thread::sleep_for(pause_);
    pause_ = std::min(pause_ * 2, kLongestPause);
  }

 private:
  const std::string& job_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  milliseconds pause_ = kFirstPause;
  bool complained_ = false;
};

std::string Fence(const Attempt& attempt) { return "fence=" + std::to_string(attempt.fence); }

StatusOr<Attempt> AttemptOf(messages::Attempt given) {
  const bool is_compile = given.job.kind == JobKind::kCompile;
  if (is_compile ? !given.job.compile : !given.job.launch) {
    return DataLoss("the service's answer to a poll is not understood: 'job." +
                    std::string(JobKindText(given.job.kind)) + "' of attempt " +
                    std::to_string(given.attempt) + " is missing");
  }
  return Attempt{.id = given.attempt,
                 .fence = given.fence,
                 .ticket = MakeTicket(given.attempt, given.ticket_secret),
                 .job = std::move(given.job)};
}

// The answer of a service as the message that it must be.
template <typename Message>
StatusOr<Message> AnswerOf(const http::Reply& reply, const std::string& what) {
  auto message = messages::FromText<Message>(reply.body);
  if (message.ok()) return message;
  return DataLoss("the service's answer to " + what +
                  " is not understood: " + message.status().message());
}

// A blob on its way into a file, in one answer or in several.
struct Incoming {
  int file = -1;
  const std::function<bool()>& stop;
  Sha256 hash = {};
  uint64_t size_bytes = 0;
  bool stopped = false;
  bool began_anew = false;  // an answer with the whole, where the rest was asked for
  int error = 0;            // errno of a write

  // Whether the answer continues where the one before it was cut.
  bool Begin(int status) {
    began_anew = size_bytes > 0 && status != 206;
    return !began_anew;
  }

  bool Append(std::string_view bytes) {
    stopped = stop();
    if (stopped) return false;
    while (!bytes.empty()) {
      const ssize_t put = ::write(file, bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) {
        error = errno;
        return false;
      }
      hash.Update(bytes.substr(0, static_cast<size_t>(put)));
      size_bytes += static_cast<uint64_t>(put);
      bytes.remove_prefix(static_cast<size_t>(put));
    }
    return true;
  }
};

http::ClientOptions Impatient(http::ClientOptions options) {
  options.connect_timeout = kConnectTimeout;
  return options;
}

}  // namespace

ServiceClient::ServiceClient(const http::ClientOptions& service)
    : polls_(Impatient(service)), client_(Impatient(service)) {}

StatusOr<http::Reply> ServiceClient::Insist(const Attempt& attempt, http::Call call,
                                            const StopCheck& stop) {
  call.headers["X-Ticket"] = attempt.ticket;
  Patience patience(attempt);
  for (;;) {
    // One that is to end may be on a network that swallows everything.
    if (stop()) call.read_timeout = kLastPatience;
    auto reply = client_.Do(call);
    if (!MayPass(reply.status()) || stop()) return reply;
    patience.RestBecause(reply.status());
  }
}

StatusOr<std::string> ServiceClient::Certify(const std::string& request) {
  http::Call call;
  call.method = "POST";
  call.path = "/v1/workers/certificate";
  call.body = messages::ToText(messages::CertificateRequest{.request = request});
  ASSIGN_OR_RETURN(const http::Reply reply, client_.Do(call));
  ASSIGN_OR_RETURN(auto answer,
                   AnswerOf<messages::Certificate>(reply, "a request for a certificate"));
  return std::move(answer.certificate);
}

StatusOr<messages::Joined> ServiceClient::Register(const messages::WorkerRequest& worker,
                                                   int64_t patience_ms) {
  http::Call call;
  call.method = "POST";
  call.path = "/v1/workers/register";
  call.headers = {{"Idempotency-Key", worker.name}};
  call.body = messages::ToText(worker);
  call.patience = milliseconds(patience_ms);
  ASSIGN_OR_RETURN(const http::Reply reply, polls_.Do(call));
  ASSIGN_OR_RETURN(auto joined, AnswerOf<messages::Joined>(reply, "a registration"));
  if (joined.lease_ms < 0) {
    return DataLoss("the service's lease is " + std::to_string(joined.lease_ms) +
                    " ms; must be at least 0");
  }
  return joined;
}

StatusOr<PollResult> ServiceClient::Poll(const std::string& worker,
                                         const std::vector<int64_t>& running, int64_t wait_ms,
                                         int64_t timeout_ms) {
  http::Call call;
  call.method = "POST";
  call.path = "/v1/workers/" + http::UrlEncode(worker) + "/poll";
  call.body = messages::ToText(messages::PollRequest{.running = running, .wait_ms = wait_ms});
  call.read_timeout = milliseconds(timeout_ms);
  ASSIGN_OR_RETURN(const http::Reply reply, polls_.Do(call));
  ASSIGN_OR_RETURN(auto answer, AnswerOf<messages::PollReply>(reply, "a poll"));
  PollResult result;
  for (messages::Attempt& one : answer.assignments) {
    ASSIGN_OR_RETURN(Attempt attempt, AttemptOf(std::move(one)));
    result.attempts.push_back(std::move(attempt));
  }
  result.cancel = std::move(answer.cancel);
  return result;
}

void ServiceClient::Leave(const std::string& worker) {
  http::Call call;
  call.method = "POST";
  call.path = "/v1/workers/" + http::UrlEncode(worker) + "/leave";
  call.headers = {{"Idempotency-Key", worker}};
  call.patience = kLastPatience;
  (void)client_.Do(call);  // a service that does not hear it waits for the lease to end
}

Status ServiceClient::Report(const Attempt& attempt, messages::ReportRequest report,
                             const StopCheck& stop) {
  report.fence = attempt.fence;
  http::Call call;
  call.method = "POST";
  call.path = AttemptPath(attempt, "/transition");
  call.headers = {
      {"Idempotency-Key", std::to_string(attempt.fence) + std::string(JobStateText(report.to))}};
  call.body = messages::ToText(report);
  return Insist(attempt, std::move(call), stop).status();
}

Status ServiceClient::FetchBlob(const Attempt& attempt, const std::filesystem::path& to,
                                const StopCheck& stop) {
  const archive::Fd file(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.valid()) {
    return DiskFailure("cannot create '" + to.string() + "'", errno);
  }
  Incoming blob{.file = file.get(), .stop = stop};
  Patience patience(attempt);
  for (;;) {
    const uint64_t before = blob.size_bytes;
    http::Call call;
    call.path = AttemptPath(attempt, "/blobs/" + attempt.blob() + "?" + Fence(attempt));
    call.read_timeout = kBlobReadTimeout;
    if (before > 0) call.headers["Range"] = "bytes=" + std::to_string(before) + "-";
    call.on_header = [&blob](int status, const auto&) { return blob.Begin(status); };
    call.receive = [&blob](const char* data, size_t size) { return blob.Append({data, size}); };
    call.headers["X-Ticket"] = attempt.ticket;
    const Status status = client_.Do(call).status();
    if (blob.stopped) return {StatusCode::kCancelled, "the job is to end"};
    if (blob.error != 0) return DiskFailure("cannot write '" + to.string() + "'", blob.error);
    if (status.ok()) break;
    // Cut in the middle: it continues from there.
    if (!MayPass(status) || blob.began_anew) return status;
    if (stop()) return {StatusCode::kCancelled, "the job is to end"};
    patience.RestBecause(status);
  }
  if (blob.hash.FinishHex() != attempt.blob())
    return DataLoss("blob " + attempt.blob() + " came damaged");
  return OkStatus();
}

StatusOr<std::string> ServiceClient::PutBlob(const Attempt& attempt,
                                             const std::filesystem::path& from,
                                             const StopCheck& stop) {
  ASSIGN_OR_RETURN(const std::string digest, Sha256HexOfFile(from));
  http::Call call;
  call.method = "PUT";
  call.path = AttemptPath(attempt, "/blobs/" + digest + "?" + Fence(attempt));
  call.body_file = from.string();
  call.read_timeout = kBlobReadTimeout;
  RETURN_IF_ERROR(Insist(attempt, std::move(call), stop).status());
  return digest;
}

Status ServiceClient::AppendLog(const Attempt& attempt, uint64_t offset, std::string_view bytes,
                                const StopCheck& stop) {
  http::Call call;
  call.method = "PUT";
  call.path = AttemptPath(attempt, "/log?offset=" + std::to_string(offset) + "&" + Fence(attempt));
  call.body = bytes;
  call.content_type = "application/octet-stream";
  return Insist(attempt, std::move(call), stop).status();
}

}  // namespace csl::worker
