// SPDX-License-Identifier: Apache-2.0
// From a head that has come to an answer that is sent.
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cstdio>
#include <utility>

#include "base/http/body.h"
#include "base/http/problem.h"
#include "base/http/server_impl.h"
#include "base/http/waiting.h"

namespace csl::http {
namespace {

// The request that this thread's handler serves.
thread_local Connection* t_serving = nullptr;
thread_local ConnectionStream* t_stream = nullptr;

const char* ReasonOf(int status) {
  switch (status) {
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 415:
      return "Unsupported Media Type";
    case 413:
      return "Content Too Large";
    case 429:
      return "Too Many Requests";
    default:
      return status >= 500 ? "Not Served" : "Bad Request";
  }
}

size_t SlotOf(const std::string& channel, size_t slots) {
  return std::hash<std::string>()(channel) % slots;
}

}  // namespace

Routes::Routes() {
  set_logger([](const httplib::Request&, const httplib::Response& response) {
    if (t_serving != nullptr) t_serving->status = response.status;
  });
}

bool Routes::Process(ConnectionStream& stream, const Connection& connection, bool& closed) {
  return process_request(stream, false, closed, [&connection](httplib::Request& request) {
    // As they came: the library unescapes values, which no other reader does.
    const bool expects = request.has_header("Expect");
    request.headers.clear();
    for (const auto& [name, value] : connection.head.headers) {
      if (name == "expect" && !expects) continue;  // answered already
      request.headers.emplace(name == "range" ? kRangeHeader : name, value);
    }
    request.headers.erase(kPeerUidHeader);
    if (connection.peer_uid >= 0) {
      request.headers.emplace(kPeerUidHeader, std::to_string(connection.peer_uid));
    }
  });
}

// Shows a head to the gate. What is refused is answered here; null then, unless the connection goes
// on.
std::unique_ptr<Connection> Server::Impl::Admit(std::unique_ptr<Connection> connection) {
  HeadRefusal refusal{431, "the head is too long"};
  const bool fits = connection->ahead.find("\r\n\r\n") < limits_.max_header_bytes;
  if (!fits || !ParseRequestHead(connection->ahead, connection->head, refusal)) {
    const Status why(StatusCode::kInvalidArgument, refusal.why);
    return Refuse(std::move(connection), refusal.status, ProblemBody(why, refusal.status), false);
  }
  connection->admission = Admission();
  if (gate) {
    connection->admission = gate({connection->head, connection->peer_uid >= 0});
  } else if (connection->head.content_length > limits_.max_body_ahead) {
    connection->admission.lane = Lane::kTransfers;
  }
  if (connection->admission.refused != 0) {
    const Admission refused = std::move(connection->admission);
    return Refuse(std::move(connection), refused.refused, refused.problem, true, refused.fields);
  }
  connection->held = std::make_unique<HeldBytes>(held_, connection->admission.principal);
  connection->wait_place = std::make_unique<HeldBytes>(waits_, connection->admission.principal);
  if (connection->admission.lane != Lane::kTransfers) {
    connection = RefuseBody(std::move(connection));
    if (connection == nullptr) return nullptr;
  }
  connection->has_request = true;
  connection->began = Clock::now();
  connection->waited = Clock::duration::zero();
  connection->runs_again = false;
  connection->stream = Connection::Stream::kNone;
  HideField(connection->ahead, connection->head.size_bytes, "range");
  return connection;
}

// A body that has no room in memory is refused. Null then.
std::unique_ptr<Connection> Server::Impl::RefuseBody(std::unique_ptr<Connection> connection) {
  const uint64_t size = connection->head.content_length;
  const std::string most = std::to_string(connection->admission.max_body);
  if (size > connection->admission.max_body) {
    const Status why(StatusCode::kResourceExhausted,
                     "the body has " + std::to_string(size) + " bytes; must be at most " + most);
    return Refuse(std::move(connection), 413, ProblemBody(why, 413), false);
  }
  if (size <= limits_.max_body_ahead || connection->held->Take(size)) return connection;
  const Status why(StatusCode::kResourceExhausted,
                   "too many bytes of this token's requests are on their way; try again later");
  return Refuse(std::move(connection), 429, ProblemBody(why, 429), false);
}

void Server::Impl::Advance(std::unique_ptr<Connection> connection) {
  while (!connection->has_request) {
    if (!connection->HasWholeHead() && connection->ahead.size() <= limits_.max_header_bytes) {
      connection->state = ConnectionState::kHead;
      Park(std::move(connection));
      return;
    }
    connection = Admit(std::move(connection));
    if (connection == nullptr) return;
  }
  const RequestHead& head = connection->head;
  const bool streams = connection->admission.lane == Lane::kTransfers &&
                       head.content_length > limits_.max_body_ahead;
  // Most clients send a body right behind its head: it has come by now.
  if (!streams && !connection->HasWholeRequest() && connection->state != ConnectionState::kBody &&
      connection->ReadAvailable() == Connection::ReadResult::kClosed) {
    return;
  }
  if (streams || connection->HasWholeRequest()) {
    Dispatch(std::move(connection));
    return;
  }
  if (connection->state != ConnectionState::kBody) {
    connection->state = ConnectionState::kBody;
    connection->deadline = Clock::now() + limits_.header_timeout +
                           std::chrono::seconds(head.content_length / limits_.min_small_rate);
    if (head.expects_continue) {
      HideField(connection->ahead, head.size_bytes, "expect");
      if (!connection->SendNow("HTTP/1.1 100 Continue\r\n\r\n")) return;
    }
  }
  Park(std::move(connection));
}

// Answers without a thread, and without having read a body.
std::unique_ptr<Connection> Server::Impl::Refuse(std::unique_ptr<Connection> connection, int status,
                                                 const std::string& problem, bool may_keep,
                                                 const std::string& fields) {
  const RequestHead& head = connection->head;
  const bool keep = may_keep && head.content_length == 0 && !head.wants_close;
  std::string answer = "HTTP/1.1 " + std::to_string(status) + " " + ReasonOf(status) +
                       "\r\nContent-Type: " + kProblemType +
                       "\r\nContent-Length: " + std::to_string(problem.size()) + "\r\n" + fields +
                       (keep ? "\r\n" : "Connection: close\r\n\r\n");
  if (head.method != "HEAD") answer += problem;
  connection->began = Clock::now();
  connection->waited = Clock::duration::zero();
  Observe(*connection, status, head.size_bytes, answer.size());
  if (!connection->SendNow(answer)) return nullptr;
  if (!keep) {
    Linger(std::move(connection));
    return nullptr;
  }
  connection->ahead.erase(0, head.size_bytes);
  connection->has_begun = false;
  connection->deadline = Clock::now() + limits_.idle_timeout;
  return connection;
}

// In the only words that the other side understands.
void Server::Impl::RefusePlain(std::unique_ptr<Connection> connection) {
  connection->tls.reset();
  const Status why(StatusCode::kInvalidArgument, "plain HTTP is not served here; ask by https://");
  (void)Refuse(std::move(connection), 400, ProblemBody(why, 400), false);
}

void Server::Impl::Linger(std::unique_ptr<Connection> connection) {
  connection->EndSending();
  connection->state = ConnectionState::kLinger;
  connection->ahead = std::string();
  connection->held.reset();
  connection->idle_since = Clock::time_point();  // closed first when room is needed
  connection->deadline = Clock::now() + limits_.linger_timeout;
  Park(std::move(connection));
}

void Server::Impl::Dispatch(std::unique_ptr<Connection> connection) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    serving_[connection->fd] = connection.get();
  }
  FairQueue& lane = connection->admission.lane == Lane::kReserved    ? reserved_
                    : connection->admission.lane == Lane::kTransfers ? transfers_
                                                                     : shared_;
  const std::string principal = connection->admission.principal;
  const std::string address = connection->peer_address;
  // std::function wants a copyable callable: the pointer is handed over by hand.
  Connection* raw = connection.release();
  lane.Add(principal, address, [this, raw] { Serve(std::unique_ptr<Connection>(raw)); });
}

