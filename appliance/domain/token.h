// SPDX-License-Identifier: Apache-2.0
// What is kept of a token: whom it lets in and for how long, never its text.
#ifndef APPLIANCE_DOMAIN_TOKEN_H_
#define APPLIANCE_DOMAIN_TOKEN_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "appliance/domain/job.h"

namespace csl::appliance {

// Times are milliseconds since 1970 by the wall clock.
struct Token {
  std::string id;  // "token-" and 12 of [a-z0-9]; names it to operators, opens nothing
  Principal principal;
  int64_t created_ms = 0;    // 0: before this was recorded
  int64_t expires_ms = 0;    // 0: never
  int64_t last_used_ms = 0;  // 0: not yet
  int64_t revoked_ms = 0;    // 0: not revoked
};

enum class TokenState { kValid, kExpired, kRevoked };

inline TokenState StateOf(const Token& token, int64_t now_ms) {
  if (token.revoked_ms != 0) return TokenState::kRevoked;
  const bool expired = token.expires_ms != 0 && token.expires_ms <= now_ms;
  return expired ? TokenState::kExpired : TokenState::kValid;
}

inline std::string_view TokenStateText(TokenState state) {
  switch (state) {
    case TokenState::kValid:
      return "valid";
    case TokenState::kExpired:
      return "expired";
    case TokenState::kRevoked:
      return "revoked";
  }
  return "";
}

}  // namespace csl::appliance

#endif  // APPLIANCE_DOMAIN_TOKEN_H_
