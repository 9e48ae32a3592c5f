// SPDX-License-Identifier: Apache-2.0
#include "appliance/server/site.h"

#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/http/client.h"
#include "base/whole_number.h"

namespace csl::appliance {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int64_t kLastPort = 65535;

std::string HostName() {
  char name[256] = "";
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

bool IsEverywhere(const std::string& host) {
  return host == "0.0.0.0" || host == "::" || host == "[::]";
}

}  // namespace

fs::path ConfigIn(const fs::path& state) { return state / "appliance.json"; }

Status WriteSite(const fs::path& state, const Site& site) {
  nlohmann::ordered_json document = {{"state_dir", state.string()}, {"listen", site.listen}};
  if (!site.host_names.empty()) document["host_name"] = site.host_names;
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
  } catch (const json::exception&) {
    return InvalidArgument("'" + file + "' must be an object with 'listen', a string");
  }
  return site;
}

StatusOr<std::string> UrlOf(const Site& site) {
  if (site.listen.starts_with("unix:") && site.listen.size() > 5) return site.listen;
  const size_t colon = site.listen.rfind(':');
  const std::string port = colon == std::string::npos ? "" : site.listen.substr(colon + 1);
  std::string host = site.listen.substr(0, colon);
  if (host.empty() || !WholeNumberProblem(port, 1, kLastPort).empty()) {
    return InvalidArgument("--listen is '" + site.listen +
                           "', it must be unix:PATH or HOST:PORT with a port from 1 to 65535");
  }
  if (IsEverywhere(host)) host = site.host_names.empty() ? HostName() : site.host_names.front();
  const std::string url = "http://" + host + ":" + port;
  RETURN_IF_ERROR(http::CheckUrl(url));
  return url;
}

StatusOr<std::string> AskForWorkerToken(const fs::path& state, const Site& site,
                                        const std::string& worker) {
  ASSIGN_OR_RETURN(std::string admin, ReadTextFile(state / "token"));
  while (admin.ends_with('\n')) admin.pop_back();
  Site near = site;
  near.host_names = {"127.0.0.1"};
  ASSIGN_OR_RETURN(const std::string url, UrlOf(near));
  http::Client client({.url = url, .bearer = admin, .ca_file = ""});
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