void Server::Impl::Serve(std::unique_ptr<Connection> connection) {
  connection->wants_to_wait = false;
  connection->piece.clear();
  connection->seen_wakes = wakes_;
  if (connection->runs_again) connection->waited += Clock::now() - connection->parked_at;
  bool closed = false;
  bool ok = false;
  bool whole = false;
  bool failed = false;
  {
    ConnectionStream stream(*connection, limits_);
    t_serving = connection.get();
    t_stream = &stream;
    ok = routes.Process(stream, *connection, closed);
    t_serving = nullptr;
    t_stream = nullptr;
    whole = stream.whole();
    if (!connection->wants_to_wait) stream.Finish();
    failed = stream.failed();
    if (!connection->wants_to_wait && connection->stream == Connection::Stream::kNone) {
      Observe(*connection, connection->status, stream.received_bytes(), stream.sent_bytes());
    }
  }
  {
    std::lock_guard lock(mutex_);
    serving_.erase(connection->fd);
    last_request_ = Clock::now();
  }
  if (stopping_) return;
  connection->keep_after = ok && !failed && !closed && !connection->head.wants_close;
  connection->whole_after = whole;
  if (connection->stream != Connection::Stream::kNone) {
    SendPiece(std::move(connection));
  } else if (connection->wants_to_wait) {
    Wait(std::move(connection));
  } else {
    if (failed) connection->unsent.clear();  // half an answer: the connection's end tells of it
    SendRest(std::move(connection));
  }
}

