// SPDX-License-Identifier: Apache-2.0
// Events and logs as streams of server-sent events, and the routes for those who watch.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <sys/socket.h>

#include <fstream>
#include <thread>

#include "appliance/http/api_fixture.h"

namespace csl::appliance {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

// One stream, read on a thread of its own.
class Listener {
 public:
  Listener(int port, const std::string& token, const std::string& path,
           const std::string& last_id = "")
      : client_("127.0.0.1", port) {
    client_.set_read_timeout(20);
    httplib::Headers headers = {{"Accept", "text/event-stream"},
                                {"Authorization", "Bearer " + token}};
    if (!last_id.empty()) headers.emplace("Last-Event-ID", last_id);
    thread_ = std::thread([this, path, headers] {
      const auto result = client_.Get(path, headers, [this](const char* data, size_t size) {
        std::lock_guard lock(mutex_);
        text_.append(data, size);
        changed_.notify_all();
        return true;
      });
      std::lock_guard lock(mutex_);
      status_ = result ? result->status : -1;
      changed_.notify_all();
    });
  }
  ~Listener() {
    client_.stop();
    thread_.join();
  }
  // All that has come, once it holds `text`, or its end has come.
  std::string Await(const std::string& text) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(20),
                      [&] { return text_.find(text) != std::string::npos || status_ != 0; });
    return text_;
  }
  // Its status, once it has ended.
  int AwaitEnd() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(20), [&] { return status_ != 0; });
    return status_;
  }

 private:
  httplib::Client client_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
  int status_ = 0;
  std::thread thread_;
};

class StreamRoutesTest : public ApiTest {
 protected:
  http::ServerLimits Limits() override { return {.max_waits_each = 8}; }
  ApiOptions Options() override {
    return {.health = {.state_dir = folder_, .min_free_bytes = min_free_}};
  }
  std::string Submit() {
    return (*Do("ada", "POST", "/v1/jobs", CompileBody(Upload("ada", "source"))))["id"];
  }
  void Cancel(const std::string& job) {
    ASSERT_TRUE(Do("ada", "POST", "/v1/jobs/" + job + "/cancel", json::object()).ok());
  }
  uint64_t min_free_ = 1;
};

TEST_F(StreamRoutesTest, EventsComeAsTheyHappenAndTheStreamEndsWithTheJob) {
  const std::string job = Submit();
  Listener all(port_, "ada", "/v1/jobs/" + job + "/events");
  EXPECT_THAT(all.Await("\n\n"), HasSubstr("id: 1\nevent: state\ndata: {"));
  Cancel(job);
  EXPECT_EQ(all.AwaitEnd(), 200);
  const std::string text = all.Await("event: end");
  EXPECT_THAT(text, HasSubstr("id: 2\nevent: state\ndata: {"));
  EXPECT_THAT(text, HasSubstr("\"to\":\"CANCELLED\""));
  EXPECT_TRUE(text.ends_with("event: end\ndata: {}\n\n")) << text;
  // One that broke off after the first continues with the second, and one that had all need not
  // come again.
  Listener rest(port_, "ada", "/v1/jobs/" + job + "/events?after=0", "1");
  EXPECT_EQ(rest.AwaitEnd(), 200);
  EXPECT_THAT(rest.Await("end"), Not(HasSubstr("id: 1\n")));
  EXPECT_THAT(rest.Await("end"), HasSubstr("id: 2\n"));
  Listener none(port_, "ada", "/v1/jobs/" + job + "/events", "2");
  EXPECT_EQ(none.AwaitEnd(), 204);
}

TEST_F(StreamRoutesTest, AStreamIsRefusedAsTheRequestWouldBe) {
  const std::string job = Submit();
  EXPECT_EQ(Listener(port_, "bob", "/v1/jobs/" + job + "/events").AwaitEnd(), 404);
  EXPECT_EQ(Listener(port_, "worker", "/v1/jobs/" + job + "/events").AwaitEnd(), 403);
  EXPECT_EQ(Listener(port_, "", "/v1/events").AwaitEnd(), 401);
  EXPECT_EQ(Listener(port_, "ada", "/v1/jobs/" + job + "/events", "many").AwaitEnd(), 400);
}

