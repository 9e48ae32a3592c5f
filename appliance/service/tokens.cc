// SPDX-License-Identifier: Apache-2.0
// Who may come in, and for how long.
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
constexpr int64_t kLongestLifeS = int64_t{10} * 365 * 24 * 3600;
// When a token was used last is written so often: not with each request.
constexpr int64_t kRecordUseMs = 60'000;

// A name stands in logs, tables and messages.
Status CheckName(const std::string& what, const std::string& name) {
  if (name.empty()) return InvalidArgument("a token needs " + what + " that is not empty");
  if (name.size() > kMaxNameBytes) {
    return InvalidArgument(what + " has " + std::to_string(name.size()) +
                           " bytes; must be at most " + std::to_string(kMaxNameBytes));
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
                           " namespaces; must be at most " + std::to_string(kMaxNamespaces));
  }
  for (const std::string& one : principal.namespaces) {
    RETURN_IF_ERROR(CheckName("a namespace", one));
  }
  return OkStatus();
}

Status WantAdmin(const Principal& who, const char* what) {
  if (who.role == Role::kAdmin) return OkStatus();
  return {StatusCode::kPermissionDenied, std::string(what) + " takes an administrator"};
}

}  // namespace

StatusOr<Principal> JobService::Authenticate(const std::string& token) {
  if (token.empty()) return Status(StatusCode::kUnauthenticated, "the request carries no token");
  return tokens_.Find(Sha256Hex(token), clock_.NowMs());
}

Status JobService::AdmitToken(const std::string& token, const Principal& principal) {
  Lock lock(mutex_, store_);
  const std::string hash = Sha256Hex(token);
  Token known;
  if (const auto before = tokens_.ByHash(hash)) known = *before;
  if (known.revoked_ms != 0) return FailedPrecondition("the token was revoked");
  if (known.id.empty()) known.id = NewId("token-", 12);
  if (known.created_ms == 0) known.created_ms = clock_.NowMs();
  known.principal = principal;
  RETURN_IF_ERROR(store_.PutToken(hash, known));
  tokens_.Put(hash, known);
  return OkStatus();
}

std::string JobService::NewTokenText() { return kTokenPrefix + RandomHex(kTokenBytes); }

StatusOr<NewToken> JobService::CreateToken(const Principal& who, const Principal& principal,
                                           int64_t expires_s) {
  RETURN_IF_ERROR(WantAdmin(who, "making a token"));
  RETURN_IF_ERROR(CheckPrincipal(principal));
  if (expires_s < 0 || expires_s > kLongestLifeS) {
    return InvalidArgument("'expires_s' is " + std::to_string(expires_s) + "; must be 1 to " +
                           std::to_string(kLongestLifeS) +
                           ", and 0 for a token that never expires");
  }
  NewToken made;
  made.text = NewTokenText();
  made.token.id = NewId("token-", 12);
  made.token.principal = principal;
  Lock lock(mutex_, store_);
  made.token.created_ms = clock_.NowMs();
  if (expires_s > 0) made.token.expires_ms = made.token.created_ms + expires_s * 1000;
  const std::string hash = Sha256Hex(made.text);
  RETURN_IF_ERROR(store_.PutToken(hash, made.token));
  tokens_.Put(hash, made.token);
  return made;
}

StatusOr<std::vector<Token>> JobService::Tokens(const Principal& who) const {
  RETURN_IF_ERROR(WantAdmin(who, "listing tokens"));
  std::vector<Token> all = tokens_.All();
  std::sort(all.begin(), all.end(), [](const Token& a, const Token& b) {
    return std::pair(a.created_ms, a.id) < std::pair(b.created_ms, b.id);
  });
  return all;
}

StatusOr<Token> JobService::RevokeToken(const Principal& who, const std::string& id) {
  RETURN_IF_ERROR(WantAdmin(who, "revoking a token"));
  Lock lock(mutex_, store_);
  auto known = tokens_.ById(id);
  if (!known) return NotFound("token '" + id + "' does not exist");
  Token& token = known->token;
  if (token.revoked_ms != 0) return token;
  token.revoked_ms = clock_.NowMs();
  RETURN_IF_ERROR(store_.PutToken(known->hash, token));
  tokens_.Put(known->hash, token);
  // Whoever waits in its name learns of it now.
  Touch(kTokensChannel);
  changed_.notify_all();
  NotifyTouched();
  return token;
}

Status JobService::RecordTokenUse() {
  recorded_use_ms_ = clock_.SteadyMs();
  for (const HashedToken& used : tokens_.TakeUsed()) {
    RETURN_IF_ERROR(store_.PutToken(used.hash, used.token));
  }
  return OkStatus();
}

Status JobService::MaintainTokens() {
  if (tokens_.HasNewlyExpired(clock_.NowMs())) Touch(kTokensChannel);
  const bool due = clock_.SteadyMs() - recorded_use_ms_ >= kRecordUseMs;
  return due ? RecordTokenUse() : OkStatus();
}

}  // namespace csl::appliance
