// SPDX-License-Identifier: Apache-2.0
#include "appliance/server/site.h"

#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "appliance/server/certificates.h"
#include "base/file.h"
#include "base/http/client.h"
#include "base/http/url.h"

namespace csl::appliance {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::string HostName() {
  char name[256] = "";
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

// The host that it listens at; empty: a Unix socket, or no address at all.
std::string HostOf(const Site& site) {
  if (site.listen.starts_with("unix:")) return "";
  const auto place = http::SplitHostPort(site.listen, 0);
  return place ? place->host : "";
}

}  // namespace

fs::path ConfigIn(const fs::path& state) { return state / "appliance.json"; }

Status WriteSite(const fs::path& state, const Site& site) {
  nlohmann::ordered_json document = {{"state_dir", state.string()}, {"listen", site.listen}};
  if (!site.host_names.empty()) document["host_name"] = site.host_names;
  if (site.tls != "auto") document["tls"] = site.tls;
  if (!site.tls_cert.empty()) document["tls_cert"] = fs::absolute(site.tls_cert).string();
  if (!site.tls_key.empty()) document["tls_key"] = fs::absolute(site.tls_key).string();
  return WriteFileAtomic(ConfigIn(state), document.dump(2) + "\n");
}

StatusOr<Site> ReadSite(const fs::path& state) {
  const std::string file = ConfigIn(state).string();
  ASSIGN_OR_RETURN(const std::string text, ReadTextFile(file));
  const json document = json::parse(text, nullptr, false);
  Site site;
  try {
    site.listen = document.at("listen").get<std::string>();
    site.host_names = document.value("host_name", site.host_names);
    site.tls = document.value("tls", site.tls);
    site.tls_cert = document.value("tls_cert", site.tls_cert);
    site.tls_key = document.value("tls_key", site.tls_key);
  } catch (const json::exception&) {
    return InvalidArgument("'" + file + "' must be an object with 'listen', a string");
  }
  return site;
}

StatusOr<bool> SpeaksTls(const Site& site) {
  if (const std::string problem = http::TlsModeProblem(site.tls); !problem.empty()) {
    return InvalidArgument("--tls: " + problem);
  }
  if (site.tls_cert.empty() != site.tls_key.empty()) {
    return InvalidArgument("--tls-cert and --tls-key go together; one is missing");
  }
  const bool is_unix = site.listen.starts_with("unix:");
  if (site.tls == "off" || is_unix) {
    if (!site.tls_cert.empty()) {
      return InvalidArgument("--tls-cert is given, but --listen '" + site.listen +
                             "' speaks no TLS" + (is_unix ? "" : " with --tls off"));
    }
    if (site.tls == "on") {
      return InvalidArgument("--tls is on, but --listen is '" + site.listen +
                             "'; TLS wants HOST:PORT");
    }
    return false;
  }
  return site.tls == "on" || !site.tls_cert.empty() || !http::IsLoopback(HostOf(site));
}

std::vector<std::string> NamesOf(const Site& site) {
  std::vector<std::string> names;
  const auto add = [&names](const std::string& name) {
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(name);
    }
  };
  const std::string host = HostOf(site);
  if (host.empty()) return names;
  for (const std::string& name : site.host_names) add(name);
  add(http::IsEverywhere(host) ? HostName() : host);
  for (const char* near : {"localhost", "127.0.0.1", "::1"}) add(near);
  return names;
}

StatusOr<tls::Identity> IdentityOf(const fs::path& state, const Site& site) {
  if (!site.tls_cert.empty()) return ReadIdentity(site.tls_cert, site.tls_key);
  return Certificates(state).OfService(NamesOf(site));
}

StatusOr<std::string> PinOf(const fs::path& state, const Site& site) {
  ASSIGN_OR_RETURN(const bool speaks_tls, SpeaksTls(site));
  if (!speaks_tls) return std::string();
  ASSIGN_OR_RETURN(const tls::Identity identity, IdentityOf(state, site));
  return tls::PinOf(identity.chain);
}

namespace {

// As the service's own Listen returns it.
StatusOr<std::string> ListenUrl(const Site& site) {
  ASSIGN_OR_RETURN(const bool speaks_tls, SpeaksTls(site));
  if (site.listen.starts_with("unix:") && site.listen.size() > 5) return site.listen;
  const auto place = http::SplitHostPort(site.listen);
  if (!place || place->port == 0) {
    return InvalidArgument("--listen is '" + site.listen +
                           "'; must be unix:PATH or HOST:PORT with a port from 1 to 65535");
  }
  const std::string url = (speaks_tls ? "https://" : "http://") + http::Bracketed(place->host) +
                          ":" + std::to_string(place->port);
  RETURN_IF_ERROR(http::CheckUrl(url));
  return url;
}

// With another host where the url's is none that can be called.
std::string Callable(const std::string& url, const std::string& host) {
  const auto parsed = http::ParseUrl(url);
  if (!parsed.ok() || !http::IsEverywhere(parsed->host)) return url;
  return url.substr(0, url.find("//") + 2) + host + ":" + std::to_string(parsed->port);
}

}  // namespace

StatusOr<std::string> UrlOf(const Site& site) {
  ASSIGN_OR_RETURN(const std::string listens, ListenUrl(site));
  const std::string host = site.host_names.empty() ? HostName() : site.host_names.front();
  const std::string url = Callable(listens, http::Bracketed(host));
  RETURN_IF_ERROR(http::CheckUrl(url));
  return url;
}

std::string UrlFromHere(const std::string& url) { return Callable(url, "127.0.0.1"); }

StatusOr<std::string> AskForWorkerToken(const fs::path& state, const Site& site,
                                        const std::string& worker) {
  ASSIGN_OR_RETURN(std::string admin, ReadTextFile(state / "token"));
  while (admin.ends_with('\n')) admin.pop_back();
  ASSIGN_OR_RETURN(const std::string listens, ListenUrl(site));
  const std::string url = UrlFromHere(listens);
  ASSIGN_OR_RETURN(const std::string pin, PinOf(state, site));
  http::Client client({.url = url, .bearer = admin, .pin = pin});
  http::Call call;
  call.method = "POST";
  call.path = "/v1/tokens";
  call.body = json{{"role", "worker"}, {"user", worker}}.dump();
  ASSIGN_OR_RETURN(const http::Reply reply, client.Do(call));
  const json answer = json::parse(reply.body, nullptr, false);
  if (!answer.is_object() || !answer.value("token", json()).is_string()) {
    return DataLoss("the answer of " + url + " holds no token");
  }
  return answer["token"].get<std::string>();
}

}  // namespace csl::appliance