TEST_F(StreamRoutesTest, AStreamEndsWhenItsTokenIsRevoked) {
  const json made = *Do("admin", "POST", "/v1/tokens", {{"namespaces", {"team-a"}}, {"user", "c"}});
  const std::string job = Submit();
  Listener stream(port_, made["token"], "/v1/jobs/" + job + "/events");
  stream.Await("event: state");
  ASSERT_TRUE(Do("admin", "DELETE", "/v1/tokens/" + made["id"].get<std::string>()).ok());
  EXPECT_EQ(stream.AwaitEnd(), 200);
  const std::string text = stream.Await("event: error");
  EXPECT_THAT(text, HasSubstr("event: error\ndata: {"));
  EXPECT_THAT(text, HasSubstr("\"status\":401"));
}

TEST_F(StreamRoutesTest, AllEventsAreThoseOfTheNamespacesOfTheToken) {
  const std::string before = Submit();
  Listener of_team(port_, "ada", "/v1/events?after=now");
  Listener of_other(port_, "bob", "/v1/events");
  Listener of_admin(port_, "admin", "/v1/events");
  EXPECT_THAT(of_admin.Await(before), HasSubstr(before));
  // Until the stream of what is new has begun, what happens is not new to it.
  std::string job;
  while (of_team.Await(":").find("event: state") == std::string::npos) {
    job = Submit();
    if (of_admin.Await(job).find(job) == std::string::npos) break;
  }
  EXPECT_THAT(of_team.Await(job), HasSubstr(job));
  EXPECT_THAT(of_team.Await(job), Not(HasSubstr(before)));
  const auto asked = Do("bob", "GET", "/v1/events");
  EXPECT_EQ((*asked)["events"].size(), 0u);
  const json first = *Do("ada", "GET", "/v1/events");
  EXPECT_EQ(first["events"].at(0)["job"], before);
  EXPECT_EQ(first["last"], first["events"].back()["seq"]);
}

TEST_F(StreamRoutesTest, ALogComesInPiecesThatAreWholeCharacters) {
  const std::string job = Submit();
  ASSERT_TRUE(logs_->Append(job, 0, "line\r\nwith \xf0\x9f").ok());
  Listener stream(port_, "ada", "/v1/jobs/" + job + "/log");
  EXPECT_THAT(stream.Await("\n\n"),
              HasSubstr("id: 11\nevent: log\ndata: {\"offset\":0,\"text\":\"line\\r\\nwith \"}\n"));
  ASSERT_TRUE(logs_->Append(job, 13, "\xa6\x86!").ok());
  server_->Wake(JobService::JobChannel(job));
  EXPECT_THAT(stream.Await("id: 16"), HasSubstr("\"text\":\"\xf0\x9f\xa6\x86!\"}"));
  Cancel(job);
  EXPECT_EQ(stream.AwaitEnd(), 200);
  Listener rest(port_, "ada", "/v1/jobs/" + job + "/log", "15");
  EXPECT_THAT(rest.Await("event: end"), HasSubstr("id: 16\nevent: log\ndata: {\"offset\":15,"));
  EXPECT_EQ(Listener(port_, "ada", "/v1/jobs/" + job + "/log", "16").AwaitEnd(), 204);
}

TEST_F(StreamRoutesTest, AUserHasSoManyStreamsAndOthersHaveTheirs) {
  const std::string job = Submit();
  const std::string path = "/v1/jobs/" + job + "/events";
  std::vector<std::unique_ptr<Listener>> all;
  for (int i = 0; i < 8; ++i) {
    all.push_back(std::make_unique<Listener>(port_, "ada", path));
    all.back()->Await("event: state");
  }
  EXPECT_EQ(Listener(port_, "ada", path).AwaitEnd(), 429);
  EXPECT_THAT(Listener(port_, "admin", path).Await("event: state"), HasSubstr("id: 1"));
  EXPECT_TRUE(Do("ada", "GET", path + "?after=1&wait_ms=60000").ok());  // answers at once
}

