// SPDX-License-Identifier: Apache-2.0
#include "base/tls/session.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/tls/openssl.h"

namespace csl::tls {
namespace {

constexpr size_t kReadBytes = 64 * 1024;
constexpr size_t kRecordBytes = 16 * 1024;
constexpr size_t kWriteBytes = 64 * 1024;  // encrypted at once
// Of answers that the other side provokes and does not take: handshakes are smaller.
constexpr size_t kMaxUnread = 64 * 1024;

using ContextPtr = Owned<SSL_CTX, SSL_CTX_free>;

// What lies between OpenSSL and the socket.
struct Wire {
  std::string_view in;
  std::string out;
  size_t sent = 0;  // of out
};

int ReadWire(BIO* bio, char* data, int size) {
  auto* wire = static_cast<Wire*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (wire->in.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const size_t count = std::min(wire->in.size(), static_cast<size_t>(size));
  std::memcpy(data, wire->in.data(), count);
  wire->in.remove_prefix(count);
  return static_cast<int>(count);
}

int WriteWire(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  static_cast<Wire*>(BIO_get_data(bio))->out.append(data, static_cast<size_t>(size));
  return size;
}

long ControlWire(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO* NewWire(Wire* wire) {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wire");
    BIO_meth_set_read(made, ReadWire);
    BIO_meth_set_write(made, WriteWire);
    BIO_meth_set_ctrl(made, ControlWire);
    return made;
  }();
  BIO* bio = BIO_new(method);
  BIO_set_data(bio, wire);
  BIO_set_init(bio, 1);
  return bio;
}

// What both ends agree on.
bool Configure(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_num_tickets(context, 0) == 1 &&
         SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1;
}

}  // namespace

struct Context::Impl {
  ContextPtr context;
  bool is_server = false;
  std::shared_ptr<Trust> trust;
  std::string host;
};

Context::Context() : impl_(std::make_unique<Impl>()) {}
Context::~Context() = default;

StatusOr<std::shared_ptr<Context>> Context::OfServer(const Identity& identity) {
  RETURN_IF_ERROR(CheckIdentity(identity));
  std::shared_ptr<Context> made(new Context());
  made->impl_->is_server = true;
  made->impl_->context.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* raw = made->impl_->context.get();
  const auto certificates = CertificatesIn(identity.chain);
  bool ok = raw != nullptr && Configure(raw) &&
            SSL_CTX_use_certificate(raw, certificates.front().get()) == 1 &&
            SSL_CTX_use_PrivateKey(raw, KeyIn(identity.key).get()) == 1;
  for (size_t i = 1; ok && i < certificates.size(); ++i) {
    ok = SSL_CTX_add1_chain_cert(raw, certificates[i].get()) == 1;
  }
  if (!ok) return InvalidArgument("the certificate cannot be used: " + TakeError());
  return made;
}

StatusOr<std::shared_ptr<Context>> Context::OfClient(std::shared_ptr<Trust> trust,
                                                     const std::string& host) {
  std::shared_ptr<Context> made(new Context());
  made->impl_->context.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* raw = made->impl_->context.get();
  if (raw == nullptr || !Configure(raw)) return Internal("cannot set up TLS: " + TakeError());
  trust->Guard(raw);
  made->impl_->trust = std::move(trust);
  made->impl_->host = host;
  return made;
}

struct Session::Impl {
  std::shared_ptr<Context> context;
  Wire wire;
  Owned<SSL, SSL_free> ssl;  // after the wire that it uses
  std::string problem;
  bool is_server = false;
  bool has_begun = false;  // something has come
  bool has_ended = false;
  bool is_broken = false;

