// SPDX-License-Identifier: Apache-2.0
#include "base/http/host_names.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <atomic>
#include <future>

namespace csl::http {
namespace {

StatusOr<Address> Ask(HostNames& names, const std::string& host, int port = 80) {
  std::promise<StatusOr<Address>> answer;
  names.Find(host, port, [&](StatusOr<Address> found) { answer.set_value(std::move(found)); });
  return answer.get_future().get();
}

int PortOf(const Address& address) {
  return address.storage.ss_family == AF_INET6
             ? ntohs(reinterpret_cast<const sockaddr_in6*>(&address.storage)->sin6_port)
             : ntohs(reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_port);
}

TEST(HostNamesTest, AddressesAreNotLookedUp) {
  HostNames names([](const std::string& host) { return Internal("looked up " + host); });
  EXPECT_EQ(Ask(names, "127.0.0.1", 81)->storage.ss_family, AF_INET);
  EXPECT_EQ(Ask(names, "fe80::1", 82)->storage.ss_family, AF_INET6);
  EXPECT_EQ(PortOf(*Ask(names, "127.0.0.1", 81)), 81);
  EXPECT_EQ(PortOf(*Ask(names, "fe80::1", 82)), 82);
}

TEST(HostNamesTest, ANameIsCached) {
  std::atomic<int> asked{0};
  HostNames names([&](const std::string& host) {
    ++asked;
    EXPECT_EQ(host, "one.site");
    return NumericAddress("10.0.0.1", 0);
  });
  EXPECT_EQ(PortOf(*Ask(names, "one.site", 81)), 81);
  EXPECT_EQ(PortOf(*Ask(names, "one.site", 82)), 82);
  EXPECT_EQ(asked, 1);
}

TEST(HostNamesTest, ALookupThatHangsDoesNotBlockOthers) {
  std::promise<void> go_on;
  std::shared_future<void> may_go_on = go_on.get_future().share();
  HostNames names([&](const std::string&) {
    may_go_on.wait();
    return NumericAddress("10.0.0.1", 0);
  });
  std::promise<StatusOr<Address>> answer;
  names.Find("slow.site", 80, [&](StatusOr<Address> found) { answer.set_value(found); });
  EXPECT_TRUE(Ask(names, "10.0.0.2").ok()) << "others continue";
  go_on.set_value();
  EXPECT_TRUE(answer.get_future().get().ok());
}

TEST(HostNamesTest, TheErrorOfAnUnknownHostNamesIt) {
  HostNames names;
  const auto found = Ask(names, "no-such-host.invalid");
  EXPECT_EQ(found.status().code(), StatusCode::kUnavailable);
  EXPECT_NE(found.status().message().find("'no-such-host.invalid'"), std::string::npos);
  EXPECT_TRUE(Ask(names, "localhost").ok());
}

TEST(HostNamesTest, CallsAfterStopAreCancelled) {
  HostNames names([](const std::string&) { return NumericAddress("10.0.0.1", 0); });
  names.Stop();
  EXPECT_EQ(Ask(names, "one.site").status().code(), StatusCode::kCancelled);
}

}  // namespace
}  // namespace csl::http
