// SPDX-License-Identifier: Apache-2.0
#include "worker/agent/service_client.h"

#include <gtest/gtest.h>
#include <httplib.h>

#include <mutex>
#include <string>

#include "base/digest/ticket.h"
#include "base/http/server.h"

namespace csl::worker {
namespace {

constexpr char kPoll[] =
    R"({"assignments": [)"
    R"({"attempt": 7, "fence": 9, "ticket_secret": "s", "job": {"id": "wsjob-a",)"
    R"( "kind": "compile", "namespace": "team-a", "time_limit_ms": 60000,)"
    R"( "resources": {"cpu_milli": 1000, "mem_bytes": 2000, "systems": 0},)"
    R"( "compile": {"source": "ab", "csl_main": "layout.csl", "args": ["-o", "out"]}}},)"
    R"({"attempt": 8, "fence": 10, "ticket_secret": "t", "job": {"id": "wsjob-b",)"
    R"( "kind": "launch", "namespace": "team-a", "time_limit_ms": 0,)"
    R"( "resources": {"cpu_milli": 1, "mem_bytes": 2, "systems": 3},)"
    R"( "launch": {"artifact": "cd", "simulator": true}}}], "cancel": [5]})";

// A service that gives one answer to everything.
class ServiceClientTest : public ::testing::Test {
 protected:
  void SetUp() override {
    service_.routes().Post(".*",
                           [this](const httplib::Request& request, httplib::Response& response,
                                  const httplib::ContentReader& reader) {
                             std::lock_guard lock(mutex_);
                             said_.clear();
                             reader([this](const char* data, size_t size) {
                               said_.append(data, size);
                               return true;
                             });
                             ticket_ = request.get_header_value("X-Ticket");
                             response.set_content(answer_, "application/json");
                           });
    const auto port = service_.ListenTcp("127.0.0.1", 0);
    ASSERT_TRUE(port.ok() && service_.Start().ok());
    client_ = std::make_unique<ServiceClient>(
        http::ClientOptions{.url = "http://127.0.0.1:" + std::to_string(*port), .bearer = "x"});
  }
  void TearDown() override { service_.Stop(); }

  void WillAnswer(const std::string& text) {
    std::lock_guard lock(mutex_);
    answer_ = text;
  }
  StatusOr<PollResult> Poll() { return client_->Poll("worker-a", {3}, 10, 10'000); }
  std::string WhyNot(const Status& status) {
    EXPECT_EQ(status.code(), StatusCode::kDataLoss) << status.message();
    return status.message();
  }

  http::Server service_;
  std::unique_ptr<ServiceClient> client_;
  std::mutex mutex_;
  std::string answer_;
  std::string said_;
  std::string ticket_;
};

TEST_F(ServiceClientTest, APollGivesAttemptsWithTheirTickets) {
  WillAnswer(kPoll);
  const auto result = Poll();
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_EQ(said_, R"({"running":[3],"wait_ms":10})");
  EXPECT_EQ(result->cancel, std::vector<int64_t>{5});
  ASSERT_EQ(result->attempts.size(), 2u);
  const Attempt& compile = result->attempts[0];
  EXPECT_EQ(compile.id, 7);
  EXPECT_EQ(compile.fence, 9);
  EXPECT_EQ(compile.ticket, MakeTicket(7, "s"));
  EXPECT_TRUE(compile.is_compile());
  EXPECT_EQ(compile.blob(), "ab");
  EXPECT_EQ(compile.job.compile->args, (std::vector<std::string>{"-o", "out"}));
  const Attempt& session = result->attempts[1];
  EXPECT_FALSE(session.is_compile());
  EXPECT_EQ(session.blob(), "cd");
  EXPECT_EQ(session.job.resources, (messages::Resources{1, 2, 3}));
}

TEST_F(ServiceClientTest, AReportIsWhatTheReleaseBeforeSends) {
  WillAnswer("{}");
  const Attempt attempt{.id = 7, .fence = 9, .ticket = "7.t", .job = {}};
  messages::ReportRequest report{
      .to = JobState::kFailed, .reason = EndReason::kOutOfMemory, .message = "too much"};
  report.result.exit_code = 1;
  EXPECT_TRUE(client_->Report(attempt, report, [] { return false; }).ok());
  EXPECT_EQ(said_, R"({"fence":9,"message":"too much","reason":"OutOfMemory",)"
                   R"("result":{"exit_code":1},"to":"FAILED"})");
  EXPECT_EQ(ticket_, "7.t");
}

// A worker waits for a service that it does not understand; it never ends for that.
TEST_F(ServiceClientTest, AnAnswerThatIsWrongNamesItsField) {
  const std::string prefix = "the service's answer to a poll is not understood: ";
  for (const auto& [from, to, why] : {
           std::tuple{R"("attempt": 7)", R"("attempt": "7")", "'assignments[0].attempt' is \"7\";"},
           std::tuple{R"("kind": "launch")", R"("kind": "train")",
                      "'assignments[1].job.kind' is \"train\"; must be one of compile, launch"},
           std::tuple{R"("kind": "launch")", R"("kind": "compile")",
                      "'job.compile' of attempt 8 is missing"},
           std::tuple{R"("csl_main": "layout.csl", )", "",
                      "'assignments[0].job.compile.csl_main' is missing"},
           std::tuple{R"("cancel": [5])", R"("cancel": 5)", "'cancel' is 5; must be a list"},
           std::tuple{R"("cancel": [5]})", "", "the body is not JSON"},
       }) {
    std::string text = kPoll;
    ASSERT_NE(text.find(from), std::string::npos) << from;
    WillAnswer(text.replace(text.find(from), std::string(from).size(), to));
    const std::string message = WhyNot(Poll().status());
    EXPECT_TRUE(message.starts_with(prefix + why)) << message;
  }
  WillAnswer(R"({"worker_id": 3, "lease_ms": 1})");
  EXPECT_EQ(WhyNot(client_->Register({}, 1'000).status()),
            "the service's answer to a registration is not understood: 'worker_id' is 3; must be a "
            "string");
  WillAnswer(R"({"worker_id": "a", "lease_ms": -1})");
  EXPECT_EQ(WhyNot(client_->Register({}, 1'000).status()),
            "the service's lease is -1 ms; must be at least 0");
}

}  // namespace
}  // namespace csl::worker
