// SPDX-License-Identifier: Apache-2.0
// The gate: what is known of a request by its head alone, before anything of a body is read.
#include "appliance/http/gate.h"

#include <algorithm>

#include "appliance/http/api.h"
#include "base/http/problem.h"

namespace csl::appliance {
namespace {

int BitOf(Role role) {
  switch (role) {
    case Role::kAdmin:
      return kAdmins;
    case Role::kUser:
      return kUsers;
    case Role::kWorker:
      return kWorkers;
    case Role::kMonitor:
      return kMonitors;
  }
  return 0;
}

std::string HostWithoutPort(const std::string& host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

// Whether a path is one of the pattern: `{x}` stands for one segment, `{x*}` for the rest.
bool Matches(std::string_view pattern, std::string_view path) {
  for (;;) {
    const size_t open = pattern.find('{');
    if (open == std::string_view::npos) return pattern == path;
    if (path.substr(0, open) != pattern.substr(0, open)) return false;
    const size_t close = pattern.find('}', open);
    path.remove_prefix(open);
    const bool rest = pattern[close - 1] == '*';
    const size_t end = rest ? path.size() : std::min(path.find('/'), path.size());
    if (end == 0) return false;
    path.remove_prefix(end);
    pattern.remove_prefix(close + 1);
  }
}

std::string UpperCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

// Whether a request of the route sends or takes bytes of any number.
bool MovesFiles(const RouteRow& route, std::string_view method) {
  const std::string_view path = route.path;
  const bool only_asks = path.ends_with("/parts") ||
                         (method == "HEAD" && path.find("/files/") == std::string_view::npos);
  return !only_asks && (path.find("/blobs/") != std::string_view::npos ||
                        path.find("/files/") != std::string_view::npos);
}

Status CheckOrigin(const http::Arrival& arrival) {
  for (const auto& [name, value] : arrival.head.headers) {
    if (name == "origin") {
      return {StatusCode::kPermissionDenied, "requests from web pages are not served"};
    }
  }
  return OkStatus();
}

http::Admission Refused(const Status& why) {
  http::Admission refused;
  refused.refused = StatusCodeToHttp(why.code());
  refused.problem = http::ProblemBody(why);
  return refused;
}

// Probes come by addresses and names that nobody has listed. What they get is nobody's secret, but
// still no business of web pages.
http::Admission AdmitAnyone(const http::Arrival& arrival) {
  if (const Status page = CheckOrigin(arrival); !page.ok()) return Refused(page);
  http::Admission admission;
  admission.principal = "anyone";
  admission.max_body = 0;
  return admission;
}

http::Admission NoRoute(const std::string& method, const std::string& path) {
  const std::string allowed = AllowedMethods(path);
  if (allowed.empty()) return Refused(NotFound("no route " + method + " " + path));
  const Status why =
      InvalidArgument("no route " + method + " " + path + "; allowed methods: " + allowed);
  http::Admission refused;
  refused.refused = 405;
  refused.problem = http::ProblemBody(why, 405);
  refused.fields = "Allow: " + allowed + "\r\n";
  return refused;
}

}  // namespace

std::string BearerToken(const std::string& authorization) {
  constexpr std::string_view kScheme = "Bearer ";
  return authorization.starts_with(kScheme) ? authorization.substr(kScheme.size()) : "";
}

Status CheckRole(Role role, int roles) {
  if ((BitOf(role) & roles) != 0) return OkStatus();
  return {StatusCode::kPermissionDenied,
          "a token with role '" + std::string(RoleText(role)) + "' may not do this"};
}

const RouteRow* FindRoute(std::string_view method, std::string_view path) {
  if (method == "HEAD") method = "GET";
  for (const RouteRow& row : AllRoutes()) {
    if (UpperCase(row.method) == method && Matches(row.path, path)) return &row;
  }
  return nullptr;
}

std::string AllowedMethods(std::string_view path) {
  std::string allowed;
  for (const RouteRow& row : AllRoutes()) {
    if (!Matches(row.path, path)) continue;
    const std::string method = UpperCase(row.method);
    allowed += (allowed.empty() ? "" : ", ") + method + (method == "GET" ? ", HEAD" : "");
  }
  return allowed;
}

Status Api::CheckCaller(const http::Arrival& arrival) const {
  const std::string host = HostWithoutPort(arrival.head.Header("host"));
  const bool ours = arrival.is_local || host == "localhost" || host == "127.0.0.1" ||
                    host == "[::1]" ||
                    std::find(options_.host_names.begin(), options_.host_names.end(), host) !=
                        options_.host_names.end();
  if (!ours) return {StatusCode::kPermissionDenied, "this service is not called '" + host + "'"};
  return CheckOrigin(arrival);
}

http::Admission Api::Admit(const http::Arrival& arrival) {
  const std::string path = arrival.head.Path();
  const RouteRow* route = FindRoute(arrival.head.method, path);
  if (route != nullptr && (route->roles & kAnyone) != 0) return AdmitAnyone(arrival);
  if (const Status caller = CheckCaller(arrival); !caller.ok()) return Refused(caller);
  const auto who = service_.Authenticate(BearerToken(arrival.head.Header("authorization")));
  if (!who.ok()) return Refused(who.status());
  if (route == nullptr) return NoRoute(arrival.head.method, path);
  if (const Status role = CheckRole(who->role, route->roles); !role.ok()) return Refused(role);
  http::Admission admission;
  admission.principal = std::string(RoleText(who->role)) + ":" + who->user;
  admission.max_body = kMaxJsonBytes;
  // What keeps workers alive is small and never waits behind what clients want; neither waits
  // behind files.
  if (who->role == Role::kWorker) admission.lane = http::Lane::kReserved;
  if (MovesFiles(*route, arrival.head.method)) admission.lane = http::Lane::kTransfers;
  return admission;
}

}  // namespace csl::appliance
