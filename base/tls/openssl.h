// SPDX-License-Identifier: Apache-2.0
// OpenSSL's objects with owners, for the sources of this folder alone.
#ifndef BASE_TLS_OPENSSL_H_
#define BASE_TLS_OPENSSL_H_

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <vector>

namespace csl::tls {

template <auto kFree>
struct Freeing {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
template <typename T, auto kFree>
using Owned = std::unique_ptr<T, Freeing<kFree>>;

using X509Ptr = Owned<X509, X509_free>;
using KeyPtr = Owned<EVP_PKEY, EVP_PKEY_free>;
using RequestPtr = Owned<X509_REQ, X509_REQ_free>;
using BioPtr = Owned<BIO, BIO_free_all>;

// The reason of the oldest failure of this thread, which is then forgotten with all others.
std::string TakeError();

BioPtr Reader(const std::string& text);
// The certificates of a PEM text; empty if it has none, or anything in it is broken.
std::vector<X509Ptr> CertificatesIn(const std::string& pem);
KeyPtr KeyIn(const std::string& pem);
std::string PinOfCertificate(const X509* certificate);
// The names and addresses that a certificate is for.
std::vector<std::string> NamesIn(const X509* certificate);

}  // namespace csl::tls

#endif  // BASE_TLS_OPENSSL_H_
