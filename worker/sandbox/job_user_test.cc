// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/job_user.h"

#include <gtest/gtest.h>

namespace csl::worker {
namespace {

constexpr char kWhole[] = "         0          0 4294967295\n";

TEST(JobUserTest, TheRangeMustBeMappedForUsersAndGroups) {
  ASSERT_TRUE(JobIdRangeIn(kWhole, kWhole).has_value());
  EXPECT_EQ(JobIdRangeIn(kWhole, kWhole)->first, 0x70000000u);
  const std::string container = "0 100000 65536\n";
  ASSERT_TRUE(JobIdRangeIn(container, container).has_value());
  EXPECT_EQ(JobIdRangeIn(container, container)->first, 61184u);
  EXPECT_EQ(JobIdRangeIn(container, kWhole)->first, 61184u);
  EXPECT_FALSE(JobIdRangeIn("0 1000 1\n", kWhole).has_value());
  EXPECT_FALSE(JobIdRangeIn("", "").has_value());
}

TEST(JobUserTest, NoTwoJobsShareOneAndNoneIsRoot) {
  const JobUser one = JobUser::Take();
  const JobUser two = JobUser::Take();
  if (!JobIdRange()) {
    EXPECT_FALSE(one.id().has_value());
    GTEST_SKIP() << "no ids to give away here";
  }
  ASSERT_TRUE(one.id().has_value() && two.id().has_value());
  EXPECT_NE(*one.id(), *two.id());
  EXPECT_GT(*one.id(), 60'000u);
}

}  // namespace
}  // namespace csl::worker
