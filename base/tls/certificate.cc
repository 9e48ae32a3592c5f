// SPDX-License-Identifier: Apache-2.0
#include "base/tls/certificate.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <ctime>

#include "base/digest/sha256.h"
#include "base/tls/openssl.h"

namespace csl::tls {
namespace {

constexpr std::string_view kPinScheme = "sha256:";
constexpr long kVersion3 = 2;
constexpr int kSerialBits = 127;
constexpr long kDay = 24 * 3600;
constexpr size_t kMaxNameBytes = 253;

Status Failed(const std::string& what) { return Internal(what + ": " + TakeError()); }

bool IsAddress(const std::string& name) {
  unsigned char bytes[sizeof(in6_addr)];
  return ::inet_pton(AF_INET, name.c_str(), bytes) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), bytes) == 1;
}

// What may stand in an extension's text, where commas and colons have a meaning.
Status CheckName(const std::string& name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_';
  });
  if (IsAddress(name) || (plain && !name.empty() && name.size() <= kMaxNameBytes)) {
    return OkStatus();
  }
  return InvalidArgument("a certificate's name is '" + name +
                         "'; must be an address, or letters, digits, '.', '-' and '_'");
}

bool Extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Owned<X509_EXTENSION, X509_EXTENSION_free> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// A certificate that wants its issuer, extensions and signature.
X509Ptr Begin(EVP_PKEY* key, const std::string& name, std::chrono::hours validity) {
  X509Ptr certificate(X509_new());
  const Owned<BIGNUM, BN_free> serial(BN_new());
  X509* raw = certificate.get();
  const bool ok =
      raw != nullptr && serial != nullptr && X509_set_version(raw, kVersion3) == 1 &&
      BN_rand(serial.get(), kSerialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
      BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(raw)) != nullptr &&
      X509_gmtime_adj(X509_getm_notBefore(raw), -kDay) != nullptr &&
      X509_gmtime_adj(X509_getm_notAfter(raw), std::chrono::seconds(validity).count()) != nullptr &&
      X509_set_pubkey(raw, key) == 1 &&
      X509_NAME_add_entry_by_txt(X509_get_subject_name(raw), "CN", MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                                 0) == 1;
  return ok ? std::move(certificate) : nullptr;
}

std::string Text(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<size_t>(size)};
}

std::string PemOf(X509* certificate) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  return PEM_write_bio_X509(out.get(), certificate) == 1 ? Text(out.get()) : "";
}

std::string PemOf(EVP_PKEY* key) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  const int done =
      PEM_write_bio_PKCS8PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return done == 1 ? Text(out.get()) : "";
}

StatusOr<Identity> AuthorityOf(EVP_PKEY* key, const std::string& name,
                               std::chrono::hours validity) {
  const X509Ptr made = Begin(key, name, validity);
  X509* raw = made.get();
  const bool ok = raw != nullptr && X509_set_issuer_name(raw, X509_get_subject_name(raw)) == 1 &&
                  Extend(raw, raw, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                  Extend(raw, raw, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                  Extend(raw, raw, NID_subject_key_identifier, "hash") &&
                  X509_sign(raw, key, EVP_sha256()) != 0;
  if (!ok) return Failed("cannot make an authority's certificate");
  return Identity{PemOf(raw), PemOf(key)};
}

// PEM of an encrypted key would ask for its password on the terminal.
int NoPassword(char*, int, int, void*) { return -1; }

}  // namespace

std::string TakeError() {
  const unsigned long code = ERR_get_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "unknown reason" : reason;
}

BioPtr Reader(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::vector<X509Ptr> CertificatesIn(const std::string& pem) {
  std::vector<X509Ptr> all;
  const BioPtr in = Reader(pem);
  while (X509* one = PEM_read_bio_X509(in.get(), nullptr, NoPassword, nullptr)) {
    all.emplace_back(one);
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) all.clear();
  return all;
}

KeyPtr KeyIn(const std::string& pem) {
  KeyPtr key(PEM_read_bio_PrivateKey(Reader(pem).get(), nullptr, NoPassword, nullptr));
  ERR_clear_error();
  return key;
}

std::string PinOfCertificate(const X509* certificate) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &bytes);
  if (size <= 0) return "";
  const std::string text(reinterpret_cast<char*>(bytes), static_cast<size_t>(size));
  OPENSSL_free(bytes);
  return std::string(kPinScheme) + Sha256Hex(text);
}

std::vector<std::string> NamesIn(const X509* certificate) {
  std::vector<std::string> names;
  const Owned<GENERAL_NAMES, GENERAL_NAMES_free> all(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; all != nullptr && i < sk_GENERAL_NAME_num(all.get()); ++i) {
    int type = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(all.get(), i), &type);
    const auto* text = static_cast<const ASN1_STRING*>(value);
    const int size = type == GEN_DNS || type == GEN_IPADD ? ASN1_STRING_length(text) : 0;
    if (type == GEN_DNS) {
      names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                         static_cast<size_t>(size));
    } else if (size == sizeof(in_addr) || size == sizeof(in6_addr)) {
      char address[INET6_ADDRSTRLEN] = "";
      ::inet_ntop(size == sizeof(in_addr) ? AF_INET : AF_INET6, ASN1_STRING_get0_data(text),
                  address, sizeof address);
      names.emplace_back(address);
    }
  }
  return names;
}

StatusOr<Identity> MakeAuthority(const std::string& name, std::chrono::hours validity) {
  const KeyPtr key(EVP_EC_gen("P-256"));
  if (key == nullptr) return Failed("cannot make a key");
  return AuthorityOf(key.get(), name, validity);
}

