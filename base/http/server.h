// SPDX-License-Identifier: Apache-2.0
// An HTTP/1.1 server: cpp-httplib routes and streams; heads and connections are ours.
//
// All sockets wait in one epoll set, until the head and a small body of a request have come and
// again between requests, so that an idle or slow client costs a descriptor and no thread. Heads
// are read strictly (request_head.h) and shown to a gate before anything of a body is read. A
// thread is spent on a request, never on a connection, and not on a request that waits
// (waiting.h). A connection whose request was answered before it was read whole is closed.
//
// Requests run in one of three lanes, each with threads of its own. A request of the shared or the
// reserved lane gets a thread once its body is in memory, and gives it back when its response is:
// however slowly a client reads or writes, it holds no thread there. What is in memory so is
// counted, and bounded for each principal. Bodies and responses of any size are streamed in the
// lane of transfers, where a slow client holds a thread that only other transfers miss. Each
// principal, and each address, has no more than its share of a lane.
//
// Deadlines are total: a head must be complete header_timeout after its first byte; a streamed body
// or response must keep min_transfer_rate on average once body_grace is over, and what is kept in
// memory min_small_rate; a client that takes nothing of its response for write_timeout is dropped.
//
// Over TLS, if that is required of TCP, nothing else changes: a handshake has the deadline of the
// head behind it, and holds no thread either.
#ifndef BASE_HTTP_SERVER_H_
#define BASE_HTTP_SERVER_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/http/request_head.h"
#include "base/status.h"

namespace httplib {
class Server;
}  // namespace httplib

namespace csl::tls {
struct Identity;
}  // namespace csl::tls

namespace csl::http {

struct ServerLimits {
  // Below the usual limit of descriptors; beyond it the oldest idle connection is closed, of the
  // address that has the most.
  int max_connections = 4096;
  int max_threads = 48;
  int max_threads_each = 16;  // of one principal
  int reserved_threads = 24;  // for requests that were admitted to the reserved lane
  int transfer_threads = 40;
  int max_transfers_each = 8;            // of one principal; one address has three quarters of all
  uint64_t max_held_each = 32ull << 20;  // bytes of bodies and responses, of one principal
  int max_waits_each = 1024;             // requests of one principal that wait, or stream events
  size_t max_header_bytes = 32 * 1024;
  size_t max_body_ahead =
      64 * 1024;  // a transfer's body up to this is read before it gets a thread
  std::chrono::milliseconds header_timeout{10'000};
  std::chrono::milliseconds idle_timeout{60'000};
  std::chrono::milliseconds body_grace{30'000};
  std::chrono::milliseconds read_timeout{30'000};   // between two pieces of a body
  std::chrono::milliseconds write_timeout{30'000};  // until a piece of a response is taken
  std::chrono::milliseconds linger_timeout{2'000};  // for the other side to take a last answer
  uint64_t min_transfer_rate = 1024;                // bytes a second
  uint64_t min_small_rate = 32 * 1024;
};

// Threads that requests run on. The reserved ones are for the few that must never wait behind all
// others.
enum class Lane { kShared, kReserved, kTransfers };

// What a gate says of a request by its head.
struct Admission {
  int refused = 0;  // the status of the answer; 0: admitted
  std::string problem;
  std::string fields;     // of the refusal's head: whole lines, each with its end
  std::string principal;  // in whose name it counts
  Lane lane = Lane::kShared;
  uint64_t max_body = 4 << 20;  // a larger one is refused; not of transfers
};
struct Arrival {
  const RequestHead& head;
  bool is_local;  // over a Unix socket
};
using Gate = std::function<Admission(const Arrival&)>;

// What became of a request.
struct Answered {
  const RequestHead& head;
  int status = 0;
  std::chrono::steady_clock::duration took;  // since its head had come, without waiting.h's waits
  uint64_t received_bytes = 0;
  uint64_t sent_bytes = 0;  // what is still to be sent included
};
using Observer = std::function<void(const Answered&)>;

// The user id at the other end of a Unix socket, as a header that only the server can set; absent
// over TCP.
inline constexpr char kPeerUidHeader[] = "X-Peer-Uid";
// Where handlers find a request's Range: the library must not answer it in its own way.
inline constexpr char kRangeHeader[] = "_ange";

class Server {
 public:
  explicit Server(ServerLimits limits = {});
  ~Server();  // stops
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Where to put handlers (Get, Post, Put with content receivers ...), before Start.
  httplib::Server& routes();
  // Asked about each request, on any thread; it must not wait. Before Start.
  void SetGate(Gate gate);
  // Told of each answer once it is made, on any thread; it must not wait. Before Start.
  void SetObserver(Observer observer);

  // From here on TCP speaks TLS, and no plain HTTP: Listen returns urls with https. Before it; a
  // connection that comes before SetIdentity is closed.
  void RequireTls();
  // With which certificate and key; for the connections that come from now on. Any thread.
  Status SetIdentity(const tls::Identity& identity);

  // A Unix socket with mode 0600; a file that a dead server left there is replaced, a live server's
  // is kAlreadyExists.
  Status ListenUnix(const std::string& path);
  // host is an address; port 0 picks a free one. Returns the port.
  StatusOr<int> ListenTcp(const std::string& host, int port);

  // Either of the two, as `--listen` gives it: "unix:PATH" or "HOST:PORT". Returns the url that a
  // Client takes, with the port that was picked.
  StatusOr<std::string> Listen(const std::string& where);

  // Serves until Stop; returns at once.
  Status Start();
  // Closes the listeners, lets running requests end (grace at most, then their connections are
  // cut), joins all threads.
  void Stop(std::chrono::milliseconds grace = std::chrono::milliseconds(1000));

  // Calls the handlers of all requests that wait for this channel again. Any thread; cheap if there
  // are none.
  void Wake(const std::string& channel);
  // Those of all channels: what is known of their callers has changed.
  void WakeAll();

  // When no request has been running for as long as the clock says; for an embedded server that
  // ends when idle.
  std::chrono::steady_clock::duration IdleFor() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace csl::http

#endif  // BASE_HTTP_SERVER_H_
