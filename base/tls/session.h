// SPDX-License-Identifier: Apache-2.0
// One end of a TLS connection over a socket that does not block. No call waits; the handshake goes
// on in whatever is called. Not thread safe.
//
// TLS 1.2 and 1.3, no renegotiation, no compression, no tickets.
#ifndef BASE_TLS_SESSION_H_
#define BASE_TLS_SESSION_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/tls/certificate.h"
#include "base/tls/trust.h"

namespace csl::tls {

// What the sessions of one server, or to one server, share. Thread safe.
class Context {
 public:
  static StatusOr<std::shared_ptr<Context>> OfServer(const Identity& identity);
  static StatusOr<std::shared_ptr<Context>> OfClient(std::shared_ptr<Trust> trust,
                                                     const std::string& host);
  ~Context();

 private:
  friend class Session;
  Context();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class Session {
 public:
  explicit Session(std::shared_ptr<Context> context);
  ~Session();

  enum class Result {
    kMore,        // there was something
    kWouldBlock,  // not now
    kClosed,      // ended, by the other side or by a fault
    kNoTls,       // of a server's first read: the other side speaks plain HTTP
  };
  // Appends what has come to `out`; at most one read of the socket, all of which is decrypted.
  Result Read(int fd, std::string& out);
  // Sends of the text what the socket takes. The bytes that were taken over, of which some may be
  // unsent() still; 0: not now; -1: it is broken.
  ssize_t Write(int fd, std::string_view text);
  // The bytes that are encrypted and on no way yet.
  size_t unsent() const;
  // Sends that. kMore: all of it.
  Result Flush(int fd);
  // Whether bytes may be sent: the handshake is over.
  bool is_open() const;
  // Tells the other side, as far as that does not wait, that nothing more will come.
  void End(int fd);
  // Why it is closed; empty: the other side ended it.
  const std::string& problem() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace csl::tls

#endif  // BASE_TLS_SESSION_H_
