// SPDX-License-Identifier: Apache-2.0
// What a worker hears from the service and says to it, over a real socket.
#include <type_traits>
#include <vector>

#include "appliance/http/api_fixture.h"
#include "base/digest/ticket.h"
#include "proto/worker_messages.h"

namespace csl::appliance {
namespace {

using messages::Need;

// The names of fields that have their type's first value: nobody has set them.
template <typename T>
void AddUnset(const T& value, const std::string& path, std::vector<std::string>& unset) {
  if constexpr (requires { typename T::IsMessage; }) {
    VisitFields(value, [&](const char* name, const auto& member, Need) {
      using Member = std::decay_t<decltype(member)>;
      if constexpr (requires { member.has_value(); }) {
        if (member) AddUnset(*member, path + "." + name, unset);
      } else {
        if (member == Member{}) unset.push_back(path + "." + name);
        AddUnset(member, path + "." + name, unset);
      }
    });
  }
}

class WorkerRoutesTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    Join();
  }
  // What it had is over.
  void Join() {
    const messages::WorkerRequest worker{
        .name = "one", .cpu_milli = 4000, .mem_bytes = 1 << 30, .systems = 2};
    const auto reply = Post("/v1/workers/register", messages::ToText(worker));
    ASSERT_TRUE(reply.ok()) << reply.status().message();
    const auto joined = messages::FromText<messages::Joined>(reply->body);
    ASSERT_TRUE(joined.ok()) << joined.status().message();
    worker_ = joined->worker_id;
    EXPECT_GT(joined->lease_ms, 0);
  }

  StatusOr<http::Reply> Post(const std::string& path, const std::string& body,
                             const std::string& ticket = "") {
    http::Client client({.url = url_, .bearer = "worker"});
    http::Call call;
    call.method = "POST";
    call.path = path;
    call.body = body;
    if (!ticket.empty()) call.headers["X-Ticket"] = ticket;
    return client.Do(call);
  }
  messages::Attempt Take(const json& job) {
    EXPECT_TRUE(Do("ada", "POST", "/v1/jobs", job).ok());
    const auto reply = Post("/v1/workers/" + worker_ + "/poll", R"({"running": []})");
    EXPECT_TRUE(reply.ok()) << reply.status().message();
    auto poll = messages::FromText<messages::PollReply>(reply->body);
    EXPECT_TRUE(poll.ok()) << poll.status().message();
    EXPECT_EQ(poll->assignments.size(), 1u);
    return std::move(poll->assignments.at(0));
  }
  std::string RefusalOf(const std::string& path, const std::string& body,
                        const std::string& ticket = "") {
    const auto reply = Post(path, body, ticket);
    EXPECT_EQ(reply.status().code(), StatusCode::kInvalidArgument) << body;
    return reply.status().message();
  }

  std::string worker_;
};

// A field that the service does not fill in, or a worker does not read, is found here.
TEST_F(WorkerRoutesTest, EveryFieldOfAnAttemptIsFilledIn) {
  json compile = CompileBody(Upload("ada", "source"));
  json launch = {{"kind", "launch"},
                 {"namespace", "team-a"},
                 {"launch", {{"artifact", Upload("ada", "artifact")}, {"simulator", true}}}};
  for (json* job : {&compile, &launch}) {
    (*job)["job_time_sec"] = 60;
    (*job)["cpu_milli"] = 1000;
    (*job)["mem_bytes"] = 1 << 20;
    const messages::Attempt taken = Take(*job);
    std::vector<std::string> unset;
    AddUnset(taken, "", unset);
    // kCompile is the first kind; a compile, or a session on the simulator, takes no CS system.
    std::erase(unset, ".job.kind");
    std::erase(unset, ".job.resources.systems");
    EXPECT_EQ(unset, std::vector<std::string>()) << taken.job.id;
    EXPECT_EQ(taken.job.compile.has_value(), taken.job.kind == JobKind::kCompile);
    EXPECT_EQ(taken.job.launch.has_value(), taken.job.kind == JobKind::kLaunch);
    ASSERT_TRUE(Do("ada", "POST", "/v1/jobs/" + taken.job.id + "/cancel", json::object()).ok());
    Join();
  }
}

TEST_F(WorkerRoutesTest, AReportReachesTheJob) {
  const messages::Attempt taken = Take(CompileBody(Upload("ada", "source")));
  const std::string path = "/v1/attempts/" + std::to_string(taken.attempt) + "/transition";
  const std::string ticket = MakeTicket(taken.attempt, taken.ticket_secret);
  messages::ReportRequest report{.fence = taken.fence};
  for (const JobState to : {JobState::kStarting, JobState::kRunning}) {
    report.to = to;
    ASSERT_TRUE(Post(path, messages::ToText(report), ticket).ok());
  }
  report = {.fence = taken.fence,
            .to = JobState::kFailed,
            .reason = EndReason::kCompilationFailed,
            .message = "cslc ended with exit code 1",
            .result = {.artifact = {}, .exit_code = 1}};
  ASSERT_TRUE(Post(path, messages::ToText(report), ticket).ok());
  const json job = *Do("ada", "GET", "/v1/jobs/" + taken.job.id);
  EXPECT_EQ(job["state"], "FAILED");
  EXPECT_EQ(job["reason"], "CompilationFailed");
  EXPECT_EQ(job["message"], "cslc ended with exit code 1");
  EXPECT_EQ(job["exit_code"], 1);
}

TEST_F(WorkerRoutesTest, ABodyThatIsWrongIsRefusedByTheNameOfItsField) {
  EXPECT_EQ(RefusalOf("/v1/workers/register", R"({"name": "one"})"), "'cpu_milli' is missing");
  EXPECT_EQ(
      RefusalOf("/v1/workers/register", R"({"name": ["one"], "cpu_milli": 1, "mem_bytes": 1})"),
      R"('name' is ["one"]; must be a string)");
  EXPECT_EQ(RefusalOf("/v1/workers/register",
                      R"({"name": "one", "cpu_milli": 1, "mem_bytes": 1, "sandbox": []})"),
            "'sandbox' is []; must be an object");
  EXPECT_EQ(RefusalOf("/v1/workers/certificate", "{}"), "'request' is missing");
  EXPECT_EQ(RefusalOf("/v1/workers/" + worker_ + "/poll", R"({"running": 1})"),
            "'running' is 1; must be a list");
  const messages::Attempt taken = Take(CompileBody(Upload("ada", "source")));
  const std::string path = "/v1/attempts/" + std::to_string(taken.attempt) + "/transition";
  const std::string ticket = MakeTicket(taken.attempt, taken.ticket_secret);
  EXPECT_EQ(RefusalOf(path, R"({"to": "FAILED"})", ticket), "'fence' is missing");
  EXPECT_TRUE(RefusalOf(path, R"({"fence": 1, "to": "Failed"})", ticket)
                  .starts_with("'to' is \"Failed\"; must be one of QUEUED, "));
  EXPECT_TRUE(RefusalOf(path, R"({"fence": 1, "to": "FAILED", "reason": "Oops"})", ticket)
                  .starts_with("'reason' is \"Oops\"; must be one of '', "));
  EXPECT_EQ((*Do("ada", "GET", "/v1/jobs/" + taken.job.id))["state"], "SCHEDULED");
}

}  // namespace
}  // namespace csl::appliance
