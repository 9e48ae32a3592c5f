// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/address.h"

#include <gtest/gtest.h>

namespace csl::runtime::wire {
namespace {

TEST(AddressTest, TakesNumbersNamesAndBrackets) {
  EXPECT_EQ(ParseAddress("127.0.0.1:9000").value(), (Address{"127.0.0.1", 9000}));
  EXPECT_EQ(ParseAddress("cs-1.example:80").value(), (Address{"cs-1.example", 80}));
  EXPECT_EQ(ParseAddress("[::1]:65535").value(), (Address{"::1", 65535}));
  EXPECT_EQ(ParseAddress("[::1]:65535")->ToString(), "[::1]:65535");
  EXPECT_EQ(ParseAddress("127.0.0.1:0")->ToString(), "127.0.0.1:0");
}

TEST(AddressTest, RefusesWhatIsNotAnAddressAndShowsIt) {
  for (const char* text : {"", ":", "127.0.0.1", "127.0.0.1:", ":9000", "h:65536", "h:-1", "h:9x",
                           "a b:1", "::1:9000", "[::1]9000", "[]:1", "[x]:1", "h;ls:1", "h:1 "}) {
    StatusOr<Address> address = ParseAddress(text);
    ASSERT_FALSE(address.ok()) << text;
    EXPECT_EQ(address.status().code(), StatusCode::kInvalidArgument);
    EXPECT_NE(address.status().message().find("'" + std::string(text) + "'"), std::string::npos);
    EXPECT_NE(address.status().message().find("IP:PORT"), std::string::npos);
  }
}

}  // namespace
}  // namespace csl::runtime::wire
