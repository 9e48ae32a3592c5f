// SPDX-License-Identifier: Apache-2.0
// Every route with every kind of caller: which status each gets. A route of routes.def without a
// row below does not compile.
#include <gtest/gtest.h>
#include <httplib.h>

#include <sstream>

#include "appliance/http/api_fixture.h"
#include "base/digest/ticket.h"

namespace csl::appliance {
namespace {

using nlohmann::json;

// In the order of the columns below. `ada` owns the job, `eve` is of the same namespace, `bob` of
// another; the job runs on worker `one`.
constexpr const char* kCallers[] = {"nobody", "ada",  "eve",   "bob",     "one",
                                    "two",    "root", "watch", "revoked", "expired"};

struct Row {
  std::string_view query;
  std::string_view body;      // JSON, or bytes; BLOB, FENCE stand for what the test has
  std::string_view statuses;  // "ok": below 300
};

namespace rows {
// clang-format off
constexpr std::string_view kNoBody = "{}";
//                                        nobody ada eve bob one two root watch revoked expired
constexpr std::string_view kAll =        "401    ok  ok  ok  ok  ok  ok   ok    401     401";
constexpr std::string_view kOpen =       "ok     ok  ok  ok  ok  ok  ok   ok    ok      ok";
constexpr std::string_view kOfClients =  "401    ok  ok  ok  403 403 ok   403   401     401";
constexpr std::string_view kOfTeam =     "401    ok  ok  404 403 403 ok   403   401     401";
constexpr std::string_view kOfAdmins =   "401    403 403 403 403 403 ok   403   401     401";
constexpr std::string_view kOfWatchers = "401    403 403 403 403 403 ok   ok    401     401";
constexpr std::string_view kOfWorker =   "401    403 403 403 ok  404 403  403   401     401";

constexpr Row GetVersion{"", "", kAll};
constexpr Row GetOpenApi{"", "", kAll};
constexpr Row SubmitJob{"", R"({"kind": "launch", "namespace": "team-a",
                                "launch": {"artifact": "BLOB"}})", kOfTeam};
constexpr Row ListJobs{"", "", kOfClients};
constexpr Row GetJob{"", "", kOfTeam};
constexpr Row SetPriority{"", R"({"priority": 150})",
                                         "401    412 403 404 403 403 412  403   401     401"};
constexpr Row SetLabels{"", R"({"labels": {"a": "b"}})",
                                         "401    ok  403 404 403 403 ok   403   401     401"};
constexpr Row CancelJob{"", kNoBody, kOfTeam};
constexpr Row RenewLease{"", kNoBody, kOfTeam};
constexpr Row FinishJob{"", kNoBody, kOfTeam};
constexpr Row GetEvents{"", "", kOfTeam};
constexpr Row GetAllEvents{"", "", kOfClients};
constexpr Row GetLog{"", "", kOfTeam};
constexpr Row GetBlob{"", "", kOfTeam};
constexpr Row PutBlob{"?namespace=team-a", "bytes", kOfTeam};
constexpr Row GetParts{"?namespace=team-a", "", kOfTeam};
constexpr Row GetFile{"", "", kOfTeam};
constexpr Row PutFile{"", "bytes", kOfTeam};
constexpr Row RunCommand{"", R"({"command": "true"})", kOfTeam};
constexpr Row GetCommand{"", "", kOfTeam};
constexpr Row GetOutput{"", "", kOfTeam};
constexpr Row KillCommand{"", kNoBody, kOfTeam};
constexpr Row ListWorkers{"", "", kOfClients};
constexpr Row GetCluster{"", "", kOfClients};
constexpr Row RegisterWorker{"", R"({"name": "one", "cpu_milli": 1, "mem_bytes": 1})",
                                         "401    403 403 403 ok  403 403  403   401     401"};
constexpr Row CertifyWorker{"", R"({"request": "of a test"})",
                                         "401    403 403 403 ok  ok  403  403   401     401"};
constexpr Row PollWorker{"", kNoBody, kOfWorker};
constexpr Row LeaveWorker{"", kNoBody, kOfWorker};
constexpr Row DrainWorker{"", kNoBody, kOfAdmins};
constexpr Row UncordonWorker{"", kNoBody, kOfAdmins};
constexpr Row ReportAttempt{"", R"({"fence": FENCE, "to": "FAILED"})", kOfWorker};
constexpr Row GetAttemptBlob{"?fence=FENCE", "", kOfWorker};
constexpr Row PutAttemptBlob{"?fence=FENCE", "bytes", kOfWorker};
constexpr Row AppendLog{"?fence=FENCE&offset=0", "bytes", kOfWorker};
constexpr Row CreateToken{"", R"({"user": "carl"})", kOfAdmins};
constexpr Row ListTokens{"", "", kOfAdmins};
constexpr Row RevokeToken{"", "", kOfAdmins};
constexpr Row ListQuotas{"", "", kOfClients};
constexpr Row SetQuota{"", R"({"blob_bytes": 1000000})", kOfAdmins};
constexpr Row RemoveQuota{"", "", kOfAdmins};
constexpr Row GetHealth{"", "", kOpen};
constexpr Row GetReadiness{"", "", kOpen};
constexpr Row GetMetrics{"", "", kOfWatchers};
// clang-format on
}  // namespace rows

const std::map<std::string, Row> kRows = {
#define ROUTE(handler, ...) {#handler, rows::handler},
#include "appliance/http/routes.def"
#undef ROUTE
};

std::string Replaced(std::string text, const std::string& what, const std::string& with) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
  return text;
}

