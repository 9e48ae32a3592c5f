// SPDX-License-Identifier: Apache-2.0
// The gate, the routes and what they share.
#include "appliance/http/api.h"

#include <algorithm>

#include "base/http/problem.h"

namespace csl::appliance {
namespace {

using nlohmann::json;

int BitOf(Role role) {
  switch (role) {
    case Role::kAdmin:
      return kAdmins;
    case Role::kUser:
      return kUsers;
    case Role::kWorker:
      return kWorkers;
  }
  return 0;
}

// "/v1/jobs/{id}/files/{path*}" as the regular expression that the library routes by.
std::string Pattern(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const size_t open = path.find('{');
    out += path.substr(0, open);
    if (open == std::string_view::npos) break;
    const size_t close = path.find('}', open);
    out += path[close - 1] == '*' ? "(.+)" : "([^/]+)";
    path.remove_prefix(close + 1);
  }
  return out;
}

std::string HostWithoutPort(const std::string& host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

using Serving =
    std::function<void(const httplib::Request&, httplib::Response&, const httplib::ContentReader*)>;

void AddRoute(httplib::Server& routes, std::string_view method, std::string_view path,
              const Serving& serve) {
  const std::string pattern = Pattern(path);
  const auto with_body = [serve](const httplib::Request& request, httplib::Response& response,
                                 const httplib::ContentReader& reader) {
    serve(request, response, &reader);
  };
  if (method == "Put") {
    routes.Put(pattern.c_str(), with_body);
  } else if (method == "Post") {
    routes.Post(pattern.c_str(), with_body);
  } else {
    CHECK(method == "Get") << "a route with method " << method;
    routes.Get(pattern.c_str(),
               [serve](const httplib::Request& request, httplib::Response& response) {
                 serve(request, response, nullptr);
               });
  }
}

}  // namespace

const std::vector<RouteRow>& AllRoutes() {
  static const std::vector<RouteRow> rows = {
#define ROUTE(handler, method, path, roles, summary) {#handler, #method, path, roles, summary},
#include "appliance/http/routes.def"
#undef ROUTE
  };
  return rows;
}

Api::Api(JobService& service, BlobStore& blobs, LogStore& logs, ApiOptions options)
    : service_(service), blobs_(blobs), logs_(logs), options_(std::move(options)) {}

Status Api::Gate(const httplib::Request& request, int roles, Principal& who) {
  const std::string host = HostWithoutPort(request.get_header_value("Host"));
  const bool ours = host == "localhost" || host == "127.0.0.1" || host == "[::1]" ||
                    request.has_header(http::kPeerUidHeader) ||
                    std::find(options_.host_names.begin(), options_.host_names.end(), host) !=
                        options_.host_names.end();
  if (!ours) return {StatusCode::kPermissionDenied, "this service is not called '" + host + "'"};
  if (request.has_header("Origin")) {
    return {StatusCode::kPermissionDenied, "requests from web pages are not served"};
  }
  const std::string header = request.get_header_value("Authorization");
  constexpr std::string_view kScheme = "Bearer ";
  const std::string token = header.starts_with(kScheme) ? header.substr(kScheme.size()) : "";
  ASSIGN_OR_RETURN(who, service_.Authenticate(token));
  if ((BitOf(who.role) & roles) != 0) return OkStatus();
  return {StatusCode::kPermissionDenied,
          "a token with role '" + std::string(RoleText(who.role)) + "' may not do this"};
}

void Api::Serve(Handler handler, const httplib::Request& request, httplib::Response& response,
                const httplib::ContentReader* reader, int roles) {
  Context context{request, response, reader, {}};
  Status status = Gate(request, roles, context.who);
  const bool client = status.ok() && context.who.role != Role::kWorker;
  if (client) ++client_requests_;
  if (status.ok()) status = (this->*handler)(context);
  if (client) {
    last_client_ = std::chrono::steady_clock::now();
    --client_requests_;
  }
  if (status.ok()) return;
  // What is left of a body is not worth reading; the connection goes with it.
  if (reader != nullptr) response.set_header("Connection", "close");
  response.status = StatusCodeToHttp(status.code());
  response.set_content(http::ProblemBody(status), http::kProblemType);
}

void Api::AddTo(http::Server& server) {
  httplib::Server& routes = server.routes();
#define ROUTE(handler, method, path, roles, summary)                            \
  AddRoute(routes, #method, path,                                               \
           [this](const httplib::Request& request, httplib::Response& response, \
                  const httplib::ContentReader* reader) {                       \
             Serve(&Api::handler, request, response, reader, roles);            \
           });
#include "appliance/http/routes.def"
#undef ROUTE
  routes.set_payload_max_length(BlobStore::kMaxBlobBytes);
  routes.set_error_handler([](const httplib::Request& request, httplib::Response& response) {
    if (!response.body.empty()) return;
    const Status status = response.status == 404
                              ? NotFound("no route " + request.method + " " + request.path)
                              : http::StatusFromResponse(response.status, "");
    response.set_content(http::ProblemBody(status), http::kProblemType);
  });
}

std::chrono::steady_clock::duration Api::IdleForClients() const {
  if (client_requests_ > 0) return std::chrono::steady_clock::duration::zero();
  return std::chrono::steady_clock::now() - last_client_.load();
}

std::string OpenApiDocument() {
  json paths = json::object();
  for (const RouteRow& row : AllRoutes()) {
    std::string path = row.path;
    std::erase(path, '*');
    std::string method = row.method;
    method[0] = static_cast<char>(std::tolower(method[0]));
    json roles = json::array();
    if ((row.roles & kAdmins) != 0) roles.push_back("admin");
    if ((row.roles & kUsers) != 0) roles.push_back("user");
    if ((row.roles & kWorkers) != 0) roles.push_back("worker");
    paths[path][method] = {{"operationId", row.handler},
                           {"summary", row.summary},
                           {"x-roles", roles},
                           {"security", {{{"bearer", json::array()}}}}};
  }
  const json document = {
      {"openapi", "3.0.3"},
      {"info", {{"title", "CSL appliance"}, {"version", "v1"}}},
      {"paths", paths},
      {"components",
       {{"securitySchemes", {{"bearer", {{"type", "http"}, {"scheme", "bearer"}}}}}}}};
  return document.dump(1) + "\n";
}

}  // namespace csl::appliance
