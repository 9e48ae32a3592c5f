// SPDX-License-Identifier: Apache-2.0
// One accepted connection: its socket, what has been read ahead of a request, and the deadline it
// waits under.
#ifndef BASE_HTTP_CONNECTION_H_
#define BASE_HTTP_CONNECTION_H_

#include <httplib.h>

#include <chrono>
#include <string>

#include "base/http/server.h"

namespace csl::http {

using Clock = std::chrono::steady_clock;

struct Connection {
  int fd = -1;
  int64_t peer_uid = -1;  // of a Unix socket's other end
  std::string ahead;      // bytes read and not yet consumed
  Clock::time_point deadline;

  explicit Connection(int socket) : fd(socket) {}
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool HasWholeHeader() const { return ahead.find("\r\n\r\n") != std::string::npos; }

  enum class ReadResult { kMore, kWouldBlock, kClosed };
  // Takes what the socket has, without waiting.
  ReadResult ReadAvailable();
};

// What cpp-httplib reads a request from and writes a response to: the bytes read ahead first, then
// the socket in large pieces, under the limits' deadlines.
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

 private:
  bool Fill();

  Connection& connection_;
  const ServerLimits& limits_;
  Clock::time_point start_ = Clock::now();
  uint64_t bytes_read_ = 0;
  size_t consumed_ = 0;  // of connection_.ahead
  bool failed_ = false;

 public:
  // Drops what has been consumed; call when the request is over.
  void Finish();
};

}  // namespace csl::http

#endif  // BASE_HTTP_CONNECTION_H_
