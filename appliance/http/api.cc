// SPDX-License-Identifier: Apache-2.0
// The gate, the routes and what they share.
#include "appliance/http/api.h"

#include <algorithm>

#include "appliance/http/gate.h"
#include "base/http/problem.h"
#include "base/http/waiting.h"

namespace csl::appliance {
namespace {

// So many requests at once to one worker. Commands on their way hold a connection each, transfers a
// thread.
constexpr int kCallsEach = 256;
constexpr int kTransfersEach = 24;

// "/v1/jobs/{id}/files/{path*}" as the regular expression that the library routes by.
std::string Pattern(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const size_t open = path.find('{');
    out += path.substr(0, open);
    if (open == std::string_view::npos) break;
    const size_t close = path.find('}', open);
    out += path[close - 1] == '*' ? "([\\s\\S]+)" : "([^/]+)";
    path.remove_prefix(close + 1);
  }
  return out;
}

bool IsClient(Role role) { return role == Role::kAdmin || role == Role::kUser; }

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
    const auto without = [serve](const httplib::Request& request, httplib::Response& response) {
      serve(request, response, nullptr);
    };
    if (method == "Delete") {
      routes.Delete(pattern.c_str(), without);
    } else {
      CHECK(method == "Get") << "a route with method " << method;
      routes.Get(pattern.c_str(), without);
    }
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
    : service_(service),
      blobs_(blobs),
      logs_(logs),
      options_(std::move(options)),
      health_(options_.health),
      calls_(kCallsEach, [this](const std::string& worker) { server_->Wake(worker); }),
      transfers_(kTransfersEach, [this](const std::string& worker) { server_->Wake(worker); }),
      waits_(std::make_unique<http::AsyncCalls>(options_.ca_file)) {}

void Api::Serve(Handler handler, const httplib::Request& request, httplib::Response& response,
                const httplib::ContentReader* reader, int roles) {
  Context context{request, response, reader, {}};
  Status status;
  if ((roles & kAnyone) == 0) {
    // The gate has let it in by the same token, which may have been revoked since.
    auto who = service_.Authenticate(BearerToken(request.get_header_value("Authorization")));
    status = who.status();
    if (who.ok()) {
      context.who = *std::move(who);
      status = CheckRole(context.who.role, roles);
    }
  }
  const bool client = status.ok() && (roles & kClients) != 0 && IsClient(context.who.role);
  if (client) ++client_requests_;
  if (status.ok()) status = (this->*handler)(context);
  if (client) {
    last_client_ = std::chrono::steady_clock::now();
    --client_requests_;
  }
  if (status.ok()) return;
  if (http::IsStreaming()) {
    http::StreamEnd("event: error\ndata: " + http::ProblemBody(status) + "\n\n");
    return;
  }
  response.status = StatusCodeToHttp(status.code());
  response.set_content(http::ProblemBody(status), http::kProblemType);
}

void Api::AddTo(http::Server& server) {
  server_ = &server;
  server.SetObserver([this](const http::Answered& answered) { requests_.Add(answered); });
  server.SetGate([this](const http::Arrival& arrival) { return Admit(arrival); });
  service_.OnChange([&server](const std::string& channel) {
    // Each request that waits shows its token again.
    channel == JobService::kTokensChannel ? server.WakeAll() : server.Wake(channel);
  });
  httplib::Server& routes = server.routes();
  // A body that no route takes would be read into memory.
  routes.set_pre_routing_handler([](const httplib::Request& request, httplib::Response& response) {
    if (FindRoute(request.method, request.path) != nullptr) {
      return httplib::Server::HandlerResponse::Unhandled;
    }
    response.status = 404;
    return httplib::Server::HandlerResponse::Handled;
  });
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

}  // namespace csl::appliance
