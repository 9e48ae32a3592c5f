// SPDX-License-Identifier: Apache-2.0
#include "base/http/connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace csl::http {
namespace {

constexpr size_t kReadBytes = 64 * 1024;  // the library's own 4 KiB cost a third of the throughput
constexpr size_t kGatheredBytes = 16 * 1024;

bool WaitFor(int fd, short events, std::chrono::milliseconds timeout) {
  pollfd wait{fd, events, 0};
  for (;;) {
    const int ready = ::poll(&wait, 1, static_cast<int>(timeout.count()));
    if (ready < 0 && errno == EINTR) continue;
    return ready > 0 && (wait.revents & (events | POLLHUP)) != 0;
  }
}

// Address and port of a TCP socket; left alone for any other.
void Describe(const sockaddr_in& address, std::string& ip, int& port) {
  if (address.sin_family != AF_INET) return;
  char text[INET_ADDRSTRLEN] = "";
  ::inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
  ip = text;
  port = ntohs(address.sin_port);
}

}  // namespace

Connection::~Connection() {
  if (tls != nullptr) tls->End(fd);
  if (fd >= 0) ::close(fd);
}

Connection::ReadResult Connection::ReadAvailable() {
  if (tls != nullptr) {
    switch (tls->Read(fd, ahead)) {
      case tls::Session::Result::kMore:
        return ReadResult::kMore;
      case tls::Session::Result::kWouldBlock:
        return ReadResult::kWouldBlock;
      case tls::Session::Result::kNoTls:
        return ReadResult::kNoTls;
      case tls::Session::Result::kClosed:
        break;
    }
    return ReadResult::kClosed;
  }
  char buffer[kReadBytes];
  ssize_t got;
  do {
    got = ::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return ReadResult::kWouldBlock;
  if (got <= 0) return ReadResult::kClosed;
  ahead.append(buffer, static_cast<size_t>(got));
  return ReadResult::kMore;
}

Connection::ReadResult Connection::Discard() {
  char buffer[kReadBytes];
  const ssize_t got = ::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
  if (got > 0) return ReadResult::kMore;
  const bool again = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  return again ? ReadResult::kWouldBlock : ReadResult::kClosed;
}

ssize_t Connection::Send(std::string_view text) {
  if (tls == nullptr) return ::send(fd, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  const ssize_t put = tls->Write(fd, text);
  if (put > 0) return put;
  errno = put == 0 ? EAGAIN : EPIPE;
  return -1;
}

bool Connection::SendNow(std::string_view text) {
  return Send(text) == static_cast<ssize_t>(text.size());
}

void Connection::EndSending() {
  if (tls != nullptr) tls->End(fd);
  (void)::shutdown(fd, SHUT_WR);
}

Connection::SendResult Connection::SendRest() {
  while (sent < unsent.size()) {
    const ssize_t put = Send(std::string_view(unsent).substr(sent));
    if (put > 0) {
      sent += static_cast<size_t>(put);
    } else if (put < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      return SendResult::kWouldBlock;
    } else if (put == 0 || errno != EINTR) {
      return SendResult::kClosed;
    }
  }
  unsent = std::string();
  sent = 0;
  if (tls == nullptr) return SendResult::kAll;
  switch (tls->Flush(fd)) {
    case tls::Session::Result::kMore:
      return SendResult::kAll;
    case tls::Session::Result::kWouldBlock:
      return SendResult::kWouldBlock;
    default:
      return SendResult::kClosed;
  }
}

ConnectionStream::ConnectionStream(Connection& connection, const ServerLimits& limits)
    : connection_(connection), limits_(limits) {}

bool ConnectionStream::is_readable() const {
  return consumed_ < connection_.ahead.size() ||
         WaitFor(connection_.fd, POLLIN, limits_.read_timeout);
}

bool ConnectionStream::is_writable() const {
  return !streams() || WaitFor(connection_.fd, POLLOUT, limits_.write_timeout);
}

bool ConnectionStream::Fill() {
  connection_.ahead.clear();
  consumed_ = 0;
  while (KeepsRate(bytes_read_) && WaitFor(connection_.fd, POLLIN, limits_.read_timeout)) {
    const auto got = connection_.ReadAvailable();
    // What has come may be the beginning of something encrypted.
    if (got != Connection::ReadResult::kWouldBlock) return got == Connection::ReadResult::kMore;
  }
  return false;
}

ssize_t ConnectionStream::Receive(char* data, size_t size) {
  connection_.ahead.clear();
  consumed_ = 0;
  while (KeepsRate(bytes_read_)) {
    const ssize_t got = ::recv(connection_.fd, data, size, MSG_DONTWAIT);
    if (got > 0) return got;
    if (got < 0 && errno == EINTR) continue;
    if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) return -1;
    if (!WaitFor(connection_.fd, POLLIN, limits_.read_timeout)) return -1;
  }
  return -1;
}

bool ConnectionStream::KeepsRate(uint64_t bytes) const {
  const auto elapsed = Clock::now() - start_;
  if (elapsed <= limits_.body_grace) return true;
  const auto seconds = std::chrono::duration<double>(elapsed).count();
  return static_cast<double>(bytes) >= seconds * static_cast<double>(limits_.min_transfer_rate);
}

bool ConnectionStream::Keep(std::string_view rest) {
  failed_ = !connection_.held->Take(rest.size());
  if (!failed_) connection_.unsent.append(rest);
  return !failed_;
}

ssize_t ConnectionStream::read(char* data, size_t size) {
  size = std::min<uint64_t>(size, Left());
  if (size == 0) return 0;  // whatever follows belongs to the next request
  if (consumed_ == connection_.ahead.size() && connection_.tls == nullptr && size >= kReadBytes) {
    const ssize_t got = Receive(data, size);
    failed_ = got < 0;
    bytes_read_ += failed_ ? 0 : static_cast<uint64_t>(got);
    return got;
  }
  if (consumed_ == connection_.ahead.size() && !Fill()) {
    failed_ = true;
    return -1;
  }
  const size_t count = std::min(size, connection_.ahead.size() - consumed_);
  std::copy_n(connection_.ahead.data() + consumed_, count, data);
  consumed_ += count;
  bytes_read_ += count;
  return static_cast<ssize_t>(count);
}

ssize_t ConnectionStream::write(const char* data, size_t size) {
  // Neither is answered by what the library writes.
  if (connection_.wants_to_wait || connection_.stream != Connection::Stream::kNone) {
    return static_cast<ssize_t>(size);
  }
  // The head of a small response goes with its body, so that the other side is woken once.
  if (!streams() && bytes_written_ == 0 && connection_.unsent.empty() &&
      gathered_.size() + size <= kGatheredBytes) {
    gathered_.append(data, size);
    return static_cast<ssize_t>(size);
  }
  return SendGathered() ? Send(data, size) : -1;
}

bool ConnectionStream::SendGathered() {
  if (gathered_.empty()) return true;
  const std::string gathered = std::exchange(gathered_, {});
  return Send(gathered.data(), gathered.size()) >= 0;
}

ssize_t ConnectionStream::Send(const char* data, size_t size) {
  size_t done = 0;
  while (done < size && !failed_) {
    if (!connection_.unsent.empty()) {
      if (!Keep({data + done, size - done})) return -1;
      break;
    }
    const ssize_t put = connection_.Send({data + done, size - done});
    if (put >= 0) {
      done += static_cast<size_t>(put);
      bytes_written_ += static_cast<uint64_t>(put);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!streams()) {
        if (!Keep({data + done, size - done})) return -1;
        break;
      }
      // What was sent only in order to be read slowly ends as a body does that comes slowly.
      if (!is_writable() || !KeepsRate(bytes_written_)) {
        failed_ = true;
        return -1;
      }
    } else if (errno != EINTR) {
      failed_ = true;
      return -1;
    }
  }
  return failed_ ? -1 : static_cast<ssize_t>(size);
}

void ConnectionStream::get_remote_ip_and_port(std::string& ip, int& port) const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (::getpeername(connection_.fd, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
    Describe(address, ip, port);
  }
}

void ConnectionStream::get_local_ip_and_port(std::string& ip, int& port) const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (::getsockname(connection_.fd, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
    Describe(address, ip, port);
  }
}

void ConnectionStream::Finish() {
  (void)SendGathered();
  if (!streams() && !connection_.held->Take(connection_.EncryptedUnsent())) failed_ = true;
  // A handler that is called again for a request that waited need not read its body again.
  const uint64_t unread = streams() ? 0 : Left();
  connection_.ahead.erase(0, consumed_ + unread);
  consumed_ = 0;
}

}  // namespace csl::http
