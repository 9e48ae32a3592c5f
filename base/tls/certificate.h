// SPDX-License-Identifier: Apache-2.0
// Keys and certificates of a self-made authority: it is made once, and signs for servers by name.
// All are PEM texts; keys are EC P-256.
//
// A pin is "sha256:" and 64 hexadecimal digits: the SHA-256 of a certificate's public key
// (SubjectPublicKeyInfo), so that it outlives the certificate. A service's pin is that of the last
// certificate of its chain, the authority's.
#ifndef BASE_TLS_CERTIFICATE_H_
#define BASE_TLS_CERTIFICATE_H_

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace csl::tls {

struct Identity {
  std::string chain;  // certificates, the owner's first
  std::string key;    // never logged
};

// From a day ago, for machines whose clocks differ, until `validity` from now.
StatusOr<Identity> MakeAuthority(const std::string& name, std::chrono::hours validity);

// A new certificate for the authority's key, valid for `validity` from now. The pin is the same.
// Certificates that the authority signed stay valid, and clients that trust its old certificate
// accept new ones until the old one expires.
StatusOr<Identity> RenewAuthority(const Identity& authority, std::chrono::hours validity);

// A new key, and a request to sign it, of which the key alone is looked at.
struct SigningRequest {
  std::string request;
  std::string key;
};
StatusOr<SigningRequest> MakeRequest();

// A chain for the key of the request: for a server that is called by these names and addresses.
// kInvalidArgument for a name that is none, a text that is not a request, a key that did not sign
// it.
StatusOr<std::string> Sign(const Identity& authority, const std::string& request,
                           const std::vector<std::string>& names, std::chrono::hours validity);
// The same with a new key.
StatusOr<Identity> Issue(const Identity& authority, const std::vector<std::string>& names,
                         std::chrono::hours validity);

// Whom a worker's certificate is for, wherever it listens: a name that no resolver knows.
std::string WorkerHost(const std::string& worker);

// What is in the first certificate of a chain.
struct CertificateFacts {
  std::vector<std::string> names;  // and addresses, as Sign was given them
  std::chrono::system_clock::time_point not_after;
};
StatusOr<CertificateFacts> LookAt(const std::string& chain);

// Whether the key is that of the chain's first certificate.
Status CheckIdentity(const Identity& identity);
// Whether the chain's first certificate was signed by the authority.
bool IsSignedBy(const std::string& chain, const Identity& authority);

StatusOr<std::string> PinOf(const std::string& chain);
// kInvalidArgument unless the text has the form of a pin.
Status CheckPin(std::string_view pin);

}  // namespace csl::tls

#endif  // BASE_TLS_CERTIFICATE_H_