std::string UpperCase(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(c));
  return text;
}

class MatrixTest : public ApiTest {
 protected:
  ApiOptions Options() override {
    ApiOptions options;
    options.sign = [](const std::string& request, const std::string& name) {
      return StatusOr<std::string>(request + " for " + name);
    };
    return options;
  }
  void SetUp() override {
    ApiTest::SetUp();
    // A worker that has every session, file and command.
    const auto any = [](const httplib::Request& request, httplib::Response& response) {
      response.set_content(request.path.ends_with("/stdout") ? "" : R"({"state": "exited"})",
                           "application/json");
    };
    sessions_.routes().Get(".*", any);
    const auto with_body = [any](const httplib::Request& request, httplib::Response& response,
                                 const httplib::ContentReader& reader) {
      reader([](const char*, size_t) { return true; });
      any(request, response);
    };
    sessions_.routes().Put(".*", with_body);
    sessions_.routes().Post(".*", with_body);
    const auto port = sessions_.ListenTcp("127.0.0.1", 0);
    ASSERT_TRUE(port.ok() && sessions_.Start().ok());
    endpoint_ = "http://127.0.0.1:" + std::to_string(*port);
    const Principal root{Role::kAdmin, "root", {"*"}};
    const auto token = [&](const std::string& name, const Principal& who, int64_t expires_s = 0) {
      const auto made = service_->CreateToken(root, who, expires_s);
      ASSERT_TRUE(made.ok());
      tokens_[name] = made->text;
      ids_[name] = made->token.id;
    };
    tokens_["nobody"] = "";
    token("root", root);
    token("ada", {Role::kUser, "ada", {"team-a"}});
    token("eve", {Role::kUser, "eve", {"team-a"}});
    token("bob", {Role::kUser, "bob", {"team-b"}});
    token("one", {Role::kWorker, "one", {}});
    token("two", {Role::kWorker, "two", {}});
    token("watch", {Role::kMonitor, "watch", {}});
    token("revoked", root);
    ASSERT_TRUE(service_->RevokeToken(root, ids_["revoked"]).ok());
    token("expired", root, 1);
    while (service_->Authenticate(tokens_["expired"]).ok()) {
    }
  }
  void TearDown() override {
    ApiTest::TearDown();
    sessions_.Stop();
  }

  // A session of ada's that runs on worker one, with a command; each cell has its own.
  void Begin() {
    const Principal one{Role::kWorker, "one", {}};
    Worker worker;
    worker.name = "one";
    worker.total = {1'000'000, int64_t{1} << 40, 1000};
    worker.endpoint = endpoint_;
    worker_ = *service_->Register(one, worker);
    // A drain outlives the worker that the cell before had.
    ASSERT_TRUE(service_->SetDraining({Role::kAdmin, "root", {"*"}}, worker_.id, false).ok());
    blob_ = Upload(tokens_["ada"], "artifact");
    const json job = *Do(tokens_["ada"], "POST", "/v1/jobs",
                         {{"kind", "launch"},
                          {"namespace", "team-a"},
                          {"cpu_milli", 1},
                          {"mem_bytes", 1},
                          {"launch", {{"artifact", blob_}}}});
    job_ = job["id"];
    const auto reply = service_->Poll(one, worker_.id, {}, 0);
    ASSERT_TRUE(reply.ok());
    attempt_ = {};
    for (const AssignedAttempt& one_of : reply->assignments) {
      if (one_of.job.id == job_) attempt_ = one_of.attempt;
    }
    ASSERT_NE(attempt_.id, 0);
    for (const JobState to : {JobState::kStarting, JobState::kRunning}) {
      ASSERT_TRUE(service_->Accept(one, {attempt_.id, attempt_.fence, to, {}, "", {}}).ok());
    }
    ASSERT_TRUE(service_->AcceptCommand({Role::kUser, "ada", {"team-a"}}, job_, "", "true").ok());
    victim_ =
        service_->CreateToken({Role::kAdmin, "root", {"*"}}, {Role::kUser, "x", {}})->token.id;
    api_->LookAtHealth(OkStatus());
  }

