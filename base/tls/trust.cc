// SPDX-License-Identifier: Apache-2.0
#include "base/tls/trust.h"

#include <mutex>
#include <utility>

#include "base/tls/certificate.h"
#include "base/tls/openssl.h"

namespace csl::tls {
namespace {

// Certificates that somebody else owns.
using StackPtr = Owned<STACK_OF(X509), [](STACK_OF(X509) * stack) { sk_X509_free(stack); }>;

std::string Listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "nobody" : text;
}

}  // namespace

struct Trust::Impl {
  TrustOptions options;
  std::vector<X509Ptr> authorities;
  mutable std::mutex mutex;
  std::string problem;

  bool Check(X509_STORE_CTX* context);
  // The certificates to start from; null: the context's own.
  StackPtr Anchors(const STACK_OF(X509) * shown) const;
  std::string Explain(X509_STORE_CTX* context, const STACK_OF(X509) * shown) const;
  static std::string PinShown(const STACK_OF(X509) * shown);
};

StackPtr Trust::Impl::Anchors(const STACK_OF(X509) * shown) const {
  if (options.pin.empty() && authorities.empty()) return nullptr;
  StackPtr anchors(sk_X509_new_null());
  const auto add = [&](X509* one) {
    if (options.pin.empty() || PinOfCertificate(one) == options.pin) {
      sk_X509_push(anchors.get(), one);
    }
  };
  for (const X509Ptr& one : authorities) add(one.get());
  for (int i = 0; !options.pin.empty() && i < sk_X509_num(shown); ++i) add(sk_X509_value(shown, i));
  return anchors;
}

std::string Trust::Impl::PinShown(const STACK_OF(X509) * shown) {
  const int count = sk_X509_num(shown);
  return count <= 0 ? "none" : PinOfCertificate(sk_X509_value(shown, count - 1));
}

std::string Trust::Impl::Explain(X509_STORE_CTX* context, const STACK_OF(X509) * shown) const {
  const int error = X509_STORE_CTX_get_error(context);
  const std::string of = "the certificate of " + options.url;
  if (error == X509_V_ERR_HOSTNAME_MISMATCH || error == X509_V_ERR_IP_ADDRESS_MISMATCH) {
    return of + " is not for '" + options.host + "', it is for " +
           Listed(NamesIn(X509_STORE_CTX_get0_cert(context)));
  }
  const std::string why = X509_verify_cert_error_string(error);
  const bool is_time =
      error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID;
  if (is_time) return of + " is not trusted: " + why;
  const std::string by =
      options.pin.empty()
          ? options.authorities_from.empty() ? "" : " by '" + options.authorities_from + "'"
          : " by the pin " + options.pin;
  return of + " is not trusted" + by + ": " + why + "; the pin of what it shows is " +
         PinShown(shown);
}

bool Trust::Impl::Check(X509_STORE_CTX* context) {
  const STACK_OF(X509)* shown = X509_STORE_CTX_get0_untrusted(context);
  X509_VERIFY_PARAM* wanted = X509_STORE_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_hostflags(
      wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  if (X509_VERIFY_PARAM_set1_ip_asc(wanted, options.host.c_str()) != 1) {
    ERR_clear_error();
    X509_VERIFY_PARAM_set1_host(wanted, options.host.c_str(), options.host.size());
  }
  const StackPtr anchors = Anchors(shown);
  std::string found;
  if (anchors != nullptr && sk_X509_num(anchors.get()) == 0) {
    X509_STORE_CTX_set_error(context, X509_V_ERR_CERT_UNTRUSTED);
    found = options.url + " has not the pin that is expected, " + options.pin + "; it has " +
            PinShown(shown);
  } else {
    if (anchors != nullptr) X509_STORE_CTX_set0_trusted_stack(context, anchors.get());
    // What is pinned need not have signed itself.
    if (!options.pin.empty()) X509_VERIFY_PARAM_set_flags(wanted, X509_V_FLAG_PARTIAL_CHAIN);
    if (X509_verify_cert(context) != 1) found = Explain(context, shown);
  }
  const bool ok = found.empty();
  std::lock_guard lock(mutex);
  problem = std::move(found);
  return ok;
}

Trust::Trust() : impl_(std::make_unique<Impl>()) {}
Trust::~Trust() = default;

StatusOr<std::shared_ptr<Trust>> Trust::Make(TrustOptions options) {
  if (!options.pin.empty()) RETURN_IF_ERROR(CheckPin(options.pin));
  std::shared_ptr<Trust> trust(new Trust());
  if (!options.authorities.empty()) {
    trust->impl_->authorities = CertificatesIn(options.authorities);
    if (trust->impl_->authorities.empty()) {
      return InvalidArgument("'" + options.authorities_from +
                             "' holds no certificates in PEM form");
    }
  }
  trust->impl_->options = std::move(options);
  return trust;
}

void Trust::Guard(ssl_ctx_st* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  if (impl_->options.pin.empty() && impl_->authorities.empty()) {
    (void)SSL_CTX_set_default_verify_paths(context);
  }
  const auto check = [](X509_STORE_CTX* store, void* impl) {
    return static_cast<Impl*>(impl)->Check(store) ? 1 : 0;
  };
  SSL_CTX_set_cert_verify_callback(context, check, impl_.get());
}

void Trust::Forget() {
  std::lock_guard lock(impl_->mutex);
  impl_->problem.clear();
}

std::string Trust::problem() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->problem;
}

}  // namespace csl::tls
