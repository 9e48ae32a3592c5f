// SPDX-License-Identifier: Apache-2.0
#include "appliance/domain/job.h"

#include <gtest/gtest.h>

#include <regex>

namespace csl::appliance {
namespace {

TEST(PrincipalTest, SeesItsNamespacesByWholeName) {
  const Principal user{Role::kUser, "u", {"team-a"}};
  EXPECT_TRUE(user.MaySee("team-a"));
  EXPECT_FALSE(user.MaySee("team-a2"));
  EXPECT_FALSE(user.MaySee("team"));
  EXPECT_TRUE((Principal{Role::kAdmin, "a", {"*"}}.MaySee("anything")));
}

TEST(IdTest, HasTheDocumentedForm) {  // appliance-compat 49
  EXPECT_TRUE(std::regex_match(NewId("wsjob-", 20), std::regex("wsjob-[a-z0-9]{20}")));
  EXPECT_NE(NewId("wsjob-", 20), NewId("wsjob-", 20));
}

TEST(ResourcesTest, FitsWhenEveryPartDoes) {
  const Resources room{1000, 1 << 20, 1};
  EXPECT_TRUE((Resources{1000, 1 << 20, 1}.FitsIn(room)));
  EXPECT_FALSE((Resources{1001, 0, 0}.FitsIn(room)));
  EXPECT_FALSE((Resources{0, 0, 2}.FitsIn(room)));
}

TEST(ParseTest, ErrorsNameTheValueAndWhatIsAllowed) {
  EXPECT_EQ(ParseRole("god").status().message(),
            "role is 'god'; must be one of admin, user, worker, monitor");
}

}  // namespace
}  // namespace csl::appliance
