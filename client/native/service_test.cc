// SPDX-License-Identifier: Apache-2.0
// The client against a server that behaves badly on purpose.
#include "client/native/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "base/archive/beneath.h"
#include "base/digest/sha256.h"
#include "base/file.h"
#include "base/http/server.h"
#include "client/native/lease.h"
#include "client/native/pack.h"
#include "client/native/session.h"

namespace csl::client {
namespace {

namespace fs = std::filesystem;

class ServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/service-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    server_.Stop();
    ASSERT_TRUE(archive::RemoveTree(folder_).ok());
  }
  // After the handlers are in place.
  std::shared_ptr<Service> Start() {
    const auto port = server_.ListenTcp("127.0.0.1", 0);
    EXPECT_TRUE(port.ok() && server_.Start().ok());
    Endpoint endpoint;
    endpoint.url = "http://127.0.0.1:" + std::to_string(*port);
    endpoint.token = "t";
    return std::make_shared<Service>(endpoint, nullptr);
  }
  fs::path Write(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }

  fs::path folder_;
  http::Server server_;
};

using Request = httplib::Request;
using Response = httplib::Response;

TEST_F(ServiceTest, PostThatGets502IsSentAgainWithTheSameKey) {  // compat 54
  std::mutex mutex;
  std::multiset<std::string> keys;
  server_.routes().Post("/v1/jobs", [&](const Request& request, Response& response) {
    std::lock_guard lock(mutex);
    keys.insert(request.get_header_value("Idempotency-Key"));
    response.status = keys.size() < 3 ? 502 : 201;
    response.set_content("{}", "application/json");
  });
  const auto service = Start();
  ASSERT_TRUE(service->Post("/v1/jobs", "{}").ok());
  EXPECT_EQ(keys.size(), 3U);
  EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()).size(), 1U);
}

TEST_F(ServiceTest, KnownBlobIsNotSentAgain) {
  std::atomic<int> puts = 0;
  server_.routes().Get("/v1/blobs/(.+)", [&](const Request&, Response& response) {
    response.status = puts == 0 ? 404 : 200;
  });
  server_.routes().Put("/v1/blobs/(.+)", [&](const Request& request, Response& response,
                                             const httplib::ContentReader& reader) {
    std::string body;
    reader([&body](const char* data, size_t size) {
      body.append(data, size);
      return true;
    });
    ++puts;
    response.status = Sha256Hex(body) == std::string(request.matches[1]) ? 201 : 400;
  });
  const auto service = Start();
  const fs::path file = Write("a", "some bytes");
  ASSERT_TRUE(service->UploadFile(file, "job-operator").ok());
  ASSERT_TRUE(service->UploadFile(file, "job-operator").ok());
  EXPECT_EQ(puts, 1);
}

