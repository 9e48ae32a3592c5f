// SPDX-License-Identifier: Apache-2.0
// What neither the service nor the worker can show alone.
#include "tests/pair/pair.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <nlohmann/json.hpp>

#include "base/http/client.h"

namespace csl::tests {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::chrono::milliseconds kHeadStart{100};
constexpr uint64_t kLargeBytes = 1 << 20;  // is not read ahead

class PairTest : public ::testing::Test {
 protected:
  // Short, as the path of a socket must be.
  Pair pair_{fs::temp_directory_path() / ("pair-" + std::to_string(::getpid())), {}};

  StatusOr<http::Reply> Do(http::Call call) {
    http::Client client({.url = "unix:" + pair_.service_socket(), .bearer = kUserToken});
    call.path = "/v1/jobs/" + pair_.job() + call.path;
    call.patience = std::chrono::milliseconds(0);
    return client.Do(call);
  }
};

TEST_F(PairTest, RequestsOfASessionReachItsWorker) {
  EXPECT_EQ(Do({.path = std::string("/files/") + Pair::kCanaryName})->body, Pair::kCanary);
  EXPECT_TRUE(Do({.method = "PUT", .path = "/files/new", .body = "bytes"}).ok());
  EXPECT_EQ(Do({.path = "/files/new"})->body, "bytes");
  http::Call run{.method = "POST", .path = "/commands?wait_ms=60000"};
  run.body = R"({"command": "text"})";
  EXPECT_EQ(json::parse(Do(run)->body)["state"], "exited");
  EXPECT_EQ(Do({.path = "/commands/0/stdout?wait_ms=60000"})->body, "text");
  run.path = "/commands";
  run.body = R"({"command": "wait"})";
  EXPECT_EQ(json::parse(Do(run)->body)["state"], "started");
  EXPECT_TRUE(Do({.method = "POST", .path = "/commands/1/kill"}).ok());
  EXPECT_EQ(json::parse(Do({.path = "/commands/1?wait_ms=60000"})->body)["exit_code"], 137);
}

TEST_F(PairTest, ARangeBehindTheEndIsAnsweredWithTheSizeThatThereIs) {
  http::Call call{.path = std::string("/files/") + Pair::kCanaryName,
                  .headers = {{"Range", "bytes=1000-"}}};
  int status = 0;
  std::string range;
  call.takes_416 = true;
  call.on_header = [&](int code, const std::map<std::string, std::string>& headers) {
    status = code;
    range = headers.contains("content-range") ? headers.at("content-range") : "";
    return true;
  };
  const auto answer = Do(call);
  EXPECT_EQ(status, 416);
  EXPECT_EQ(range, "bytes */" + std::to_string(std::string(Pair::kCanary).size()));
  EXPECT_EQ(answer.status().code(), StatusCode::kOutOfRange);
}

// A body that unpacks to more than was announced would reach the worker as another request.
TEST_F(PairTest, ABodyThatIsPackedIsNotTaken) {
  const auto answer = Do({.method = "PUT",
                          .path = "/files/new",
                          .headers = {{"Content-Encoding", "gzip"}},
                          .body = "five!"});
  ASSERT_FALSE(answer.ok());
  EXPECT_THAT(answer.status().message(), HasSubstr("Content-Encoding"));
  EXPECT_EQ(Do({.path = "/files/new"}).status().code(), StatusCode::kNotFound);
}

// One request for each route that is sent on to a worker.
std::vector<http::Call> ForwardedCalls() {
  std::vector<http::Call> calls;
  for (const appliance::RouteRow& row : appliance::AllRoutes()) {
    std::string path = row.path;
    const std::string prefix = "/v1/jobs/{id}";
    const bool forwarded =
        path.starts_with(prefix + "/files/") || path.starts_with(prefix + "/commands");
    if (!forwarded) continue;
    path.erase(0, prefix.size());
    for (const auto& [name, value] : {std::pair("{path*}", "canary-of-the-pair"),
                                      std::pair("{index}", "0"), std::pair("{stream}", "stdout")}) {
      if (const size_t at = path.find(name); at != std::string::npos) {
        path.replace(at, std::string(name).size(), value);
      }
    }
    http::Call call{.method = row.method, .path = path};
    for (char& c : call.method) c = static_cast<char>(std::toupper(c));
    if (call.method == "POST") call.body = R"({"command": "text"})";
    if (call.method == "PUT") call.body = "bytes";
    calls.push_back(call);
    if (call.method != "PUT") continue;
    call.body.clear();
    call.stream_bytes = kLargeBytes;
    call.stream = [](const auto& write) {
      const std::string piece(1 << 16, 'x');
      for (uint64_t sent = 0; sent < kLargeBytes; sent += piece.size()) {
        if (!write(piece.data(), piece.size())) return false;
      }
      return true;
    };
    calls.push_back(call);
  }
  return calls;
}

// Between the start of a worker and its registration a job's record still says RUNNING. Whatever is
// asked of its session then is answered by what became of it, never by "not here".
TEST_F(PairTest, ASessionWhoseWorkerStartedAnewIsLostToEveryRequest) {
  http::Call first{.method = "POST", .path = "/commands?wait_ms=60000"};
  first.body = R"({"command": "first"})";
  ASSERT_TRUE(Do(first).ok());
  const std::vector<http::Call> calls = ForwardedCalls();
  ASSERT_GE(calls.size(), 7u);
  pair_.ForgetSession();
  std::vector<std::future<StatusOr<http::Reply>>> answers;
  for (const http::Call& call : calls) {
    answers.push_back(std::async(std::launch::async, [this, &call] { return Do(call); }));
  }
  // So that they are asked before; where they are not, they are answered the same.
  for (auto& answer : answers) answer.wait_for(kHeadStart);
  pair_.RegisterAnew();
  for (size_t i = 0; i < calls.size(); ++i) {
    const auto answer = answers[i].get();
    const std::string what = calls[i].method + " " + calls[i].path;
    if (answer.ok()) {  // the record of a command
      const json record = json::parse(answer->body);
      EXPECT_THAT(record["state"], AnyOf("lost", "exited")) << what;
    } else {
      EXPECT_EQ(answer.status().code(), StatusCode::kFailedPrecondition) << what;
      EXPECT_THAT(answer.status().message(), HasSubstr("is LOST")) << what;
      EXPECT_THAT(answer.status().message(), HasSubstr("started anew")) << what;
    }
  }
}

TEST_F(PairTest, ACommandForAWorkerThatStartedAnewIsLostAndNeverSentAgain) {
  pair_.ForgetSession();
  for (int again = 0; again < 2; ++again) {  // the second is answered from the record
    http::Call run{.method = "POST", .path = "/commands", .headers = {{"Idempotency-Key", "k"}}};
    run.body = R"({"command": "text"})";
    const auto answer = Do(run);
    ASSERT_TRUE(answer.ok()) << answer.status().message();
    EXPECT_EQ(json::parse(answer->body)["state"], "lost");
  }
}

}  // namespace
}  // namespace csl::tests