TEST_F(StreamRoutesTest, ItIsReadyOnceItHasLookedAndAllIsWell) {
  EXPECT_TRUE(Do("", "GET", "/healthz").ok());
  const auto checks = [this] {
    httplib::Client client("127.0.0.1", port_);
    const auto result = client.Get("/readyz", {{"Host", "any.name"}});
    json body = json::parse(result->body);
    EXPECT_EQ(result->status == 200, body["ready"].get<bool>());
    return body["checks"].dump();
  };
  EXPECT_EQ(checks(), R"({"store":"the service is starting"})");
  api_->LookAtHealth(OkStatus());
  EXPECT_EQ(checks(), R"({"disk":"ok","store":"ok","workers":"no worker polls"})");
  ASSERT_TRUE(Do("worker", "POST", "/v1/workers/register",
                 {{"name", "one"}, {"cpu_milli", 1000}, {"mem_bytes", 1 << 30}})
                  .ok());
  api_->LookAtHealth(OkStatus());
  EXPECT_EQ(checks(), R"({"disk":"ok","store":"ok","workers":"ok"})");
  api_->LookAtHealth(Unavailable("disk I/O error in /secret/path"));
  EXPECT_EQ(checks(), R"({"disk":"ok","store":"the store fails","workers":"ok"})");
  Health full({.state_dir = folder_, .min_free_bytes = UINT64_MAX});
  full.Look(OkStatus(), 1);
  EXPECT_EQ(full.Now().at("disk"), "the disk of the state folder is full");
  Health silent({.longest_silence = std::chrono::milliseconds(-1)});
  silent.Look(OkStatus(), 1);
  EXPECT_EQ(silent.Now().at("store"), "the store does not answer");
  httplib::Client client("127.0.0.1", port_);
  EXPECT_EQ(client.Get("/healthz", {{"Origin", "http://x"}})->status, 403);
}

TEST_F(StreamRoutesTest, MetricsCountWhatHappens) {
  ASSERT_TRUE(Do("worker", "POST", "/v1/workers/register",
                 {{"name", "one"}, {"cpu_milli", 1000}, {"mem_bytes", 1 << 30}})
                  .ok());
  const std::string job = Submit();
  (void)Do("ada", "GET", "/v1/jobs/wsjob-none");
  (void)Do("", "GET", "/v1/jobs/x");
  (void)Do("ada", "GET", "/etc/passwd");
  http::Client client({.url = url_, .bearer = "admin"});
  const std::string text = client.Do({.path = "/metrics"})->body;
  for (const std::string line :
       {R"(csl_jobs{state="SCHEDULED"} 1)", R"(csl_jobs{state="QUEUED"} 0)",
        "csl_job_queue_wait_seconds_count 1", R"(csl_workers{state="READY"} 1)",
        R"(csl_worker_resources{resource="cpu_milli"} 1000)",
        R"(csl_worker_resources_used{resource="cpu_milli"} 1000)",
        R"(csl_http_requests_total{method="POST",route="/v1/jobs",code="201"} 1)",
        R"(csl_http_requests_total{method="GET",route="/v1/jobs/{id}",code="404"} 1)",
        R"(csl_http_requests_total{method="GET",route="/v1/jobs/{id}",code="401"} 1)",
        R"(csl_http_requests_total{method="none",route="none",code="404"} 1)",
        R"(csl_http_request_seconds_count{method="POST",route="/v1/jobs"} 1)"}) {
    EXPECT_THAT(text, HasSubstr("\n" + line + "\n"));
  }
  EXPECT_THAT(text, Not(HasSubstr("passwd")));
  for (const char* name : {"process_threads", "process_open_fds", "csl_http_sent_bytes_total",
                           "csl_state_disk_free_bytes"}) {
    EXPECT_THAT(text, HasSubstr(std::string("\n") + name + " "));
  }
}

}  // namespace
}  // namespace csl::appliance
