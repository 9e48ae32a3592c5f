// SPDX-License-Identifier: Apache-2.0
#include "appliance/domain/job.h"

#include <gtest/gtest.h>

#include <regex>

namespace csl::appliance {
namespace {

TEST(JobStateTest, EveryStateHasAUniqueNameAndParsesBack) {
  for (const JobState state : AllJobStates()) {
    EXPECT_EQ(*ParseJobState(JobStateText(state)), state);
  }
  EXPECT_EQ(AllJobStates().size(), 8u);
  EXPECT_FALSE(ParseJobState("Running").ok());
}

TEST(JobStateTest, NothingFollowsAnEndAndEveryOtherStateCanEnd) {
  for (const JobState from : AllJobStates()) {
    int ways = 0;
    int ways_to_an_end = 0;
    for (const JobState to : AllJobStates()) {
      if (!MayFollow(from, to)) continue;
      ++ways;
      if (IsEnd(to)) ++ways_to_an_end;
    }
    if (IsEnd(from)) {
      EXPECT_EQ(ways, 0) << JobStateText(from);
    } else {
      EXPECT_GT(ways_to_an_end, 0) << JobStateText(from);
      EXPECT_TRUE(MayFollow(from, JobState::kCancelled)) << JobStateText(from);
    }
  }
}

TEST(JobStateTest, OnlyARunningJobSucceeds) {
  for (const JobState from : AllJobStates()) {
    EXPECT_EQ(MayFollow(from, JobState::kSucceeded), from == JobState::kRunning);
  }
}

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
  EXPECT_EQ(ParseJobKind("train").status().message(),
            "job kind is 'train'; must be one of compile, launch");
}

}  // namespace
}  // namespace csl::appliance
