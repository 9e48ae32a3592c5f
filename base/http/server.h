// SPDX-License-Identifier: Apache-2.0
// An HTTP/1.1 server: cpp-httplib parses, routes and streams; the connections are ours.
//
// All sockets wait in one epoll set, until the whole header of a request has come and again between
// requests, so that an idle or slow client costs a descriptor and no thread. A thread is spent on a
// request, never on a connection. Threads come as needed, up to max_threads, and go when idle;
// requests past that wait in line.
//
// Deadlines are total: a header must be complete header_timeout after its first byte, a body must
// keep min_body_rate on average once body_grace is over, and a client that does not take its
// response for write_timeout is dropped.
#ifndef BASE_HTTP_SERVER_H_
#define BASE_HTTP_SERVER_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/status.h"

namespace httplib {
class Server;
}  // namespace httplib

namespace csl::http {

struct ServerLimits {
  int max_connections = 4096;  // below the usual limit of descriptors
  int max_threads = 256;       // long polls and streams hold one each
  size_t max_header_bytes = 32 * 1024;
  std::chrono::milliseconds header_timeout{10'000};
  std::chrono::milliseconds idle_timeout{60'000};
  std::chrono::milliseconds body_grace{30'000};
  std::chrono::milliseconds read_timeout{30'000};   // between two pieces of a body
  std::chrono::milliseconds write_timeout{30'000};  // until a piece of a response is taken
  uint64_t min_body_rate = 1024;                    // bytes a second
};

// The user id at the other end of a Unix socket, as a header that only the server can set; absent
// over TCP.
inline constexpr char kPeerUidHeader[] = "X-Peer-Uid";

class Server {
 public:
  explicit Server(ServerLimits limits = {});
  ~Server();  // stops
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Where to put handlers (Get, Post, Put with content receivers ...), before Start.
  httplib::Server& routes();

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

  // When no request has been running for as long as the clock says; for an embedded server that
  // ends when idle.
  std::chrono::steady_clock::duration IdleFor() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace csl::http

#endif  // BASE_HTTP_SERVER_H_
