// SPDX-License-Identifier: Apache-2.0
// All tokens, in memory: each request asks for one, and a stranger's must cost the database
// nothing. Keyed by the SHA-256 of a token's text. Thread safe; lookups wait for no writer but one
// of this table.
#ifndef APPLIANCE_SERVICE_KNOWN_TOKENS_H_
#define APPLIANCE_SERVICE_KNOWN_TOKENS_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "appliance/domain/token.h"
#include "base/status.h"

namespace csl::appliance {

struct HashedToken {
  std::string hash;
  Token token;
};

class KnownTokens {
 public:
  // Before any other call; without it every lookup is kUnavailable.
  void Load(const std::map<std::string, Token>& tokens);
  // Whom the token lets in now; kUnauthenticated says why it lets in nobody.
  StatusOr<Principal> Find(const std::string& hash, int64_t now_ms) const;
  void Put(const std::string& hash, const Token& token);

  std::optional<Token> ByHash(const std::string& hash) const;
  std::optional<HashedToken> ById(const std::string& id) const;
  std::vector<Token> All() const;
  // Those that were used since the last call.
  std::vector<HashedToken> TakeUsed();
  // Whether one has expired since the last call.
  bool HasNewlyExpired(int64_t now_ms);

 private:
  struct Entry {
    Token token;
    mutable std::atomic<int64_t> last_used_ms{0};
    mutable std::atomic<bool> used{false};
  };
  static Token Current(const Entry& entry);

  mutable std::shared_mutex mutex_;
  bool loaded_ = false;
  int64_t swept_ms_ = 0;
  std::map<std::string, Entry> entries_;
};

}  // namespace csl::appliance

#endif  // APPLIANCE_SERVICE_KNOWN_TOKENS_H_
