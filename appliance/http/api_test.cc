// SPDX-License-Identifier: Apache-2.0
// The API over a real socket, with a worker that this test plays.
#include "appliance/http/api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <future>

#include "appliance/http/api_fixture.h"

namespace csl::appliance {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr std::chrono::seconds kPatience{20};

TEST_F(ApiTest, BrowsersAndForeignHostsAreRefused) {
  EXPECT_EQ(Do("ada", "GET", "/v1/version", nullptr, {{"Host", "evil.example"}}).status().code(),
            StatusCode::kPermissionDenied);
  EXPECT_EQ(
      Do("ada", "GET", "/v1/version", nullptr, {{"Origin", "http://localhost"}}).status().code(),
      StatusCode::kPermissionDenied);
  EXPECT_TRUE(Do("ada", "GET", "/v1/version", nullptr, {{"Host", "localhost:1234"}}).ok());
}

TEST_F(ApiTest, ACompileThroughAllItsRoutes) {
  const std::string blob = Upload("ada", "source");
  const json worker = *Do("worker", "POST", "/v1/workers/register",
                          {{"name", "one"}, {"cpu_milli", 1000}, {"mem_bytes", 1 << 30}});
  const json job = *Do("ada", "POST", "/v1/jobs", CompileBody(blob), {{"Idempotency-Key", "k"}});
  EXPECT_EQ((*Do("ada", "POST", "/v1/jobs", CompileBody(blob), {{"Idempotency-Key", "k"}}))["id"],
            job["id"]);
  const std::string path = "/v1/jobs/" + job["id"].get<std::string>();
  const json poll =
      *Do("worker", "POST", "/v1/workers/" + worker["worker_id"].get<std::string>() + "/poll",
          {{"running", json::array()}});
  const json taken = poll["assignments"].at(0);
  EXPECT_EQ(taken["job"]["compile"]["csl_main"], "layout.csl");
  const std::string attempt = "/v1/attempts/" + std::to_string(taken["attempt"].get<int64_t>());
  const std::string fence = "?fence=" + std::to_string(taken["fence"].get<int64_t>());

  // The attempt's number and fence can be guessed, its secret cannot: without it nothing is there.
  const std::string number = std::to_string(taken["attempt"].get<int64_t>());
  const std::string secret = taken["ticket_secret"];
  const std::map<std::string, std::string> ticket = {
      {"X-Ticket", number + "." + Sha256Hex(secret + ":" + number)}};
  http::Client as_worker({.url = url_, .bearer = "worker"});
  EXPECT_EQ(as_worker.Do({.path = attempt + "/blobs/" + blob + fence}).status().code(),
            StatusCode::kNotFound);
  EXPECT_EQ(Do("worker", "POST", attempt + "/transition",
               {{"fence", taken["fence"]}, {"to", "STARTING"}}, {{"X-Ticket", number + ".0"}})
                .status()
                .code(),
            StatusCode::kNotFound);
  const auto get = [&](const std::string& digest) {
    return as_worker.Do({.path = attempt + "/blobs/" + digest + fence, .headers = ticket});
  };
  EXPECT_EQ(get(blob)->body, "source");
  EXPECT_EQ(get(std::string(64, '0')).status().code(), StatusCode::kNotFound);
  for (const char* to : {"STARTING", "RUNNING"}) {
    ASSERT_TRUE(Do("worker", "POST", attempt + "/transition",
                   {{"fence", taken["fence"]}, {"to", to}}, ticket)
                    .ok());
  }
  http::Call log{
      .method = "PUT", .path = attempt + "/log" + fence + "&offset=0", .headers = ticket};
  log.body = "hello\n";
  ASSERT_TRUE(as_worker.Do(log).ok());
  ASSERT_TRUE(as_worker.Do(log).ok());  // a repeated request
  http::Call result{
      .method = "PUT", .path = attempt + "/blobs/" + Sha256Hex("out") + fence, .headers = ticket};
  result.body = "out";
  ASSERT_TRUE(as_worker.Do(result).ok());
  ASSERT_TRUE(Do("worker", "POST", attempt + "/transition",
                 {{"fence", taken["fence"]},
                  {"to", "SUCCEEDED"},
                  {"result", {{"artifact", Sha256Hex("out")}, {"exit_code", 0}}}},
                 ticket)
                  .ok());

  const json done = *Do("ada", "GET", path);
  EXPECT_EQ(done["state"], "SUCCEEDED");
  http::Client as_ada({.url = url_, .bearer = "ada"});
  EXPECT_EQ(as_ada.Do({.path = "/v1/blobs/" + done["artifact"].get<std::string>()})->body, "out");
  const auto read = as_ada.Do({.path = path + "/log?offset=2"});
  EXPECT_EQ(read->body, "llo\n");
  EXPECT_EQ(read->headers.at("x-complete"), "true");
  EXPECT_EQ((*Do("ada", "GET", path + "/events"))["events"].size(), 5u);
  EXPECT_EQ((*Do("ada", "GET", "/v1/jobs?all=1"))["jobs"].size(), 1u);
  EXPECT_EQ((*Do("ada", "GET", "/v1/jobs"))["jobs"].size(), 0u);
}

TEST_F(ApiTest, WhatBelongsToOthersDoesNotExist) {
  const std::string blob = Upload("ada", "source");
  const json job = *Do("ada", "POST", "/v1/jobs", CompileBody(blob));
  const std::string path = "/v1/jobs/" + job["id"].get<std::string>();
  for (const std::string sub : {"", "/events", "/log", "/files/x", "/commands/0"}) {
    EXPECT_EQ(Do("bob", "GET", path + sub).status().code(), StatusCode::kNotFound) << sub;
  }
  for (const std::string sub : {"/cancel", "/lease", "/finish"}) {
    EXPECT_EQ(Do("bob", "POST", path + sub, json::object()).status().code(), StatusCode::kNotFound);
  }
  EXPECT_EQ(Do("bob", "GET", "/v1/blobs/" + blob).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(Do("bob", "GET", "/v1/jobs?namespace=team-a").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(Do("bob", "POST", "/v1/jobs", CompileBody(blob)).status().code(),
            StatusCode::kNotFound);
}

TEST_F(ApiTest, BadRequestsNameWhatIsWrong) {
  const auto message = [this](const json& body) {
    return Do("ada", "POST", "/v1/jobs", body).status().message();
  };
  EXPECT_THAT(message({{"kind", "train"}}), HasSubstr("job kind is 'train'"));
  EXPECT_THAT(message({{"kind", 7}}), HasSubstr("'kind' is 7; must be a string"));
  EXPECT_THAT(message({{"kind", "compile"}}), HasSubstr("needs an object 'compile'"));
  EXPECT_THAT(Do("ada", "GET", "/v1/jobs?limit=x").status().message(),
              HasSubstr("limit is 'x'; must be a whole number"));
  EXPECT_THAT(Do("ada", "GET", "/v1/jobs?state=DONE").status().message(), HasSubstr("DONE"));
  json deep = json::array();
  for (int i = 0; i < kMaxJsonDepth; ++i) deep = json::array({deep});
  EXPECT_THAT(message({{"kind", deep}}), HasSubstr("nested more than"));
  EXPECT_EQ(Do("ada", "GET", "/v1/nothing").status().code(), StatusCode::kNotFound);
}

TEST_F(ApiTest, ABlobIsTheBytesOfItsDigest) {
  http::Client client({.url = url_, .bearer = "ada"});
  http::Call call{.method = "PUT", .path = "/v1/blobs/" + Sha256Hex("a") + "?namespace=team-a"};
  call.body = "b";
  EXPECT_EQ(client.Do(call).status().code(), StatusCode::kInvalidArgument);
  call.path = "/v1/blobs/..%2F..%2Fetc%2Fpasswd?namespace=team-a";
  EXPECT_FALSE(client.Do(call).ok());
  call.path = "/v1/blobs/" + Sha256Hex("b") + "?namespace=team-b";
  EXPECT_EQ(client.Do(call).status().code(), StatusCode::kNotFound);
}

TEST_F(ApiTest, TheDatabaseHoldsNoToken) {
  const json made = *Do("admin", "POST", "/v1/tokens", {{"namespaces", {"team-a"}}, {"user", "c"}});
  const std::string token = made["token"];
  EXPECT_TRUE(Do(token, "GET", "/v1/jobs").ok());
  for (const char* suffix : {"", "-wal"}) {
    const auto bytes = ReadTextFile(folder_ / (std::string("jobs.db") + suffix));
    if (bytes.ok()) {
      EXPECT_EQ(bytes->find(token), std::string::npos);
    }
  }
}

TEST_F(ApiTest, ARevokedTokenEndsOnKeptConnectionsAndInLongPollsAtOnce) {
  const json made = *Do("admin", "POST", "/v1/tokens", {{"namespaces", {"team-a"}}, {"user", "c"}});
  const std::string token = made["token"];
  EXPECT_EQ(made["state"], "valid");
  const std::string blob = Upload(token, "source");
  const json job = *Do(token, "POST", "/v1/jobs", CompileBody(blob));
  const std::string events = "/v1/jobs/" + job["id"].get<std::string>() + "/events?after=1";
  http::Client kept({.url = url_, .bearer = token});
  ASSERT_TRUE(kept.Do({.path = "/v1/jobs"}).ok());
  auto polled = std::async(std::launch::async, [&] {
    http::Client client({.url = url_, .bearer = token});
    return client.Do({.path = events + "&wait_ms=60000"}).status().code();
  });
  const auto asked = std::chrono::steady_clock::now();
  // Used last by the poll: it has come.
  const auto last_used = [&] {
    const json answer = *Do("admin", "GET", "/v1/tokens");
    for (const json& one : answer["tokens"]) {
      EXPECT_FALSE(one.contains("token"));
      if (one["id"] == made["id"]) return one.value("last_used_ms", int64_t{0});
    }
    return int64_t{0};
  };
  const int64_t before = last_used();
  while (last_used() == before && std::chrono::steady_clock::now() - asked < kPatience) {
  }
  const json gone = *Do("admin", "DELETE", "/v1/tokens/" + made["id"].get<std::string>());
  EXPECT_EQ(gone["state"], "revoked");
  EXPECT_EQ(polled.get(), StatusCode::kUnauthenticated);
  EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(50));
  EXPECT_EQ(kept.Do({.path = "/v1/jobs"}).status().code(), StatusCode::kUnauthenticated);
  EXPECT_EQ(Do("ada", "DELETE", "/v1/tokens/x").status().code(), StatusCode::kPermissionDenied);
  EXPECT_EQ(Do("admin", "DELETE", "/v1/tokens/x").status().code(), StatusCode::kNotFound);
  const auto count = [&](const std::string& query) {
    return (*Do("admin", "GET", "/v1/tokens" + query))["tokens"].size();
  };
  EXPECT_EQ(count(""), 4u);  // those of the set-up
  EXPECT_EQ(count("?all=1"), 5u);
}

TEST_F(ApiTest, ALongPollEndsWhenItsTokenExpires) {
  const json made = *Do("admin", "POST", "/v1/tokens",
                        {{"namespaces", {"team-a"}}, {"user", "c"}, {"expires_s", 1}});
  const std::string token = made["token"];
  const std::string blob = Upload("ada", "source");
  const json job = *Do("ada", "POST", "/v1/jobs", CompileBody(blob));
  auto polled = std::async(std::launch::async, [&] {
    return Do(token, "GET",
              "/v1/jobs/" + job["id"].get<std::string>() + "/events?after=1&wait_ms=60000")
        .status()
        .code();
  });
  while (polled.wait_for(std::chrono::milliseconds(10)) != std::future_status::ready) {
    ASSERT_TRUE(service_->Tick().ok());
  }
  EXPECT_EQ(polled.get(), StatusCode::kUnauthenticated);
}

TEST_F(ApiTest, TheOpenApiDocumentHasEveryRoute) {
  const json document = json::parse(OpenApiDocument());
  size_t operations = 0;
  for (const auto& [path, methods] : document["paths"].items()) operations += methods.size();
  EXPECT_EQ(operations, AllRoutes().size());
}

TEST_F(ApiTest, ADryRunAnswersAndAddsNoJob) {
  const std::string blob = Upload("ada", "source");
  ASSERT_TRUE(Do("worker", "POST", "/v1/workers/register",
                 {{"name", "one"}, {"cpu_milli", 4000}, {"mem_bytes", 4000}})
                  .ok());
  json body = CompileBody(blob);
  body["cpu_milli"] = 9000;
  body["mem_bytes"] = 10;
  const auto refused = Do("ada", "POST", "/v1/jobs?dry_run=true", body);
  ASSERT_TRUE(refused.ok()) << refused.status().message();
  EXPECT_EQ((*refused)["fits"], false);
  EXPECT_EQ((*refused)["limits"], json::array({"cpu_milli"}));
  body["cpu_milli"] = 4000;
  EXPECT_EQ((*Do("ada", "POST", "/v1/jobs?dry_run=true", body))["starts_now"], true);
  ASSERT_TRUE(Do("ada", "POST", "/v1/jobs", body).ok());
  const json waits = *Do("ada", "POST", "/v1/jobs?dry_run=true", body);
  EXPECT_EQ(waits["position"], 1);
  EXPECT_FALSE(waits.contains("estimated_start_ms"));
  EXPECT_EQ((*Do("ada", "GET", "/v1/jobs?all=1"))["jobs"].size(), 1u);
}

TEST_F(ApiTest, AWaitingJobsPriorityAndLabelsAreSet) {
  const std::string blob = Upload("ada", "source");
  const std::string id = (*Do("ada", "POST", "/v1/jobs", CompileBody(blob)))["id"];
  const std::string path = "/v1/jobs/" + id;
  EXPECT_EQ((*Do("ada", "POST", path + "/priority", {{"priority", 150}}))["priority"], 150);
  EXPECT_EQ(Do("ada", "POST", path + "/priority", {{"priority", 99}}).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(Do("ada", "POST", path + "/priority", json::object()).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ((*Do("ada", "POST", path + "/labels", {{"labels", {{"k", "v"}}}}))["labels"],
            json({{"k", "v"}}));
  EXPECT_EQ((*Do("ada", "POST", path + "/labels", {{"remove", {"k"}}}))["labels"], json::object());
  EXPECT_EQ(Do("ada", "POST", path + "/labels", {{"remove", {1}}}).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(Do("bob", "POST", path + "/labels", json::object()).status().code(),
            StatusCode::kNotFound);
  EXPECT_EQ((*Do("ada", "GET", "/v1/jobs?state=RUNNING,QUEUED"))["jobs"].size(), 1u);
  EXPECT_EQ((*Do("ada", "GET", "/v1/jobs?state=RUNNING,FAILED"))["jobs"].size(), 0u);
  EXPECT_EQ(Do("ada", "GET", "/v1/jobs?state=RUNNING,running").status().code(),
            StatusCode::kInvalidArgument);
}

TEST_F(ApiTest, TheClusterIsShown) {
  ASSERT_TRUE(Do("worker", "POST", "/v1/workers/register",
                 {{"name", "one"}, {"cpu_milli", 4000}, {"mem_bytes", 4000}, {"systems", 2}})
                  .ok());
  json body = CompileBody(Upload("ada", "source"));
  body["cpu_milli"] = 3000;
  body["mem_bytes"] = 10;
  ASSERT_TRUE(Do("ada", "POST", "/v1/jobs", body).ok());
  const json cluster = *Do("ada", "GET", "/v1/cluster");
  EXPECT_EQ(cluster["states"]["READY"],
            json({{"workers", 1},
                  {"total", {{"cpu_milli", 4000}, {"mem_bytes", 4000}, {"systems", 2}}},
                  {"used", {{"cpu_milli", 3000}, {"mem_bytes", 10}, {"systems", 0}}}}));
  EXPECT_EQ(cluster["states"]["LOST"]["workers"], 0);
  EXPECT_EQ(cluster["workers"][0]["jobs"], 1);
  EXPECT_EQ(cluster["jobs"]["SCHEDULED"], 1);
}

}  // namespace
}  // namespace csl::appliance
