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

TEST(JobUserTest, AFewMappedIdsAreGivenToo) {
  const std::string few = "0 1000 1\n61184 200000 100\n";
  const auto range = JobIdRangeIn(few, kWhole);
  ASSERT_TRUE(range.has_value());
  EXPECT_EQ(range->first, 61184u);
  EXPECT_EQ(range->count, 100u);
  EXPECT_EQ(JobIdRangeIn(kWhole, few)->count, 100u);
}

TEST(JobUserTest, SubordinateRangesAreReadByNameAndNumber) {
  const std::string text =
      "# comment\nann:100000:65536\n1000:300000:10\nbob:400000:65536\n:1:2\nann:x:5\n"
      "ann:0:65536\nann:500000:0\nann:600000:-1\nann:99999999999:1\nann:1\n";
  const auto ranges = SubordinateRangesIn(text, "ann", 1000);
  ASSERT_EQ(ranges.size(), 2u);
  EXPECT_EQ(ranges[0].first, 100000u);
  EXPECT_EQ(ranges[0].count, 65536u);
  EXPECT_EQ(ranges[1].first, 300000u);
  EXPECT_EQ(ranges[1].count, 10u);
  // A user without a name has what its number is given, not what nobody is given.
  EXPECT_EQ(SubordinateRangesIn(text, "", 7).size(), 0u);
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
