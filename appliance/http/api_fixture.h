// SPDX-License-Identifier: Apache-2.0
// The API over a real socket, with users and workers that a test plays.
#ifndef APPLIANCE_HTTP_API_FIXTURE_H_
#define APPLIANCE_HTTP_API_FIXTURE_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "appliance/http/api.h"
#include "appliance/store/sqlite/sqlite_store.h"
#include "base/file.h"

namespace csl::appliance {

class ApiTest : public ::testing::Test {
 protected:
  using json = nlohmann::json;

  // What the server and the API are made with; a test may set them before SetUp ends.
  virtual http::ServerLimits Limits() { return {}; }
  virtual ApiOptions Options() { return {}; }

  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    store_ = std::move(OpenSqliteStore(folder_ / "jobs.db")).value();
    blobs_ = std::move(BlobStore::Open(folder_ / "blobs")).value();
    logs_ = std::move(LogStore::Open(folder_ / "logs")).value();
    service_ = std::make_unique<JobService>(*store_, clock_);
    ASSERT_TRUE(service_->AdmitToken("admin", {Role::kAdmin, "root", {"*"}}).ok());
    ASSERT_TRUE(service_->AdmitToken("ada", {Role::kUser, "ada", {"team-a"}}).ok());
    ASSERT_TRUE(service_->AdmitToken("bob", {Role::kUser, "bob", {"team-b"}}).ok());
    ASSERT_TRUE(service_->AdmitToken("worker", {Role::kWorker, "one", {}}).ok());
    server_ = std::make_unique<http::Server>(Limits());
    api_ = std::make_unique<Api>(*service_, *blobs_, *logs_, Options());
    api_->AddTo(*server_);
    const auto port = server_->ListenTcp("127.0.0.1", 0);
    ASSERT_TRUE(port.ok() && server_->Start().ok());
    port_ = *port;
    url_ = "http://127.0.0.1:" + std::to_string(port_);
  }
  void TearDown() override {
    service_->Stop();
    server_->Stop();
  }

  StatusOr<json> Do(const std::string& token, const std::string& method, const std::string& path,
                    const json& body = nullptr, std::map<std::string, std::string> headers = {}) {
    http::Client client({.url = url_, .bearer = token});
    http::Call call;
    call.method = method;
    call.path = path;
    call.headers = std::move(headers);
    if (!body.is_null()) call.body = body.dump();
    ASSIGN_OR_RETURN(const http::Reply reply, client.Do(call));
    return json::parse(reply.body, nullptr, false);
  }
  std::string Upload(const std::string& token, const std::string& bytes,
                     const std::string& name_space = "team-a") {
    http::Client client({.url = url_, .bearer = token});
    http::Call call;
    call.method = "PUT";
    call.path = "/v1/blobs/" + Sha256Hex(bytes) + "?namespace=" + name_space;
    call.body = bytes;
    const auto reply = client.Do(call);
    EXPECT_TRUE(reply.ok()) << reply.status().message();
    return Sha256Hex(bytes);
  }
  json CompileBody(const std::string& blob) {
    return {{"kind", "compile"},
            {"namespace", "team-a"},
            {"compile", {{"source", blob}, {"csl_main", "layout.csl"}, {"args", {"-o", "out"}}}}};
  }

  std::filesystem::path folder_;
  SystemClock clock_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<BlobStore> blobs_;
  std::unique_ptr<LogStore> logs_;
  std::unique_ptr<JobService> service_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<Api> api_;
  int port_ = 0;
  std::string url_;
};

}  // namespace csl::appliance

#endif  // APPLIANCE_HTTP_API_FIXTURE_H_