  std::string PathOf(const RouteRow& route, const Row& row) const {
    std::string path = route.path;
    const bool of_attempt = path.starts_with("/v1/attempts/");
    const std::string id = of_attempt                         ? std::to_string(attempt_.id)
                           : path.starts_with("/v1/workers/") ? worker_.id
                           : path.starts_with("/v1/tokens/")  ? victim_
                                                              : job_;
    const bool puts = std::string_view(route.method) == "Put";
    path = Replaced(path, "{id}", id);
    path = Replaced(path, "{digest}", puts ? Sha256Hex("bytes") : blob_);
    path = Replaced(path, "{path*}", "readme");
    path = Replaced(path, "{index}", "0");
    path = Replaced(path, "{stream}", "stdout");
    path = Replaced(path, "{kind}", "user");
    path = Replaced(path, "{name}", "zoe");
    return Filled(path + std::string(row.query));
  }
  std::string Filled(std::string text) const {
    return Replaced(Replaced(std::move(text), "BLOB", blob_), "FENCE",
                    std::to_string(attempt_.fence));
  }

  httplib::Result Send(const std::string& caller, const std::string& method,
                       const std::string& path, const std::string& body = "") {
    httplib::Client client("127.0.0.1", port_);
    httplib::Request request;
    request.method = method;
    request.path = path;
    request.body = body;
    if (caller != "nobody") request.set_header("Authorization", "Bearer " + tokens_.at(caller));
    // What only the worker itself was given; in the wrong hands it must open nothing.
    request.set_header("X-Ticket", MakeTicket(attempt_.id, attempt_.secret));
    return client.send(request);
  }

  http::Server sessions_;
  std::string endpoint_;
  std::map<std::string, std::string> tokens_;
  std::map<std::string, std::string> ids_;
  Worker worker_;
  Attempt attempt_;
  std::string blob_;
  std::string job_;
  std::string victim_;
};

TEST_F(MatrixTest, EachCallerGetsWhatTheTableSays) {
  for (const RouteRow& route : AllRoutes()) {
    const Row& row = kRows.at(route.handler);
    std::istringstream statuses{std::string(row.statuses)};
    for (const char* caller : kCallers) {
      Begin();
      if (HasFatalFailure()) return;
      std::string expected;
      statuses >> expected;
      const auto result =
          Send(caller, UpperCase(route.method), PathOf(route, row), Filled(std::string(row.body)));
      ASSERT_TRUE(result) << route.handler << " as " << caller;
      const std::string got = result->status < 300 ? "ok" : std::to_string(result->status);
      EXPECT_EQ(got, expected) << route.handler << " as " << caller << ": " << result->body;
    }
  }
}

// HEAD is GET without a body, and what a path does not have is 405 with what it has.
TEST_F(MatrixTest, OtherMethodsAreRefusedWithThoseThereAre) {
  Begin();
  std::map<std::string, std::string> allowed;  // by path
  for (const RouteRow& route : AllRoutes()) {
    std::string& text = allowed[Replaced(PathOf(route, {}), Sha256Hex("bytes"), blob_)];
    const std::string method = UpperCase(route.method);
    text += (text.empty() ? "" : ", ") + method + (method == "GET" ? ", HEAD" : "");
  }
  for (auto& [path, methods] : allowed) {
    if (path.ends_with("/kill")) methods = "GET, HEAD, " + methods;  // as if it were a stream
    for (const std::string method : {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
      if (methods.find(method) != std::string::npos) continue;
      const auto result = Send("root", method, path);
      ASSERT_TRUE(result) << method << " " << path;
      EXPECT_EQ(result->status, 405) << method << " " << path;
      EXPECT_EQ(result->get_header_value("Allow"), methods) << method << " " << path;
      EXPECT_EQ(Send("revoked", method, path)->status, 401) << method << " " << path;
    }
  }
  EXPECT_EQ(Send("root", "GET", "/v1/nothing")->status, 404);
  EXPECT_EQ(Send("ada", "HEAD", "/v1/jobs/" + job_)->status, 200);
}

}  // namespace
}  // namespace csl::appliance
