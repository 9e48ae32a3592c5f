// SPDX-License-Identifier: Apache-2.0
#include "appliance/server/certificates.h"

#include <sys/stat.h>

#include <mutex>
#include <utility>

#include "base/file.h"
#include "base/log.h"
#include "base/secret_file.h"

namespace csl::appliance {
namespace {

namespace fs = std::filesystem;

bool Lasts(const StatusOr<tls::CertificateFacts>& facts, std::chrono::hours renewal) {
  return facts.ok() && facts->not_after - std::chrono::system_clock::now() > renewal;
}

Status MakeFolder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error && ::chmod(folder.c_str(), 0700) == 0) return OkStatus();
  return Unavailable("cannot make folder '" + folder.string() + "': " + error.message());
}

// The key first: a certificate whose key is missing would be of no use.
Status Write(const fs::path& certificate, const fs::path& key, const tls::Identity& identity) {
  RETURN_IF_ERROR(MakeFolder(key.parent_path()));
  RETURN_IF_ERROR(WriteSecretFile(key, identity.key));
  return WriteFileAtomic(certificate, identity.chain);
}

}  // namespace

StatusOr<tls::Identity> ReadIdentity(const fs::path& certificate, const fs::path& key) {
  tls::Identity identity;
  ASSIGN_OR_RETURN(identity.chain, ReadTextFile(certificate));
  ASSIGN_OR_RETURN(identity.key, ReadTextFile(key));
  const Status checked = tls::CheckIdentity(identity);
  if (checked.ok()) return identity;
  return Status(checked.code(), "'" + certificate.string() + "' and '" + key.string() +
                                    "' cannot be used: " + checked.message());
}

StatusOr<tls::Identity> Certificates::Authority() const {
  static std::mutex mutex;  // handlers of workers' requests may be first, and two at once
  std::lock_guard lock(mutex);
  const fs::path key = folder_ / "ca.key";
  std::error_code error;
  // A new authority beside an old pin would be trusted by nobody: a lost one is the operator's.
  if (fs::exists(ca_file(), error)) {
    ASSIGN_OR_RETURN(tls::Identity known, ReadIdentity(ca_file(), key));
    return RenewIfDue(std::move(known));
  }
  ASSIGN_OR_RETURN(tls::Identity made,
                   tls::MakeAuthority("csl-appliance authority", lives_.authority));
  RETURN_IF_ERROR(Write(ca_file(), key, made));
  return made;
}

StatusOr<tls::Identity> Certificates::RenewIfDue(tls::Identity authority) const {
  if (Lasts(tls::LookAt(authority.chain), lives_.authority_renewal)) return authority;
  ASSIGN_OR_RETURN(tls::Identity renewed, tls::RenewAuthority(authority, lives_.authority));
  RETURN_IF_ERROR(WriteFileAtomic(ca_file(), renewed.chain));
  Log(LogLevel::kWarning,
      "renewed the authority's certificate, which is about to expire; the pin is the same. "
      "Restart the service, and hand out '" +
          ca_file().string() + "' to whoever has a copy");
  return renewed;
}

StatusOr<tls::Identity> Certificates::OfService(const std::vector<std::string>& names) const {
  const fs::path certificate = folder_ / "service.pem";
  const fs::path key = folder_ / "service.key";
  ASSIGN_OR_RETURN(const tls::Identity authority, Authority());
  if (auto known = ReadIdentity(certificate, key); known.ok()) {
    const auto facts = tls::LookAt(known->chain);
    // A renewed authority has the same key: compare certificates, too.
    const bool is_ours =
        tls::IsSignedBy(known->chain, authority) && known->chain.ends_with(authority.chain);
    if (Lasts(facts, lives_.service_renewal) && facts->names == names && is_ours) return known;
  }
  ASSIGN_OR_RETURN(tls::Identity made, tls::Issue(authority, names, lives_.service));
  RETURN_IF_ERROR(Write(certificate, key, made));
  Log(LogLevel::kInfo, "a new certificate is in '" + certificate.string() + "'");
  return made;
}

StatusOr<std::string> Certificates::SignWorker(const std::string& request,
                                               const std::string& name) const {
  ASSIGN_OR_RETURN(const tls::Identity authority, Authority());
  return tls::Sign(authority, request, {name}, lives_.worker);
}

}  // namespace csl::appliance
