// SPDX-License-Identifier: Apache-2.0
// Who may come in, and which blobs they may read.
#include <algorithm>

#include "appliance/service/job_service.h"
#include "base/digest/sha256.h"

namespace csl::appliance {
namespace {

// A prefix by which scanners for leaked secrets can know our tokens.
constexpr char kTokenPrefix[] = "cslt_";
constexpr size_t kTokenBytes = 32;
constexpr size_t kMaxNameBytes = 256;
constexpr size_t kMaxNamespaces = 64;

// A name stands in logs, tables and messages.
Status CheckName(const std::string& what, const std::string& name) {
  if (name.empty()) return InvalidArgument("a token needs " + what + " that is not empty");
  if (name.size() > kMaxNameBytes) {
    return InvalidArgument(what + " has " + std::to_string(name.size()) + " bytes, allowed are " +
                           std::to_string(kMaxNameBytes));
  }
  const bool plain =
      std::all_of(name.begin(), name.end(), [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
  return plain ? OkStatus() : InvalidArgument(what + " holds a control character");
}

Status CheckPrincipal(const Principal& principal) {
  RETURN_IF_ERROR(
      CheckName(principal.role == Role::kWorker ? "the worker's name as its user" : "a user",
                principal.user));
  if (principal.namespaces.size() > kMaxNamespaces) {
    return InvalidArgument("a token opens " + std::to_string(principal.namespaces.size()) +
                           " namespaces, allowed are " + std::to_string(kMaxNamespaces));
  }
  for (const std::string& one : principal.namespaces) {
    RETURN_IF_ERROR(CheckName("a namespace", one));
  }
  return OkStatus();
}

}  // namespace

StatusOr<Principal> JobService::Authenticate(const std::string& token) {
  if (token.empty()) return Status(StatusCode::kUnauthenticated, "the request carries no token");
  const std::string hash = Sha256Hex(token);
  std::shared_lock lock(tokens_mutex_);
  if (!tokens_) return Unavailable("the tokens cannot be read");
  const auto it = tokens_->find(hash);
  if (it != tokens_->end()) return it->second;
  return Status(StatusCode::kUnauthenticated, "the token is not known or was revoked");
}

Status JobService::AdmitToken(const std::string& token, const Principal& principal) {
  Lock lock(mutex_, store_);
  const std::string hash = Sha256Hex(token);
  RETURN_IF_ERROR(store_.PutToken(hash, principal));
  std::unique_lock tokens_lock(tokens_mutex_);
  if (tokens_) (*tokens_)[hash] = principal;
  return OkStatus();
}

StatusOr<std::string> JobService::CreateToken(const Principal& who, const Principal& principal) {
  if (who.role != Role::kAdmin) {
    return Status(StatusCode::kPermissionDenied, "making a token takes an administrator");
  }
  RETURN_IF_ERROR(CheckPrincipal(principal));
  std::string token = kTokenPrefix + RandomHex(kTokenBytes);
  RETURN_IF_ERROR(AdmitToken(token, principal));
  return token;
}

Status JobService::AddBlob(const Principal& who, const std::string& name_space,
                           const std::string& digest, uint64_t size_bytes) {
  if (!who.MaySee(name_space)) return NotFound("namespace '" + name_space + "' is not there");
  Lock lock(mutex_, store_);
  return store_.AddBlobReference(digest, name_space, static_cast<int64_t>(size_bytes));
}

StatusOr<bool> JobService::MayReadBlob(const Principal& who, const std::string& digest) {
  Lock lock(mutex_, store_);
  return store_.HasBlobReference(digest, who.namespaces);
}

}  // namespace csl::appliance
