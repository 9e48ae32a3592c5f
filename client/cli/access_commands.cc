// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "base/http/client.h"
#include "client/cli/answers.h"
#include "client/cli/escape.h"
#include "client/cli/options.h"
#include "client/native/endpoint.h"
#include "client/native/state_folder.h"

namespace csl::cli {

using client::Service;
using nlohmann::json;

Status CreateToken(Service& service, Options& options) {
  json body = {{"role", options.value}, {"user", options.id}};
  if (!options.namespaces.empty()) body["namespaces"] = options.namespaces;
  if (options.expires_s > 0) body["expires_s"] = options.expires_s;
  ASSIGN_OR_RETURN(const json made, Tell(service, "/v1/tokens", body));
  if (options.format == "table") {
    std::cout << EscapeLine(client::TextField(made, "token")) << "\n";
    std::cerr << "This is the only time that the token is shown.\n";
  } else {
    Print(made, options.format);
  }
  return OkStatus();
}

Status ListTokens(Service& service, Options& options) {
  ASSIGN_OR_RETURN(const json answer,
                   Ask(service, options.all ? "/v1/tokens?all=1" : "/v1/tokens"));
  if (options.format == "table") {
    std::cout << TokenTable(client::ListField(answer, "tokens"), NowMs());
  } else {
    Print(answer, options.format);
  }
  return OkStatus();
}

Status RevokeToken(Service& service, Options& options) {
  RETURN_IF_ERROR(service.Delete("/v1/tokens/" + http::UrlEncode(options.id)).status());
  std::cout << "token/" << EscapeLine(options.id) << " was revoked\n";
  return OkStatus();
}

Status Sessions(Service&, Options&) {
  return {
      StatusCode::kUnimplemented,
      "not supported yet: sessions; a namespace is there as soon as a token opens it, see csctl "
      "token create --namespaces"};
}

Status ViewConfig(Options& options) {
  ASSIGN_OR_RETURN(const auto configured, client::ConfiguredEndpoint(client::SystemEnvironment));
  json view = {{"embedded", !configured.has_value()}};
  if (configured) {
    view["url"] = configured->url;
    view["ca_file"] = configured->ca_file;
    view["pin"] = configured->pin;
    view["token"] = configured->token.empty() ? "none" : "set, not shown";
  } else {
    ASSIGN_OR_RETURN(const auto folder, client::StateFolder(client::SystemEnvironment));
    view["state_folder"] = folder.string();
  }
  Print(view, options.format == "table" ? "yaml" : options.format);
  return OkStatus();
}

}  // namespace csl::cli