void Server::Impl::SendRest(std::unique_ptr<Connection> connection) {
  const bool begins = connection->state != ConnectionState::kSends;
  switch (connection->SendRest()) {
    case Connection::SendResult::kClosed:
      return;
    case Connection::SendResult::kAll: {
      if (connection->held_unsent != 0) connection->held->Give(connection->held_unsent);
      connection->held_unsent = 0;
      if (connection->stream != Connection::Stream::kNone && connection->wants_to_wait) {
        Wait(std::move(connection));
        return;
      }
      const bool keep = connection->keep_after;
      const bool whole = connection->whole_after;
      Finish(std::move(connection), keep, whole);
      return;
    }
    case Connection::SendResult::kWouldBlock:
      break;
  }
  if (begins) {
    connection->state = ConnectionState::kSends;
    connection->idle_since = Clock::now();
    connection->deadline = connection->idle_since + limits_.write_timeout +
                           std::chrono::seconds(connection->unsent.size() / limits_.min_small_rate);
  }
  Park(std::move(connection));
}

void Server::Impl::SendPiece(std::unique_ptr<Connection> connection) {
  std::string& unsent = connection->unsent;
  const std::string& piece = connection->piece;
  if (connection->stream == Connection::Stream::kBegins) {
    unsent =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
        "Transfer-Encoding: chunked\r\n";
    unsent += connection->head.wants_close ? "Connection: close\r\n\r\n" : "\r\n";
    connection->stream = Connection::Stream::kGoesOn;
    Observe(*connection, 200, connection->RequestBytes(), unsent.size() + piece.size());
  }
  if (!piece.empty()) {
    char size[32];
    std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
    unsent += size + piece + "\r\n";
  }
  if (!connection->wants_to_wait) unsent += "0\r\n\r\n";
  connection->held_unsent = unsent.size();
  if (!connection->held->Take(connection->held_unsent)) return;  // it may try again, with fewer
  SendRest(std::move(connection));
}

void Server::Impl::Observe(const Connection& connection, int status, uint64_t received,
                           uint64_t sent) const {
  if (!observer) return;
  const auto took = Clock::now() - connection.began - connection.waited;
  observer({connection.head, status, took, received, sent});
}

