// SPDX-License-Identifier: Apache-2.0
// One accepted connection: its socket, what has been read ahead of a request, and the deadline it
// waits under.
#ifndef BASE_HTTP_CONNECTION_H_
#define BASE_HTTP_CONNECTION_H_

#include <httplib.h>

#include <chrono>
#include <memory>
#include <string>

#include "base/http/held_counts.h"
#include "base/http/request_head.h"
#include "base/http/server.h"
#include "base/tls/session.h"

namespace csl::http {

using Clock = std::chrono::steady_clock;

// What a connection that is on no thread waits for.
enum class ConnectionState {
  kHead,    // a request's head
  kBody,    // the rest of a small body, before the request gets a thread
  kWaits,   // a wake of its channel: the request was let wait by its handler
  kSends,   // the other side to take the rest of a response
  kLinger,  // the other side's end: our last answer must not be lost to a reset
};

// What is had for one principal, bytes in memory or requests that wait, counted as long as this
// lives.
class HeldBytes {
 public:
  HeldBytes(HeldCounts& counts, std::string principal)
      : counts_(counts), principal_(std::move(principal)) {}
  ~HeldBytes() { counts_.Give(principal_, bytes_); }
  HeldBytes(const HeldBytes&) = delete;
  HeldBytes& operator=(const HeldBytes&) = delete;
  // False when the principal has as many as it may.
  bool Take(uint64_t more) {
    if (!counts_.Take(principal_, more)) return false;
    bytes_ += more;
    return true;
  }
  void Give(uint64_t less) {
    counts_.Give(principal_, less);
    bytes_ -= less;
  }
  bool none() const { return bytes_ == 0; }

 private:
  HeldCounts& counts_;
  const std::string principal_;
  uint64_t bytes_ = 0;
};

struct Connection {
  int fd = -1;
  int64_t peer_uid = -1;              // of a Unix socket's other end
  std::string peer_address;           // of a TCP socket's; "" for a Unix socket
  std::unique_ptr<tls::Session> tls;  // null: what goes over the socket is plain
  bool has_begun = false;  // something has come since the last request, if only a handshake
  std::string ahead;       // bytes read and not yet consumed
  ConnectionState state = ConnectionState::kHead;
  Clock::time_point deadline;
  Clock::time_point idle_since;

  // Of the request that was admitted.
  bool has_request = false;
  RequestHead head;
  Admission admission;
  std::unique_ptr<HeldBytes> held;  // of its body, and of its response

  // Of a response that the other side has not taken yet.
  std::string unsent;
  size_t sent = 0;  // of unsent
  bool keep_after = false;
  bool whole_after = false;

  // Of a request that waits.
  std::string channel;
  bool wants_to_wait = false;
  bool runs_again = false;
  uint64_t seen_wakes = 0;
  Clock::time_point began;
  Clock::time_point wait_until;
  Clock::time_point parked_at;
  Clock::duration waited{0};
  std::shared_ptr<void> kept;
  std::unique_ptr<HeldBytes> wait_place;  // among its principal's waits; taken by the first

  // Of a response that streams events.
  enum class Stream { kNone, kBegins, kGoesOn };
  Stream stream = Stream::kNone;
  std::string piece;         // what the handler that was called last has to send
  uint64_t held_unsent = 0;  // of its pieces, counted in `held`

  int status = 0;  // of the answer that was made last

  explicit Connection(int socket) : fd(socket) {}
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool HasWholeHead() const { return ahead.find("\r\n\r\n") != std::string::npos; }
  uint64_t RequestBytes() const { return head.size_bytes + head.content_length; }
  bool HasWholeRequest() const { return ahead.size() >= RequestBytes(); }

  // kNoTls: plain HTTP has come where TLS was wanted.
  enum class ReadResult { kMore, kWouldBlock, kClosed, kNoTls };
  // Takes what the socket has, without waiting.
  ReadResult ReadAvailable();
  // Drops what the socket has.
  ReadResult Discard();
  // Whether all of it could be sent without waiting.
  bool SendNow(std::string_view text);
  // As send(2) that does not wait: what was taken over, or -1 with errno.
  ssize_t Send(std::string_view text);
  // The bytes of what was taken over, encrypted, that are not sent yet.
  size_t EncryptedUnsent() const { return tls == nullptr ? 0 : tls->unsent(); }
  // Tells the other side that nothing more will come.
  void EndSending();
  enum class SendResult { kAll, kWouldBlock, kClosed };
  // Sends what it can of `unsent`, and of what was encrypted before.
  SendResult SendRest();
};

// What cpp-httplib reads a request from and writes a response to: the bytes read ahead first, then
// the socket in large pieces, under the limits' deadlines. It ends where the request ends. What the
// other side does not take at once is kept in the connection, but for transfers, which wait.
// Nothing is written for a request that is to wait.
class ConnectionStream : public httplib::Stream {
 public:
  ConnectionStream(Connection& connection, const ServerLimits& limits);

  bool is_readable() const override;
  bool is_writable() const override;
  ssize_t read(char* data, size_t size) override;
  ssize_t write(const char* data, size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return connection_.fd; }

  bool failed() const { return failed_; }
  uint64_t received_bytes() const { return bytes_read_; }
  // With what is kept to be sent.
  uint64_t sent_bytes() const { return bytes_written_ + connection_.unsent.size(); }
  // Whether all of the request has come. Of a body that is streamed a handler may leave a rest on
  // its way; any other is in memory before it gets a thread.
  bool whole() const { return Left() == 0 || (!streams() && connection_.HasWholeRequest()); }
  // Sends what was gathered and drops what is in memory of the request; call when it is over.
  void Finish();

 private:
  bool Fill();
  // Reads plain bytes from the socket directly into the caller's buffer, which saves a copy.
  ssize_t Receive(char* data, size_t size);
  bool KeepsRate(uint64_t bytes) const;
  bool Keep(std::string_view rest);
  bool SendGathered();
  ssize_t Send(const char* data, size_t size);
  uint64_t Left() const { return connection_.RequestBytes() - bytes_read_; }
  bool streams() const { return connection_.admission.lane == Lane::kTransfers; }

  Connection& connection_;
  const ServerLimits& limits_;
  Clock::time_point start_ = Clock::now();
  uint64_t bytes_read_ = 0;
  uint64_t bytes_written_ = 0;
  size_t consumed_ = 0;   // of connection_.ahead
  std::string gathered_;  // the beginning of a response, sent with what follows it
  bool failed_ = false;
};

}  // namespace csl::http

#endif  // BASE_HTTP_CONNECTION_H_
