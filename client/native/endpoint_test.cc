// SPDX-License-Identifier: Apache-2.0
#include "client/native/endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <initializer_list>
#include <map>

#include "base/archive/beneath.h"
#include "client/native/connect.h"
#include "client/native/state_folder.h"

namespace csl::client {
namespace {

namespace fs = std::filesystem;

class EndpointTest : public ::testing::Test {
 protected:
  void SetUp() override {
    // Short: a socket's name must fit below it.
    char name[] = "/tmp/endpoint-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
    variables_["HOME"] = (folder_ / "home").string();
  }
  void TearDown() override { ASSERT_TRUE(archive::RemoveTree(folder_).ok()); }

  Environment environment() const {
    return [this](const char* name) {
      const auto it = variables_.find(name);
      return it == variables_.end() ? std::string() : it->second;
    };
  }
  void Write(const fs::path& path, const std::string& text) const {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }

  fs::path folder_;
  std::map<std::string, std::string> variables_;
};

TEST_F(EndpointTest, NothingConfiguredMeansEmbedded) {
  const auto endpoint = ConfiguredEndpoint(environment());
  ASSERT_TRUE(endpoint.ok());
  EXPECT_FALSE(endpoint->has_value());
}

TEST_F(EndpointTest, EnvironmentWinsOverTheFile) {
  Write(folder_ / "home/.config/csl-appliance/config.json", R"({"url": "http://file:1"})");
  Write(folder_ / "token", "secret\n");
  variables_["CS_APPLIANCE_URL"] = "host:8080";
  variables_["CS_APPLIANCE_TOKEN_FILE"] = (folder_ / "token").string();
  const auto endpoint = ConfiguredEndpoint(environment());
  ASSERT_TRUE(endpoint.ok()) << endpoint.status().ToString();
  ASSERT_TRUE(endpoint->has_value());
  EXPECT_EQ((*endpoint)->url, "http://host:8080");
  EXPECT_EQ((*endpoint)->token, "secret");
  EXPECT_FALSE((*endpoint)->is_embedded);
}

TEST_F(EndpointTest, TokenFileIsMeantFromWhereTheConfigurationLies) {
  const fs::path config = folder_ / "home/.config/csl-appliance";
  Write(config / "config.json", R"({"url": "https://host:1/", "token_file": "t", "ca_file": "c"})");
  Write(config / "t", "abc");
  const auto endpoint = ConfiguredEndpoint(environment());
  ASSERT_TRUE(endpoint.ok()) << endpoint.status().ToString();
  EXPECT_EQ((*endpoint)->url, "https://host:1");
  EXPECT_EQ((*endpoint)->token, "abc");
  EXPECT_EQ((*endpoint)->ca_file, (config / "c").string());
}

TEST_F(EndpointTest, APinIsForHttpsAlone) {
  const std::string pin = "sha256:" + std::string(64, 'a');
  variables_["CS_APPLIANCE_PIN"] = pin;
  for (const char* url : {"https://host:8443", "host:8443"}) {
    variables_["CS_APPLIANCE_URL"] = url;
    const auto endpoint = ConfiguredEndpoint(environment());
    ASSERT_TRUE(endpoint.ok()) << endpoint.status().ToString();
    EXPECT_EQ((*endpoint)->url, "https://host:8443");
    EXPECT_EQ((*endpoint)->pin, pin);
  }
  for (const char* url : {"http://host:8443", "unix:/a"}) {
    variables_["CS_APPLIANCE_URL"] = url;
    const auto endpoint = ConfiguredEndpoint(environment());
    ASSERT_FALSE(endpoint.ok()) << url;
    EXPECT_NE(endpoint.status().message().find("CS_APPLIANCE_PIN"), std::string::npos);
    EXPECT_NE(endpoint.status().message().find(url), std::string::npos);
  }
  variables_.erase("CS_APPLIANCE_URL");
  const fs::path config = folder_ / "home/.config/csl-appliance/config.json";
  Write(config, R"({"url": "https://host:1", "pin": ")" + pin + "\"}");
  EXPECT_EQ((*ConfiguredEndpoint(environment()))->pin, pin);
  Write(config, R"({"url": "https://host:1", "pin": "md5:1"})");
  EXPECT_NE(ConfiguredEndpoint(environment()).status().message().find("'md5:1'"),
            std::string::npos);
}

TEST_F(EndpointTest, BrokenConfigurationIsNamed) {
  const fs::path config = folder_ / "home/.config/csl-appliance/config.json";
  for (const char* text : {"", "[]", "{\"url\": 3}", "{"}) {
    Write(config, text);
    const auto endpoint = ConfiguredEndpoint(environment());
    ASSERT_FALSE(endpoint.ok()) << text;
    EXPECT_NE(endpoint.status().message().find(config.string()), std::string::npos);
  }
}

TEST_F(EndpointTest, MissingTokenFileIsNamed) {
  variables_["CS_APPLIANCE_URL"] = "unix:/x";
  variables_["CS_APPLIANCE_TOKEN_FILE"] = "/nonexistent/token";
  const auto endpoint = ConfiguredEndpoint(environment());
  ASSERT_FALSE(endpoint.ok());
  EXPECT_NE(endpoint.status().message().find("CS_APPLIANCE_TOKEN_FILE"), std::string::npos);
  EXPECT_NE(endpoint.status().message().find("/nonexistent/token"), std::string::npos);
}

TEST_F(EndpointTest, OnlyUrlsOfOurKinds) {
  EXPECT_EQ(*NormalUrl("1.2.3.4:80"), "http://1.2.3.4:80");
  EXPECT_EQ(*NormalUrl("unix:/a/b"), "unix:/a/b");
  EXPECT_FALSE(NormalUrl("ftp://host:1").ok());
  EXPECT_FALSE(NormalUrl("host").ok());
  EXPECT_FALSE(NormalUrl("unix:relative").ok() && NormalUrl("file:///x").ok());
}

TEST_F(EndpointTest, StateFolderIsPrivate) {
  variables_["XDG_RUNTIME_DIR"] = (folder_ / "run").string();
  const auto state = StateFolder(environment());
  ASSERT_TRUE(state.ok()) << state.status().ToString();
  EXPECT_EQ(state->parent_path(), folder_ / "run");
  EXPECT_EQ(fs::status(*state).permissions(), fs::perms::owner_all);
}

TEST_F(EndpointTest, StateFolderThatIsALinkIsRefused) {
  const fs::path run = folder_ / "run";
  variables_["XDG_RUNTIME_DIR"] = run.string();
  fs::create_directories(folder_ / "elsewhere");
  fs::create_directories(run);
  fs::create_symlink(folder_ / "elsewhere", run / ("csl-appliance-" + std::to_string(::geteuid())));
  const auto state = StateFolder(environment());
  ASSERT_FALSE(state.ok());
  EXPECT_EQ(state.status().code(), StatusCode::kPermissionDenied);
}

TEST_F(EndpointTest, StateFolderOpenToOthersIsClosed) {
  const fs::path run = folder_ / "run";
  variables_["XDG_RUNTIME_DIR"] = run.string();
  const fs::path open = run / ("csl-appliance-" + std::to_string(::geteuid()));
  fs::create_directories(open);
  ASSERT_EQ(::chmod(open.c_str(), 0755), 0);
  ASSERT_TRUE(StateFolder(environment()).ok());
  EXPECT_EQ(fs::status(open).permissions(), fs::perms::owner_all);
}

TEST_F(EndpointTest, NameTooLongForASocketFallsToTheNextPlace) {
  variables_["XDG_RUNTIME_DIR"] = (folder_ / std::string(100, 'x')).string();
  const auto state = StateFolder(environment());
  ASSERT_TRUE(state.ok()) << state.status().ToString();
  EXPECT_EQ(state->parent_path(), folder_ / "home/.local/state");
}

TEST_F(EndpointTest, ApplianceIsFoundBesideUsThenOnThePath) {
  Write(folder_ / "prefix/bin/cs-appliance", "#!/bin/sh\n");
  Write(folder_ / "other/cs-appliance", "#!/bin/sh\n");
  variables_["PATH"] = "/nonexistent:" + (folder_ / "other").string();
  EXPECT_EQ(FindAppliance(folder_ / "prefix", environment()), fs::path());  // not executable
  ASSERT_EQ(::chmod((folder_ / "other/cs-appliance").c_str(), 0755), 0);
  EXPECT_EQ(FindAppliance(folder_ / "prefix", environment()), folder_ / "other/cs-appliance");
  ASSERT_EQ(::chmod((folder_ / "prefix/bin/cs-appliance").c_str(), 0755), 0);
  EXPECT_EQ(FindAppliance(folder_ / "prefix", environment()), folder_ / "prefix/bin/cs-appliance");
}

TEST(ProxyTest, ExceptedHosts) {  // compat 53
  struct Row {
    const char* host;
    int port;
    const char* no_proxy;
    bool excepted;
  };
  for (const Row& row :
       std::initializer_list<Row>{{"cs.example.org", 443, "", false},
                                  {"cs.example.org", 443, "*", true},
                                  {"cs.example.org", 443, "other.org, example.org", true},
                                  {"cs.example.org", 443, ".example.org", true},
                                  {"cs.example.org", 443, "*.example.org", true},
                                  {"CS.Example.ORG", 443, "cs.EXAMPLE.org", true},
                                  {"cs.example.org", 443, "ample.org", false},
                                  {"cs.example.org", 443, "cs.example.org:80", false},
                                  {"cs.example.org", 443, "cs.example.org:443", true},
                                  {"10.1.2.3", 80, "10.0.0.0/8", true},
                                  {"11.1.2.3", 80, "10.0.0.0/8", false},
                                  {"10.1.2.3", 80, "10.1.2.2/31", true},
                                  {"10.1.2.3", 80, "10.1.2.3", true},
                                  {"10.1.2.3", 80, "10.1.2.3:81", false},
                                  {"10.1.2.3", 80, "10.1.2.3:80", true},
                                  {"10.1.2.3", 80, "10.0.0.0/99", false},
                                  {"10.1.2.3", 80, "10.0.0.0/x", false},
                                  {"10.1.2.3", 80, "2.3", false},
                                  {"fd00::7", 80, "fd00::/16", true},
                                  {"fd00::7", 80, "fe00::/16", false},
                                  {"fd00::7", 80, "10.0.0.0/0", false},
                                  {"fd00::7", 80, "[fd00::7]:80", true}}) {
    EXPECT_EQ(IsExcepted(row.host, row.port, row.no_proxy), row.excepted)
        << row.host << " with " << row.no_proxy;
  }
}

TEST_F(EndpointTest, NoProxyUnlessItIsAskedFor) {  // compat 53
  variables_["http_proxy"] = "http://proxy:3128";
  EXPECT_EQ(*ProxyFor("http://cs:8443", environment()), "");
  variables_["CS_APPLIANCE_PROXY"] = "environment";
  EXPECT_EQ(*ProxyFor("http://cs:8443", environment()), "http://proxy:3128");
  EXPECT_EQ(*ProxyFor("https://cs:8443", environment()), "");
  variables_["HTTPS_PROXY"] = "http://user:word@upper:1";
  EXPECT_EQ(*ProxyFor("https://cs:8443", environment()), "http://user:word@upper:1");
  variables_["no_proxy"] = "cs";
  EXPECT_EQ(*ProxyFor("https://cs:8443", environment()), "");
  variables_["CS_APPLIANCE_PROXY"] = "http://mine:1";
  EXPECT_EQ(*ProxyFor("https://cs:8443", environment()), "http://mine:1");
  EXPECT_EQ(*ProxyFor("unix:/run/cs", environment()), "");
}

TEST_F(EndpointTest, ThisMachineIsNeverReachedThroughTheEnvironmentsProxy) {
  variables_["CS_APPLIANCE_PROXY"] = "environment";
  variables_["http_proxy"] = "http://proxy:3128";
  for (const char* url : {"http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1"}) {
    EXPECT_EQ(*ProxyFor(url, environment()), "") << url;
  }
}

TEST_F(EndpointTest, ProxyOfAnotherKindIsRefusedWithoutItsPassword) {
  variables_["CS_APPLIANCE_PROXY"] = "socks5://user:secret@proxy:1080";
  const auto proxy = ProxyFor("https://cs:8443", environment());
  ASSERT_FALSE(proxy.ok());
  EXPECT_THAT(proxy.status().message(), ::testing::HasSubstr("proxy:1080"));
  EXPECT_THAT(proxy.status().message(), ::testing::Not(::testing::HasSubstr("secret")));
}

}  // namespace
}  // namespace csl::client
