// SPDX-License-Identifier: Apache-2.0
// Whom a client of TLS trusts, and why it does not trust somebody, in words.
#ifndef BASE_TLS_TRUST_H_
#define BASE_TLS_TRUST_H_

#include <memory>
#include <string>

#include "base/status.h"

// OpenSSL's, whose headers are not for everybody.
struct ssl_ctx_st;

namespace csl::tls {

struct TrustOptions {
  std::string url;   // for messages
  std::string host;  // the name or address that the certificate must be for
  // PEM texts of the authorities to trust; empty, and no pin: those of the system.
  std::string authorities;
  std::string authorities_from;  // for messages: the file they came from
  // Of a certificate in the chain that the server shows, or among the authorities: that one is
  // trusted, and no other.
  std::string pin;
};

class Trust {
 public:
  // kInvalidArgument for a pin or authorities that are none.
  static StatusOr<std::shared_ptr<Trust>> Make(TrustOptions options);
  ~Trust();

  // Makes a context judge by this, which must outlive it, and give up connections to others.
  void Guard(ssl_ctx_st* context);
  // Why the server was not trusted the last time; empty: it was, or was not asked.
  std::string problem() const;
  void Forget();

 private:
  Trust();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace csl::tls

#endif  // BASE_TLS_TRUST_H_