TEST_F(ServiceTest, BlobWithOtherBytesIsNotKept) {
  server_.routes().Get("/v1/blobs/(.+)", [](const Request&, Response& response) {
    response.set_content("not what was asked for", "application/octet-stream");
  });
  const auto service = Start();
  const Status status = service->DownloadBlob(Sha256Hex("x"), folder_ / "out", nullptr);
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(ServiceTest, InterruptedDownloadLeavesNothing) {
  server_.routes().Get("/v1/blobs/(.+)", [](const Request&, Response& response) {
    response.set_content(std::string(10 << 20, 'x'), "application/octet-stream");
  });
  const auto service = Start();
  const Status status = service->DownloadBlob(Sha256Hex("x"), folder_ / "out", [] { return true; });
  EXPECT_EQ(status.code(), StatusCode::kCancelled);
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(ServiceTest, FileThatEndsEarlyIsFetchedAgain) {
  std::atomic<int> asked = 0;
  server_.routes().Get("/v1/jobs/j/files/(.+)", [&](const Request&, Response& response) {
    response.set_header("X-Size", "4");
    response.set_content(++asked == 1 ? "ab" : "abcd", "application/octet-stream");
  });
  const auto service = Start();
  const auto got = service->GetFile("j", "a b/c", folder_ / "out", nullptr);
  ASSERT_TRUE(got.ok()) << got.status().ToString();
  EXPECT_EQ(*ReadTextFile(folder_ / "out"), "abcd");
  EXPECT_EQ(asked, 2);
}

TEST_F(ServiceTest, MissingFileLeavesNothing) {
  const auto service = Start();
  EXPECT_EQ(service->GetFile("j", "x", folder_ / "out", nullptr).status().code(),
            StatusCode::kNotFound);
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(ServiceTest, EmbeddedServiceThatIsGoneIsBroughtBackOnce) {
  int revived = 0;
  server_.routes().Get("/v1/version", [](const Request&, Response& response) {
    response.set_content("{}", "application/json");
  });
  Endpoint endpoint;
  endpoint.url = "unix:" + (folder_ / "s").string();
  endpoint.is_embedded = true;
  Service service(endpoint, [&] {
    ++revived;
    RETURN_IF_ERROR(server_.ListenUnix((folder_ / "s").string()));
    return server_.Start();
  });
  ASSERT_TRUE(service.Get("/v1/version").ok());
  EXPECT_EQ(revived, 1);
}

// A session's command, as far as a client can see it: it writes `out` and ends when `polls` have
// been made.
struct FakeCommand {
  std::string out;
  int polls = 0;
  std::atomic<int> started = 0;
  std::atomic<int> asked = 0;
  std::atomic<int> killed = 0;

  void AddTo(http::Server& server) {
    server.routes().Post("/v1/jobs/j/commands", [this](const Request&, Response& response) {
      ++started;
      response.set_content(R"({"index": 7, "state": "started"})", "application/json");
    });
    server.routes().Post("/v1/jobs/j/commands/7/kill", [this](const Request&, Response& response) {
      ++killed;
      response.set_content("{}", "application/json");
    });
    server.routes().Get("/v1/jobs/j/commands/7", [this](const Request&, Response& response) {
      const bool ended = ++asked > polls;
      const size_t size = ended ? out.size() : std::min<size_t>(out.size(), asked * 2);
      response.set_content("{\"state\": \"" + std::string(ended ? "exited" : "started") +
                               "\", \"exit_code\": 3, \"stdout_bytes\": " + std::to_string(size) +
                               ", \"stderr_bytes\": 0}",
                           "application/json");
    });
    server.routes().Get("/v1/jobs/j/commands/7/stdout",
                        [this](const Request& request, Response& response) {
                          const size_t offset = std::stoul(request.get_param_value("offset"));
                          response.set_content(out.substr(offset, 2), "application/octet-stream");
                        });
  }
};

TEST_F(ServiceTest, OutputComesWhileTheCommandRunsAndWholeAtTheEnd) {
  FakeCommand command{.out = "abcdefghi", .polls = 2};
  command.AddTo(server_);
  const auto service = Start();
  std::vector<std::string> pieces;
  CommandWatch watch;
  watch.on_stdout = [&](std::string_view piece) {
    pieces.emplace_back(piece);
    if (pieces.size() == 1) {
      EXPECT_LE(command.asked, command.polls);
    }
  };
  const auto result = RunCommand(*service, "j", "x", watch);
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ(result->out, "abcdefghi");
  EXPECT_EQ(result->exit_code, 3);
  EXPECT_EQ(pieces, (std::vector<std::string>{"ab", "cd", "ef", "gh", "i"}));
  EXPECT_EQ(command.started, 1);
}

TEST_F(ServiceTest, InterruptedCommandIsKilled) {
  FakeCommand command{.out = "", .polls = 1 << 30};
  command.AddTo(server_);
  const auto service = Start();
  CommandWatch watch;
  watch.interrupted = [&] { return command.asked > 1; };
  EXPECT_EQ(RunCommand(*service, "j", "x", watch).status().code(), StatusCode::kCancelled);
  EXPECT_EQ(command.killed, 1);
}

TEST_F(ServiceTest, LeaseIsRenewedUntilTheJobHasEnded) {
  std::mutex mutex;
  std::condition_variable changed;
  int renewed = 0;
  server_.routes().Post("/v1/jobs/j/lease", [&](const Request& request, Response& response) {
    EXPECT_EQ(request.get_header_value("Authorization"), "Bearer t");
    std::lock_guard lock(mutex);
    ++renewed;
    changed.notify_all();
    response.set_content("{}", "application/json");
  });
  Lease lease(Start(), "j", std::chrono::milliseconds(40));
  std::unique_lock lock(mutex);
  EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(30), [&] { return renewed >= 3; }));
  lock.unlock();
  lease.Stop();
  lease.Stop();
}

TEST_F(ServiceTest, SourcesLeaveOutWhatCompilationsLeaveThere) {
  Write("app/layout.csl", "x");
  const fs::path plain = folder_ / "plain.tar.gz";
  ASSERT_TRUE(PackSources(folder_ / "app", "out", plain).ok());
  Write("app/old.tar.gz", "x");
  Write("app/.git/config", "x");
  Write("app/__pycache__/a.pyc", "x");
  Write("app/out/out.json", "{}");
  Write("app/out/bin/a.elf", "x");
  Write("app/run_meta.json", "{}");
  Write("app/wsjob-0123456789abcdefghij.json", "{}");
  Write("app/wsjob-0123456789abcdefghij.json.77.part", "{}");
  const fs::path again = folder_ / "again.tar.gz";
  ASSERT_TRUE(PackSources(folder_ / "app", "./out", again).ok());
  EXPECT_EQ(*ReadTextFile(plain), *ReadTextFile(again));
}

TEST_F(ServiceTest, FolderNamedLikeTheOutputIsKeptIfTheCompilerDidNotMakeIt) {
  Write("app/layout.csl", "x");
  Write("app/out/tables.csl", "x");
  ASSERT_TRUE(PackSources(folder_ / "app", "out", folder_ / "a").ok());
  ASSERT_TRUE(PackSources(folder_ / "app", "other", folder_ / "b").ok());
  EXPECT_EQ(*ReadTextFile(folder_ / "a"), *ReadTextFile(folder_ / "b"));
}

TEST_F(ServiceTest, APageOfAProxyIsNotAnAnswer) {
  const char* const page = "<html><head><title>Log in\n here</title></head><body>x</body></html>";
  server_.routes().Get("/(.*)", [&](const Request&, Response& response) {
    response.set_content(page, "text/html; charset=utf-8");
  });
  server_.routes().Post("/(.*)", [&](const Request&, Response& response) {
    response.status = 403;
    response.set_content(page, "text/html");
  });
  const auto service = Start();
  for (const Status& failure : {service->Version().status(), service->Get("/v1/jobs").status(),
                                service->Events("j", 0, 10, nullptr).status()}) {
    EXPECT_EQ(failure.code(), StatusCode::kUnavailable);
    EXPECT_THAT(failure.message(), ::testing::HasSubstr("not from an appliance"));
    EXPECT_THAT(failure.message(), ::testing::HasSubstr("'Log in here'"));
  }
  const auto file = service->GetFile("j", "x", folder_ / "x", nullptr);
  EXPECT_EQ(file.status().code(), StatusCode::kUnavailable);
  EXPECT_FALSE(fs::exists(folder_ / "x"));
  const Status refused = service->Post("/v1/jobs", "{}").status();
  EXPECT_EQ(refused.code(), StatusCode::kPermissionDenied);
  EXPECT_THAT(refused.message(), ::testing::HasSubstr("'Log in here'"));
}

TEST_F(ServiceTest, CallsGoThroughTheProxy) {  // compat 53
  httplib::Server proxy;
  std::string target;
  std::string login;
  proxy.Get("(.*)", [&](const Request& request, Response& response) {
    target = request.path;
    login = request.get_header_value("Proxy-Authorization");
    response.set_content("{}", "application/json");
  });
  Endpoint endpoint;
  endpoint.url = "http://appliance.invalid:8443";  // no such host is known
  endpoint.proxy =
      "http://user:word@127.0.0.1:" + std::to_string(proxy.bind_to_any_port("127.0.0.1"));
  std::thread thread([&] { proxy.listen_after_bind(); });
  while (!proxy.is_running()) std::this_thread::yield();
  const auto answer = Service(endpoint, nullptr).Version();
  proxy.stop();
  thread.join();
  ASSERT_TRUE(answer.ok()) << answer.status().message();
  EXPECT_EQ(target, "http://appliance.invalid:8443/v1/version");
  EXPECT_EQ(login, "Basic dXNlcjp3b3Jk");
}

TEST_F(ServiceTest, ProgressOfTransfersEndsWithTheWhole) {
  server_.routes().Put("/v1/jobs/j/files/x",
                       [](const Request&, Response&, const httplib::ContentReader& reader) {
                         int pieces = 0;
                         reader([&pieces](const char*, size_t) {
                           if (++pieces % 64 == 0)
                             std::this_thread::sleep_for(std::chrono::milliseconds(10));
                           return true;
                         });
                       });
  const auto service = Start();
  std::vector<std::pair<uint64_t, uint64_t>> steps;
  service->ShowProgress([&](const std::string& what, uint64_t done, uint64_t total) {
    EXPECT_EQ(what, "upload of x");
    steps.emplace_back(done, total);
  });
  const uint64_t size = 8 << 20;
  ASSERT_TRUE(service->PutFile("j", Write("x", std::string(size, 'x')), "x").ok());
  ASSERT_GE(steps.size(), 2U);
  EXPECT_EQ(steps.back(), std::pair(size, size));
  EXPECT_TRUE(std::is_sorted(steps.begin(), steps.end()));
  EXPECT_EQ(steps.front().second, size);
}

}  // namespace
}  // namespace csl::client
