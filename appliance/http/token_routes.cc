// SPDX-License-Identifier: Apache-2.0
// Routes about tokens, for administrators.
#include "appliance/http/api.h"

namespace csl::appliance {
namespace {

using nlohmann::json;

json TokenJson(const Token& token) {
  const int64_t now_ms = SystemClock().NowMs();
  json out = {{"id", token.id},
              {"role", RoleText(token.principal.role)},
              {"user", token.principal.user},
              {"namespaces", token.principal.namespaces},
              {"state", TokenStateText(StateOf(token, now_ms))},
              {"created_ms", token.created_ms}};
  if (token.expires_ms != 0) out["expires_ms"] = token.expires_ms;
  if (token.last_used_ms != 0) out["last_used_ms"] = token.last_used_ms;
  if (token.revoked_ms != 0) out["revoked_ms"] = token.revoked_ms;
  return out;
}

}  // namespace

Status Api::CreateToken(Context& context) {
  ASSIGN_OR_RETURN(const json body, context.Json());
  Principal principal;
  ASSIGN_OR_RETURN(const std::string role, TextField(body, "role", "user"));
  ASSIGN_OR_RETURN(principal.role, ParseRole(role));
  ASSIGN_OR_RETURN(principal.user, TextField(body, "user", ""));
  ASSIGN_OR_RETURN(const int64_t expires_s, NumberField(body, "expires_s", 0));
  const json namespaces = body.value("namespaces", json::array({kDefaultNamespace}));
  constexpr char kWrong[] = "'namespaces' must be an array of strings";
  if (!namespaces.is_array()) return InvalidArgument(kWrong);
  for (const json& one : namespaces) {
    if (!one.is_string()) return InvalidArgument(kWrong);
    principal.namespaces.push_back(one.get<std::string>());
  }
  ASSIGN_OR_RETURN(const NewToken made, service_.CreateToken(context.who, principal, expires_s));
  json out = TokenJson(made.token);
  out["token"] = made.text;
  context.Reply(201, out);
  return OkStatus();
}

Status Api::ListTokens(Context& context) {
  ASSIGN_OR_RETURN(const auto tokens, service_.Tokens(context.who));
  const bool all = !context.Query("all").empty();
  json list = json::array();
  for (const Token& token : tokens) {
    json one = TokenJson(token);
    if (all || one["state"] == TokenStateText(TokenState::kValid)) list.push_back(std::move(one));
  }
  context.Reply(200, {{"tokens", list}});
  return OkStatus();
}

Status Api::RevokeToken(Context& context) {
  ASSIGN_OR_RETURN(const Token token, service_.RevokeToken(context.who, context.Param(0)));
  context.Reply(200, TokenJson(token));
  return OkStatus();
}

}  // namespace csl::appliance