  void Decrypt(std::string& out);
  void Break(std::string why) {
    has_ended = true;
    is_broken = true;
    if (problem.empty()) problem = std::move(why);
  }
};

Session::Session(std::shared_ptr<Context> context) : impl_(std::make_unique<Impl>()) {
  Impl& self = *impl_;
  self.context = std::move(context);
  const Context::Impl& shared = *self.context->impl_;
  self.is_server = shared.is_server;
  self.ssl.reset(SSL_new(shared.context.get()));
  if (self.ssl == nullptr) {
    self.Break(TakeError());
    return;
  }
  BIO* bio = NewWire(&self.wire);
  SSL_set_bio(self.ssl.get(), bio, bio);
  if (self.is_server) {
    SSL_set_accept_state(self.ssl.get());
    return;
  }
  SSL_set_connect_state(self.ssl.get());
  // Addresses are not names for it; a server then has one certificate anyway.
  (void)SSL_set_tlsext_host_name(self.ssl.get(), shared.host.c_str());
  ERR_clear_error();
  (void)SSL_do_handshake(self.ssl.get());  // its first words, for Flush
}

Session::~Session() = default;

size_t Session::unsent() const { return impl_->wire.out.size() - impl_->wire.sent; }
bool Session::is_open() const {
  return !impl_->is_broken && SSL_is_init_finished(impl_->ssl.get()) == 1;
}
const std::string& Session::problem() const { return impl_->problem; }

void Session::Impl::Decrypt(std::string& out) {
  while (!has_ended) {
    const size_t before = out.size();
    out.resize(before + kRecordBytes);
    size_t got = 0;
    ERR_clear_error();
    const int done = SSL_read_ex(ssl.get(), out.data() + before, kRecordBytes, &got);
    out.resize(before + (done == 1 ? got : 0));
    if (done == 1) continue;
    switch (SSL_get_error(ssl.get(), done)) {
      case SSL_ERROR_WANT_READ:
        return;
      case SSL_ERROR_ZERO_RETURN:
        has_ended = true;
        return;
      default: {
        std::string why = context->impl_->trust == nullptr ? "" : context->impl_->trust->problem();
        Break(why.empty() ? TakeError() : std::move(why));
      }
    }
  }
}

Session::Result Session::Read(int fd, std::string& out) {
  Impl& self = *impl_;
  if (self.has_ended) return Result::kClosed;
  char buffer[kReadBytes];
  ssize_t got;
  do {
    got = ::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    return Flush(fd) == Result::kClosed ? Result::kClosed : Result::kWouldBlock;
  }
  if (got <= 0) {
    if (!is_open()) self.Break("the connection ended within the handshake");
    self.has_ended = true;
    return Result::kClosed;
  }
  // A handshake begins with 22, a request with the name of its method.
  const bool is_first = !std::exchange(self.has_begun, true);
  if (self.is_server && is_first && buffer[0] >= 'A' && buffer[0] <= 'Z') {
    self.Break("no TLS");
    return Result::kNoTls;
  }
  const size_t before = out.size();
  self.wire.in = {buffer, static_cast<size_t>(got)};
  self.Decrypt(out);
  self.wire.in = {};
  // A handshake's answer, or the alert that says what was wrong.
  if (Flush(fd) == Result::kClosed || unsent() > kMaxUnread) {
    self.Break("the other side takes nothing");
  }
  if (out.size() > before) return Result::kMore;
  return self.has_ended ? Result::kClosed : Result::kWouldBlock;
}

Session::Result Session::Flush(int fd) {
  Wire& wire = impl_->wire;
  while (wire.sent < wire.out.size()) {
    const ssize_t put = ::send(fd, wire.out.data() + wire.sent, wire.out.size() - wire.sent,
                               MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put > 0) {
      wire.sent += static_cast<size_t>(put);
    } else if (put < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      return Result::kWouldBlock;
    } else if (put == 0 || errno != EINTR) {
      impl_->Break(std::strerror(errno));
      return Result::kClosed;
    }
  }
  wire.sent = 0;
  // Connections that wait by the thousand keep no buffers.
  wire.out = std::string();
  return Result::kMore;
}

ssize_t Session::Write(int fd, std::string_view text) {
  Impl& self = *impl_;
  if (self.is_broken) return -1;
  if (text.empty() || !is_open()) return 0;
  switch (Flush(fd)) {
    case Result::kWouldBlock:
      return 0;
    case Result::kMore:
      break;
    default:
      return -1;
  }
  size_t put = 0;
  ERR_clear_error();
  const size_t size = std::min(text.size(), kWriteBytes);
  self.wire.out.reserve(size + size / 64 + 256);
  if (SSL_write_ex(self.ssl.get(), text.data(), size, &put) != 1) {
    self.Break(TakeError());
    return -1;
  }
  return Flush(fd) == Result::kClosed ? -1 : static_cast<ssize_t>(put);
}

void Session::End(int fd) {
  if (!is_open() || unsent() > 0) return;
  ERR_clear_error();
  (void)SSL_shutdown(impl_->ssl.get());
  ERR_clear_error();
  (void)Flush(fd);
}

}  // namespace csl::tls
