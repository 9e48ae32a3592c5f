// SPDX-License-Identifier: Apache-2.0
#include "runtime/system/server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "proto/system.pb.h"
#include "runtime/system/session.h"
#include "runtime/wire/convert.h"
#include "runtime/wire/limits.h"

namespace csl::runtime {
namespace {

// How long a refused client may take to read why.
constexpr int kRefusalLingerMs = 1'000;
// How often waiting clients are looked after.
constexpr int kTendMs = 50;

int64_t NowMs() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

void Signal(const wire::Socket& eventfd) {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t put = ::write(eventfd.fd(), &one, sizeof(one));
}

// Reads and drops what the peer sends; false once it has nothing more.
bool DropInput(const wire::FrameStream& stream) {
  char bytes[4096];
  ssize_t got = 0;
  do {
    got = ::recv(stream.socket().fd(), bytes, sizeof(bytes), MSG_DONTWAIT);
  } while (got > 0);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

// A hello is a short frame; what claims to be longer is left to the session to refuse.
constexpr size_t kMaxHelloBytes = 4096;

enum class Hello { kNone, kHalf, kWhole, kGone };

// Looks at what a connection has sent so far, and takes nothing.
Hello HelloOn(const wire::FrameStream& stream) {
  char bytes[kMaxHelloBytes];
  const ssize_t got = ::recv(stream.socket().fd(), bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);
  if (got == 0) return Hello::kGone;
  if (got < 0) {
    const bool waits = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    return waits ? Hello::kNone : Hello::kGone;
  }
  uint32_t size = 0;
  if (static_cast<size_t>(got) < sizeof(size)) return Hello::kHalf;
  std::memcpy(&size, bytes, sizeof(size));
  const bool whole =
      size > sizeof(bytes) - sizeof(size) || static_cast<size_t>(got) >= sizeof(size) + size;
  return whole ? Hello::kWhole : Hello::kHalf;
}

}  // namespace

StatusOr<std::unique_ptr<SystemServer>> SystemServer::Create(wire::Socket listener,
                                                             DeviceFactory make_device) {
  ASSIGN_OR_RETURN(wire::Address address, wire::LocalAddress(listener));
  wire::Socket wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) return Unavailable(std::string("eventfd: ") + std::strerror(errno));
  return std::unique_ptr<SystemServer>(new SystemServer(
      std::move(listener), std::move(wake), std::move(address), std::move(make_device)));
}

SystemServer::SystemServer(wire::Socket listener, wire::Socket wake, wire::Address address,
                           DeviceFactory make_device)
    : listener_(std::move(listener)),
      wake_(std::move(wake)),
      address_(std::move(address)),
      make_device_(std::move(make_device)) {}

SystemServer::~SystemServer() {
  Stop();
  if (session_thread_.joinable()) session_thread_.join();
}

void SystemServer::Stop() {
  stop_ = true;
  Signal(wake_);
}

void SystemServer::Serve() {
  while (!stop_) {
    PollOnce();
    TendWaiting(NowMs());
  }
  waiting_.clear();
  if (session_thread_.joinable()) session_thread_.join();
}

void SystemServer::PollOnce() {
  std::vector<pollfd> entries = {{listener_.fd(), POLLIN, 0}, {wake_.fd(), POLLIN, 0}};
  for (const Waiting& client : waiting_) {
    // Half a hello stays readable; the tick looks after it.
    if (client.state == Waiting::State::kSilent && !client.half) {
      entries.push_back({client.stream->socket().fd(), POLLIN, 0});
    }
  }
  if (::poll(entries.data(), entries.size(), waiting_.empty() ? -1 : kTendMs) <= 0) return;
  if (entries[1].revents != 0) {
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(wake_.fd(), &count, sizeof(count));
  }
  if (entries[0].revents != 0) Accept();
}

void SystemServer::CloseASilentOne() {
  const auto silent = std::find_if(waiting_.begin(), waiting_.end(), [](const Waiting& client) {
    return client.state == Waiting::State::kSilent;
  });
  if (silent != waiting_.end()) waiting_.erase(silent);
}

void SystemServer::Accept() {
  wire::Socket socket(::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!socket.valid()) {
    // Out of descriptors: the connection stays in the backlog; do not spin on it.
    if (errno == EMFILE || errno == ENFILE) ::poll(nullptr, 0, kTendMs);
    return;
  }
  if (waiting_.size() >= kMaxWaitingClients) CloseASilentOne();
  if (waiting_.size() >= kMaxWaitingClients) return;
  wire::TuneConnection(socket);
  auto stream = std::make_unique<wire::FrameStream>(std::move(socket));
  waiting_.push_back({std::move(stream), NowMs() + kHelloTimeoutMs});
}

bool SystemServer::TendSilent(Waiting* client, int64_t now_ms) {
  switch (HelloOn(*client->stream)) {
    case Hello::kGone:
      return true;
    case Hello::kWhole:
      client->state = Waiting::State::kClient;
      client->deadline_ms = now_ms + kBusyGraceMs;
      return false;
    case Hello::kHalf:
      client->half = true;
      break;
    case Hello::kNone:
      break;
  }
  if (now_ms >= client->deadline_ms) {
    Refuse(client,
           "the connection said no hello for " + std::to_string(kHelloTimeoutMs / 1000) + " s",
           now_ms);
  }
  return false;
}

void SystemServer::TendWaiting(int64_t now_ms) {
  for (size_t i = 0; i < waiting_.size();) {
    Waiting& client = waiting_[i];
    bool gone = client.state == Waiting::State::kSilent && TendSilent(&client, now_ms);
    if (client.state == Waiting::State::kRefused) {
      gone = !DropInput(*client.stream) || now_ms >= client.deadline_ms;
    } else if (client.state == Waiting::State::kClient) {
      if (!busy_) {
        StartSession(std::move(client.stream));
        gone = true;
      } else if (now_ms >= client.deadline_ms) {
        Refuse(&client,
               "the system is in use by another client (" + session_peer_ +
                   "); it serves one at a time",
               now_ms);
      }
    }
    if (gone) {
      waiting_.erase(waiting_.begin() + static_cast<ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
}

void SystemServer::Refuse(Waiting* client, const std::string& why, int64_t now_ms) {
  proto::ServerMessage message;
  wire::StatusToFailure(Unavailable(why), message.mutable_failure());
  // Fits into an empty socket buffer, so this does not wait.
  (void)client->stream->Send(message).ok();
  client->stream->FinishSending();
  client->state = Waiting::State::kRefused;
  client->deadline_ms = now_ms + kRefusalLingerMs;
}

void SystemServer::StartSession(std::unique_ptr<wire::FrameStream> stream) {
  if (session_thread_.joinable()) session_thread_.join();
  busy_ = true;
  session_peer_ = wire::PeerName(stream->socket());
  session_stream_ = std::move(stream);
  session_thread_ = std::thread([this] { RunSession(); });
}

void SystemServer::RunSession() {
  bool said_bye = false;
  {
    Session session(session_stream_.get(), &cache_, &make_device_, &stop_);
    said_bye = session.Serve().ok();
  }
  session_stream_->set_tick({});
  busy_ = false;
  Signal(wake_);
  if (said_bye) {
    proto::ServerMessage message;
    message.mutable_bye();
    (void)session_stream_->Send(message).ok();
  }
  // A failure that was sent last must reach the client before the connection goes.
  session_stream_->FinishSending();
  for (int waited = 0; waited < kRefusalLingerMs && !stop_ && DropInput(*session_stream_);
       waited += kTendMs) {
    pollfd entry{session_stream_->socket().fd(), POLLIN, 0};
    ::poll(&entry, 1, kTendMs);
  }
  session_stream_.reset();
}

}  // namespace csl::runtime
