// SPDX-License-Identifier: Apache-2.0
#include "fabric/engine/cgroup_cores.h"

#include <gtest/gtest.h>

#include <fstream>

namespace csl::fabric::engine {
namespace {

namespace fs = std::filesystem;

class CgroupCoresTest : public ::testing::Test {
 protected:
  CgroupCoresTest() {
    mount_ = fs::path(::testing::TempDir()) /
             ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(mount_);
    fs::create_directories(mount_);
  }
  void Write(const std::string& path, const std::string& text) {
    fs::create_directories((mount_ / path).parent_path());
    std::ofstream(mount_ / path) << text << "\n";
  }
  fs::path mount_;
};

TEST_F(CgroupCoresTest, NoQuotaIsNotALimit) {
  EXPECT_EQ(CgroupCores("", mount_), std::nullopt);
  EXPECT_EQ(CgroupCores("0::/job\n", mount_), std::nullopt);
  Write("job/cpu.max", "max 100000");
  EXPECT_EQ(CgroupCores("0::/job\n", mount_), std::nullopt);
  Write("cpu/job/cpu.cfs_quota_us", "-1");
  Write("cpu/job/cpu.cfs_period_us", "100000");
  EXPECT_EQ(CgroupCores("4:cpu,cpuacct:/job\n", mount_), std::nullopt);
}

TEST_F(CgroupCoresTest, Version2TakesTheSmallestQuotaAboveIt) {
  Write("a/cpu.max", "350000 100000");
  Write("a/b/cpu.max", "max 100000");
  EXPECT_EQ(CgroupCores("0::/a/b\n", mount_), 3);
  Write("a/b/c/cpu.max", "20000 10000");
  EXPECT_EQ(CgroupCores("0::/a/b/c\n", mount_), 2);
  Write("a/b/c/cpu.max", "500 10000");
  EXPECT_EQ(CgroupCores("0::/a/b/c\n", mount_), 1);
}

TEST_F(CgroupCoresTest, Version1ReadsItsControllerOnly) {
  Write("cpu/x/cpu.cfs_quota_us", "200000");
  Write("cpu/x/cpu.cfs_period_us", "100000");
  EXPECT_EQ(CgroupCores("5:cpuset:/\n4:cpuacct,cpu:/x\n0::/\n", mount_), 2);
  EXPECT_EQ(CgroupCores("5:cpuset:/x\n", mount_), std::nullopt);
}

// What the pool of threads asks: cores by affinity, cut down to the quota of its own group.
TEST_F(CgroupCoresTest, CoresAreCutDownToTheQuota) {
  Write("self", "0::/job");
  EXPECT_EQ(CoresWithinQuota(8, mount_ / "self", mount_), 8);
  Write("job/cpu.max", "300000 100000");
  EXPECT_EQ(CoresWithinQuota(8, mount_ / "self", mount_), 3);
  EXPECT_EQ(CoresWithinQuota(2, mount_ / "self", mount_), 2);
  EXPECT_EQ(CoresWithinQuota(8, mount_ / "missing", mount_), 8);
}

TEST_F(CgroupCoresTest, LinesThatAreNoneAreIgnored) {
  EXPECT_EQ(CgroupCores("nonsense\n1\n:\n", mount_), std::nullopt);
}

}  // namespace
}  // namespace csl::fabric::engine