StatusOr<Identity> RenewAuthority(const Identity& authority, std::chrono::hours validity) {
  RETURN_IF_ERROR(CheckIdentity(authority));
  const auto all = CertificatesIn(authority.chain);
  char name[kMaxNameBytes + 1] = "";
  if (X509_NAME_get_text_by_NID(X509_get_subject_name(all.front().get()), NID_commonName, name,
                                sizeof name) <= 0) {
    return InvalidArgument("the authority's certificate has no name");
  }
  return AuthorityOf(KeyIn(authority.key).get(), name, validity);
}

StatusOr<SigningRequest> MakeRequest() {
  const KeyPtr key(EVP_EC_gen("P-256"));
  const RequestPtr request(X509_REQ_new());
  const BioPtr out(BIO_new(BIO_s_mem()));
  const bool ok = key != nullptr && request != nullptr &&
                  X509_REQ_set_pubkey(request.get(), key.get()) == 1 &&
                  X509_REQ_sign(request.get(), key.get(), EVP_sha256()) != 0 &&
                  PEM_write_bio_X509_REQ(out.get(), request.get()) == 1;
  if (!ok) return Failed("cannot make a key and its request");
  return SigningRequest{Text(out.get()), PemOf(key.get())};
}

StatusOr<std::string> Sign(const Identity& authority, const std::string& request,
                           const std::vector<std::string>& names, std::chrono::hours validity) {
  const auto authorities = CertificatesIn(authority.chain);
  const KeyPtr key = KeyIn(authority.key);
  if (authorities.empty() || key == nullptr) {
    return InvalidArgument("the authority has no certificate or no key");
  }
  if (names.empty()) return InvalidArgument("a certificate needs a name");
  std::string alternatives;
  for (const std::string& name : names) {
    RETURN_IF_ERROR(CheckName(name));
    alternatives +=
        (alternatives.empty() ? "" : ",") + std::string(IsAddress(name) ? "IP:" : "DNS:") + name;
  }
  const RequestPtr asked(
      PEM_read_bio_X509_REQ(Reader(request).get(), nullptr, NoPassword, nullptr));
  EVP_PKEY* owner = asked == nullptr ? nullptr : X509_REQ_get0_pubkey(asked.get());
  if (owner == nullptr || X509_REQ_verify(asked.get(), owner) != 1) {
    ERR_clear_error();
    return InvalidArgument("this is not a request for a certificate that its own key has signed");
  }
  X509* issuer = authorities.front().get();
  const X509Ptr made = Begin(owner, "csl-appliance", validity);
  X509* raw = made.get();
  const bool ok = raw != nullptr && X509_set_issuer_name(raw, X509_get_subject_name(issuer)) == 1 &&
                  Extend(raw, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
                  Extend(raw, issuer, NID_key_usage, "critical,digitalSignature") &&
                  Extend(raw, issuer, NID_ext_key_usage, "serverAuth") &&
                  Extend(raw, issuer, NID_subject_key_identifier, "hash") &&
                  Extend(raw, issuer, NID_authority_key_identifier, "keyid:always") &&
                  Extend(raw, issuer, NID_subject_alt_name, alternatives) &&
                  X509_sign(raw, key.get(), EVP_sha256()) != 0;
  if (!ok) return Failed("cannot make a certificate");
  return PemOf(raw) + authority.chain;
}

StatusOr<Identity> Issue(const Identity& authority, const std::vector<std::string>& names,
                         std::chrono::hours validity) {
  ASSIGN_OR_RETURN(SigningRequest asked, MakeRequest());
  ASSIGN_OR_RETURN(std::string chain, Sign(authority, asked.request, names, validity));
  return Identity{std::move(chain), std::move(asked.key)};
}

std::string WorkerHost(const std::string& worker) { return worker + ".csl-worker.invalid"; }

StatusOr<CertificateFacts> LookAt(const std::string& chain) {
  const auto all = CertificatesIn(chain);
  std::tm end{};
  if (all.empty() || ASN1_TIME_to_tm(X509_get0_notAfter(all.front().get()), &end) != 1) {
    return InvalidArgument("this is not a certificate in PEM form");
  }
  return CertificateFacts{NamesIn(all.front().get()),
                          std::chrono::system_clock::from_time_t(::timegm(&end))};
}

Status CheckIdentity(const Identity& identity) {
  const auto all = CertificatesIn(identity.chain);
  if (all.empty()) return InvalidArgument("the certificate is not a PEM text of certificates");
  const KeyPtr key = KeyIn(identity.key);
  if (key == nullptr) {
    return InvalidArgument("the key is not a PEM text of a private key without a password");
  }
  if (X509_check_private_key(all.front().get(), key.get()) == 1) return OkStatus();
  ERR_clear_error();
  return InvalidArgument("the key is not that of the first certificate");
}

bool IsSignedBy(const std::string& chain, const Identity& authority) {
  const auto all = CertificatesIn(chain);
  const auto authorities = CertificatesIn(authority.chain);
  if (all.empty() || authorities.empty()) return false;
  const bool is_signed =
      X509_verify(all.front().get(), X509_get0_pubkey(authorities.front().get())) == 1;
  ERR_clear_error();
  return is_signed;
}

StatusOr<std::string> PinOf(const std::string& chain) {
  const auto all = CertificatesIn(chain);
  if (all.empty()) return InvalidArgument("this is not a certificate in PEM form");
  return PinOfCertificate(all.back().get());
}

Status CheckPin(std::string_view pin) {
  if (pin.starts_with(kPinScheme) && IsSha256Hex(pin.substr(kPinScheme.size()))) return OkStatus();
  return InvalidArgument("the pin is '" + std::string(pin) +
                         "'; must be sha256: and 64 hexadecimal digits in lower case");
}

}  // namespace csl::tls
