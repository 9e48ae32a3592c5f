// SPDX-License-Identifier: Apache-2.0
#include "base/http/url.h"

#include <gtest/gtest.h>

namespace csl::http {
namespace {

TEST(UrlTest, HostsAndPortsAreTakenApart) {
  EXPECT_EQ(SplitHostPort("a.site"), (HostPort{"a.site", 0}));
  EXPECT_EQ(SplitHostPort("a.site:8080"), (HostPort{"a.site", 8080}));
  EXPECT_EQ(SplitHostPort("[fe80::1]:8080"), (HostPort{"fe80::1", 8080}));
  EXPECT_EQ(SplitHostPort("[fe80::1]"), (HostPort{"fe80::1", 0}));
  EXPECT_EQ(SplitHostPort("fe80::1"), (HostPort{"fe80::1", 0}));
  EXPECT_EQ(SplitHostPort("0.0.0.0:0", 0), (HostPort{"0.0.0.0", 0}));
  for (const char* bad : {"", ":80", "a:", "a:0", "a:65536", "a:8o", "a:-1", "a:+1", "[::1", "[]",
                          "[::1]80", "[::1]:", "[]:80"}) {
    EXPECT_FALSE(SplitHostPort(bad)) << bad;
  }
}

TEST(UrlTest, UrlsHaveTheirSchemesPort) {
  EXPECT_EQ(ParseUrl("http://a")->port, 80);
  EXPECT_EQ(ParseUrl("https://a")->port, 443);
  EXPECT_EQ(ParseUrl("https://[::1]:8443")->host, "::1");
  EXPECT_EQ(ParseUrl("https://[::1]:8443")->port, 8443);
  EXPECT_EQ(ParseUrl("unix:/run/a#b")->path, "/run/a#b");
  for (const char* bad : {"", "a:80", "ftp://a", "http://", "http://a b", "http://a:0",
                          "unix:", "http://::1", "http://::1:80", "http://a/", "https://u@a:80"}) {
    const auto url = ParseUrl(bad);
    ASSERT_FALSE(url.ok()) << bad;
    EXPECT_NE(url.status().message().find("'" + std::string(bad) + "'"), std::string::npos);
  }
}

TEST(UrlTest, ThisMachineHasManyNames) {
  for (const char* host : {"localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "::1"}) {
    EXPECT_TRUE(IsLoopback(host)) << host;
  }
  for (const char* host : {"0.0.0.0", "::", "10.0.0.1", "localhost.site", "128.0.0.1", "site"}) {
    EXPECT_FALSE(IsLoopback(host)) << host;
  }
  EXPECT_TRUE(IsEverywhere("0.0.0.0"));
  EXPECT_FALSE(IsEverywhere("10.0.0.0"));
}

}  // namespace
}  // namespace csl::http
