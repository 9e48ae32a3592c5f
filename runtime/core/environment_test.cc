// SPDX-License-Identifier: Apache-2.0
#include "runtime/core/environment.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace csl::runtime {
namespace {

Status Apply(const std::map<std::string, std::string>& variables, DeviceOptions* options) {
  return ApplyEnvironment(
      [&](const char* name) {
        auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
      },
      options);
}

TEST(EnvironmentTest, NothingSetChangesNothing) {
  DeviceOptions options;
  options.num_threads = 7;
  EXPECT_EQ(Apply({{"CS_SIMFAB_ENGINE", ""}}, &options), OkStatus());
  EXPECT_EQ(options.num_threads, 7);
  EXPECT_EQ(options.num_shards, 0);
  EXPECT_EQ(options.engine, fabric::EngineKind::kSharded);
}

TEST(EnvironmentTest, EachVariableSetsItsOption) {
  DeviceOptions options;
  EXPECT_EQ(Apply({{"CS_SIMFAB_ENGINE", "reference"},
                   {"CS_SIMFAB_SHARDS", "3"},
                   {"CS_SIMFAB_CYCLE_LIMIT", "5000000000"},
                   {"CS_SIMFAB_WARN_CYCLES", "7000"},
                   {"CS_SIMFAB_THREADS", "64"}},
                  &options),
            OkStatus());
  EXPECT_EQ(options.num_threads, 64);
  EXPECT_EQ(options.num_shards, 3);
  EXPECT_EQ(options.command_limit_cycles, 5'000'000'000);
  EXPECT_EQ(options.warn_after_cycles, 7000);
  EXPECT_EQ(options.engine, fabric::EngineKind::kReference);
}

TEST(EnvironmentTest, WrongValuesShowVariableValueAndRange) {
  DeviceOptions options;
  EXPECT_EQ(Apply({{"CS_SIMFAB_THREADS", "65"}}, &options),
            InvalidArgument("environment variable CS_SIMFAB_THREADS=65: must be 1..64"));
  for (const char* bad : {"-1", "1e6", "1000000000000001", "99999999999999999999", " 5", "many"}) {
    EXPECT_EQ(Apply({{"CS_SIMFAB_CYCLE_LIMIT", bad}}, &options),
              InvalidArgument(std::string("environment variable CS_SIMFAB_CYCLE_LIMIT=") + bad +
                              ": must be 0..1000000000000000"));
  }
  EXPECT_FALSE(Apply({{"CS_SIMFAB_WARN_CYCLES", "-1"}}, &options).ok());
  EXPECT_FALSE(Apply({{"CS_SIMFAB_SHARDS", "-1"}}, &options).ok());
  EXPECT_FALSE(Apply({{"CS_SIMFAB_SHARDS", "2x"}}, &options).ok());
  EXPECT_EQ(
      Apply({{"CS_SIMFAB_ENGINE", "fast"}}, &options),
      InvalidArgument("environment variable CS_SIMFAB_ENGINE=fast: must be sharded or reference"));
}

}  // namespace
}  // namespace csl::runtime
