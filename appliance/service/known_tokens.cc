// SPDX-License-Identifier: Apache-2.0
#include "appliance/service/known_tokens.h"

#include <mutex>

namespace csl::appliance {
namespace {

Status Refused(const char* why) { return {StatusCode::kUnauthenticated, why}; }

}  // namespace

Token KnownTokens::Current(const Entry& entry) {
  Token token = entry.token;
  token.last_used_ms = entry.last_used_ms;
  return token;
}

void KnownTokens::Load(const std::map<std::string, Token>& tokens) {
  for (const auto& [hash, token] : tokens) Put(hash, token);
  std::unique_lock lock(mutex_);
  loaded_ = true;
}

StatusOr<Principal> KnownTokens::Find(const std::string& hash, int64_t now_ms) const {
  std::shared_lock lock(mutex_);
  if (!loaded_) return Unavailable("the tokens cannot be read");
  const auto it = entries_.find(hash);
  if (it == entries_.end()) return Refused("the token is not known");
  const Entry& entry = it->second;
  switch (StateOf(entry.token, now_ms)) {
    case TokenState::kRevoked:
      return Refused("the token was revoked");
    case TokenState::kExpired:
      return Refused("the token has expired");
    case TokenState::kValid:
      break;
  }
  entry.last_used_ms = now_ms;
  entry.used = true;
  return entry.token.principal;
}

void KnownTokens::Put(const std::string& hash, const Token& token) {
  std::unique_lock lock(mutex_);
  Entry& entry = entries_[hash];
  entry.token = token;
  entry.last_used_ms = token.last_used_ms;
}

std::optional<Token> KnownTokens::ByHash(const std::string& hash) const {
  std::shared_lock lock(mutex_);
  const auto it = entries_.find(hash);
  if (it == entries_.end()) return std::nullopt;
  return Current(it->second);
}

std::optional<HashedToken> KnownTokens::ById(const std::string& id) const {
  std::shared_lock lock(mutex_);
  for (const auto& [hash, entry] : entries_) {
    if (entry.token.id == id) return HashedToken{hash, Current(entry)};
  }
  return std::nullopt;
}

std::vector<Token> KnownTokens::All() const {
  std::shared_lock lock(mutex_);
  std::vector<Token> all;
  all.reserve(entries_.size());
  for (const auto& [hash, entry] : entries_) all.push_back(Current(entry));
  return all;
}

std::vector<HashedToken> KnownTokens::TakeUsed() {
  std::shared_lock lock(mutex_);
  std::vector<HashedToken> used;
  for (const auto& [hash, entry] : entries_) {
    if (entry.used.exchange(false)) used.push_back({hash, Current(entry)});
  }
  return used;
}

bool KnownTokens::HasNewlyExpired(int64_t now_ms) {
  std::unique_lock lock(mutex_);
  bool found = false;
  for (const auto& [hash, entry] : entries_) {
    const int64_t expires = entry.token.expires_ms;
    found = found || (expires > swept_ms_ && expires <= now_ms);
  }
  swept_ms_ = now_ms;
  return found;
}

}  // namespace csl::appliance