void Server::Impl::Finish(std::unique_ptr<Connection> connection, bool keep, bool whole) {
  connection->has_request = false;
  connection->has_begun = false;
  connection->stream = Connection::Stream::kNone;
  connection->kept.reset();
  connection->held.reset();
  connection->wait_place.reset();
  if (!whole) {
    // What follows on this connection is the rest of a body that nobody wants.
    Linger(std::move(connection));
    return;
  }
  if (!keep) return;
  connection->idle_since = Clock::now();
  connection->deadline = connection->idle_since + limits_.idle_timeout;
  connection->state = ConnectionState::kHead;
  Advance(std::move(connection));
}

void Server::Impl::Wait(std::unique_ptr<Connection> connection) {
  connection->runs_again = true;
  const auto& slot = latest_wake_[SlotOf(connection->channel, kWakeSlots)];
  const uint64_t seen = connection->seen_wakes;
  const std::string channel = connection->channel;
  const int fd = connection->fd;
  connection->state = ConnectionState::kWaits;
  connection->deadline = connection->wait_until;
  connection->parked_at = Clock::now();
  Park(std::move(connection));
  // Woken since the handler looked: by a wake that did not find it here.
  if (slot > seen) {
    if (auto woken = TakeParked(fd); woken != nullptr) {
      if (woken->state == ConnectionState::kWaits && woken->channel == channel) {
        Dispatch(std::move(woken));
      } else {
        Park(std::move(woken));
      }
    }
  }
}

void Server::Impl::Wake(const std::string& channel) {
  latest_wake_[SlotOf(channel, kWakeSlots)] = ++wakes_;
  DispatchParked([&] { return parked_.WaitersOf(channel); });
}

void Server::Impl::WakeAll() {
  const uint64_t wake = ++wakes_;
  for (auto& slot : latest_wake_) slot = wake;
  DispatchParked([&] { return parked_.AllWaiters(); });
}

// `which` is asked under the lock.
void Server::Impl::DispatchParked(const std::function<std::vector<int>()>& which) {
  std::vector<std::unique_ptr<Connection>> woken;
  {
    std::lock_guard lock(mutex_);
    for (const int fd : which()) {
      woken.push_back(parked_.Take(fd));
      (void)::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
    }
  }
  for (auto& connection : woken) Dispatch(std::move(connection));
}

bool WaitFor(const std::string& channel, std::chrono::milliseconds wait) {
  return t_serving != nullptr && WaitUntil(channel, t_serving->began + wait);
}

bool WaitUntil(const std::string& channel, Clock::time_point until) {
  if (t_serving == nullptr || !t_serving->HasWholeRequest() || until <= Clock::now()) return false;
  if (t_serving->wait_place->none() && !t_serving->wait_place->Take(1)) return false;
  t_serving->channel = channel;
  t_serving->wait_until = until;
  t_serving->wants_to_wait = true;
  return true;
}

ssize_t ReadBody(char* data, size_t size) {
  return t_stream == nullptr ? -1 : t_stream->read(data, size);
}

bool CanWait() { return t_serving != nullptr && t_serving->HasWholeRequest(); }

bool CanStream() { return CanWait() && !t_serving->head.is_old && t_serving->head.method == "GET"; }

bool IsStreaming() {
  return t_serving != nullptr && t_serving->stream == Connection::Stream::kGoesOn;
}

bool StreamAndWait(std::string piece, const std::string& channel, std::chrono::milliseconds wait) {
  if (!CanStream() || !WaitUntil(channel, Clock::now() + wait)) return false;
  if (!IsStreaming()) t_serving->stream = Connection::Stream::kBegins;
  t_serving->piece = std::move(piece);
  return true;
}

bool StreamEnd(std::string piece) {
  if (!CanStream()) return false;
  if (!IsStreaming()) t_serving->stream = Connection::Stream::kBegins;
  t_serving->piece = std::move(piece);
  return true;
}

bool RunsAgain() { return t_serving != nullptr && t_serving->runs_again; }

std::shared_ptr<void>& KeptForNextRun() {
  static thread_local std::shared_ptr<void> nothing;
  return t_serving == nullptr ? nothing : t_serving->kept;
}

}  // namespace csl::http
