// SPDX-License-Identifier: Apache-2.0
// Uploads in parts, against a service that loses some of them.
#include <gtest/gtest.h>
#include <httplib.h>

#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/archive/beneath.h"
#include "base/digest/sha256.h"
#include "base/http/server.h"
#include "client/native/service.h"

namespace csl::client {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr size_t kBytes = 40 << 20;

class UploadTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/upload-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
    for (size_t i = 0; text_.size() < kBytes; ++i) text_ += std::to_string(i) + "\n";
    std::ofstream(folder_ / "file") << text_;
    received_.assign(text_.size(), '\0');
    auto& routes = server_.routes();
    routes.Get("/v1/version", [this](const httplib::Request&, httplib::Response& response) {
      response.set_content(json{{"features", features_}}.dump(), "application/json");
    });
    routes.Get("/v1/blobs/[0-9a-f]+",
               [](const httplib::Request&, httplib::Response& response) { response.status = 404; });
    routes.Get("/v1/blobs/.*/parts", [this](const httplib::Request&, httplib::Response& response) {
      const std::lock_guard lock(mutex_);
      response.set_content(json{{"parts", parts_}}.dump(), "application/json");
    });
    routes.Put("/v1/blobs/.*", [this](const httplib::Request& request, httplib::Response& response,
                                      const httplib::ContentReader& reader) {
      std::string body;
      reader([&body](const char* data, size_t size) {
        body.append(data, size);
        return true;
      });
      response.status = Take(request, body);
      response.set_content("{}", "application/json");
    });
  }
  void TearDown() override {
    server_.Stop();
    ASSERT_TRUE(archive::RemoveTree(folder_).ok());
  }

  int Take(const httplib::Request& request, const std::string& body) {
    const std::lock_guard lock(mutex_);
    ++requests_;
    if (!request.has_param("offset")) {
      ++whole_requests_;
      received_ = body;
      return 201;
    }
    if (lost_ > 0) {
      --lost_;
      return 503;
    }
    EXPECT_EQ(request.get_param_value("size"), std::to_string(text_.size()));
    received_.replace(std::stoull(request.get_param_value("offset")), body.size(), body);
    sent_bytes_ += body.size();
    return received_.find('\0') == std::string::npos ? 201 : 202;
  }
  StatusOr<std::string> Upload() {
    const auto port = server_.ListenTcp("127.0.0.1", 0);
    EXPECT_TRUE(port.ok() && server_.Start().ok());
    Endpoint endpoint;
    endpoint.url = "http://127.0.0.1:" + std::to_string(*port);
    return Service(endpoint, nullptr).UploadFile(folder_ / "file", "team");
  }

  fs::path folder_;
  std::string text_;
  http::Server server_;
  std::mutex mutex_;
  json features_ = {"blob_parts"};
  json parts_ = json::array();
  std::string received_;
  size_t sent_bytes_ = 0;
  int requests_ = 0;
  int whole_requests_ = 0;
  int lost_ = 0;
};

TEST_F(UploadTest, ALargeFileArrivesInParts) {
  const auto digest = Upload();
  ASSERT_TRUE(digest.ok()) << digest.status().message();
  EXPECT_EQ(*digest, Sha256Hex(text_));
  EXPECT_TRUE(received_ == text_);
  EXPECT_EQ(requests_, 6);  // of 8 MiB
  EXPECT_EQ(whole_requests_, 0);
}

TEST_F(UploadTest, PartsThatGetLostAreSentAgain) {
  lost_ = 3;
  ASSERT_TRUE(Upload().ok());
  EXPECT_TRUE(received_ == text_);
  EXPECT_EQ(requests_, 6 + 3);
}

TEST_F(UploadTest, WhatIsThereIsNotSentAgain) {
  const size_t from = 1000;
  const size_t until = 30 << 20;
  received_.replace(from, until - from, text_, from, until - from);
  parts_ = {{{"offset", from}, {"size_bytes", until - from}}};
  ASSERT_TRUE(Upload().ok());
  EXPECT_TRUE(received_ == text_);
  EXPECT_EQ(sent_bytes_, text_.size() - (until - from));
}

TEST_F(UploadTest, AServiceThatKnowsNoPartsGetsTheWhole) {
  features_ = {"events"};
  ASSERT_TRUE(Upload().ok());
  EXPECT_EQ(whole_requests_, 1);
  EXPECT_TRUE(received_ == text_);
}

TEST_F(UploadTest, ARefusalEndsIt) {
  parts_ = "nonsense";
  EXPECT_EQ(Upload().status().code(), StatusCode::kDataLoss);
}

}  // namespace
}  // namespace csl::client
