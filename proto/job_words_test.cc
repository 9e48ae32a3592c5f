// SPDX-License-Identifier: Apache-2.0
#include "proto/job_words.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace csl {
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

TEST(EndReasonTest, EveryReasonHasAUniqueNameAndParsesBack) {
  std::set<std::string_view> texts;
  for (const EndReason reason : AllEndReasons()) {
    EXPECT_EQ(*ParseEndReason(EndReasonText(reason)), reason);
    EXPECT_TRUE(texts.insert(EndReasonText(reason)).second) << EndReasonText(reason);
  }
  EXPECT_EQ(EndReasonText(EndReason::kNone), "");
}

TEST(ParseTest, ErrorsNameTheValueAndWhatIsAllowed) {
  EXPECT_EQ(ParseJobKind("train").status().message(),
            "job kind is 'train'; must be one of compile, launch");
  EXPECT_EQ(ParseJobState("running").status().message(),
            "job state is 'running'; must be one of QUEUED, SCHEDULED, STARTING, RUNNING, "
            "SUCCEEDED, FAILED, CANCELLED, LOST");
  EXPECT_TRUE(ParseEndReason("x").status().message().starts_with(
      "reason is 'x'; must be one of '', CompilationFailed, "));
}

}  // namespace
}  // namespace csl
