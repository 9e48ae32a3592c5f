// SPDX-License-Identifier: Apache-2.0
#include "runtime/trace/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace csl::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

StatusOr<TraceOptions> Read(const std::map<std::string, std::string>& environment) {
  TraceOptions options;
  const auto get = [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  };
  Status status = ReadTraceOptions(get, &options);
  if (!status.ok()) return status;
  return options;
}

TEST(TraceOptions, NothingByDefault) {
  const auto options = Read({});
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->kinds(), 0u);
  EXPECT_FALSE(options->timeline);
}

TEST(TraceOptions, SwitchesAreAList) {
  const auto options = Read({{"SIMFABRIC_DEBUG", "landing,router"}});
  EXPECT_EQ(options->log, fabric::kTraceLandings | fabric::kTraceRoutes);
  EXPECT_EQ(Read({{"SIMFABRIC_DEBUG", " inst_trace, tasks,"}})->log,
            fabric::kTraceInstructions | fabric::kTraceTasks);
  EXPECT_THAT(options->unknown, IsEmpty());
}

TEST(TraceOptions, NamesOfContainersCountToo) {
  EXPECT_EQ(Read({{"SINGULARITYENV_SIMFABRIC_DEBUG", "landing"}})->log, fabric::kTraceLandings);
  EXPECT_EQ(Read({{"APPTAINERENV_SIMFABRIC_DEBUG", "inst_trace"}})->log,
            fabric::kTraceInstructions);
}

TEST(TraceOptions, UnknownSwitchesAreNamed) {
  const auto options = Read({{"SIMFABRIC_DEBUG", "landing,landings"}});
  ASSERT_TRUE(options.ok());
  EXPECT_THAT(options->unknown, ElementsAre("landings"));
}

TEST(TraceOptions, Timeline) {
  EXPECT_TRUE(Read({{"CS_SIMFAB_TRACE", "1"}})->timeline);
  EXPECT_FALSE(Read({{"CS_SIMFAB_TRACE", "0"}})->timeline);
  EXPECT_THAT(Read({{"CS_SIMFAB_TRACE", "yes"}}).status().message(),
              HasSubstr("CS_SIMFAB_TRACE=yes: must be 0 or 1"));
  EXPECT_EQ(Read({{"CS_SIMFAB_TRACE_MB", "3"}})->timeline_bytes, uint64_t{3} << 20);
  EXPECT_THAT(Read({{"CS_SIMFAB_TRACE_MB", "0"}}).status().message(), HasSubstr("must be 1.."));
}

}  // namespace
}  // namespace csl::runtime
