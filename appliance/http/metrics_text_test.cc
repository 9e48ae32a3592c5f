// SPDX-License-Identifier: Apache-2.0
#include "appliance/http/metrics_text.h"

#include <gtest/gtest.h>

namespace csl::appliance {
namespace {

TEST(MetricsTextTest, IsWhatPrometheusReads) {
  MetricsText text;
  text.One("up", "gauge", "With \\ and\na line.", 1.5);
  text.Family("requests_total", "counter", "Requests.");
  text.Sample({{"path", "a\"b\\c\nd"}, {"code", "200"}}, uint64_t{7});
  Histogram seconds({0.5, 2});
  for (const double value : {0.1, 0.5, 1.0, 9.0}) seconds.Observe(value);
  text.Family("wait_seconds", "histogram", "Waits.");
  text.Sample({{"kind", "x"}}, seconds);
  EXPECT_EQ(text.text(),
            "# HELP up With \\\\ and\\na line.\n"
            "# TYPE up gauge\n"
            "up 1.5\n"
            "# HELP requests_total Requests.\n"
            "# TYPE requests_total counter\n"
            "requests_total{path=\"a\\\"b\\\\c\\nd\",code=\"200\"} 7\n"
            "# HELP wait_seconds Waits.\n"
            "# TYPE wait_seconds histogram\n"
            "wait_seconds_bucket{kind=\"x\",le=\"0.5\"} 2\n"
            "wait_seconds_bucket{kind=\"x\",le=\"2\"} 3\n"
            "wait_seconds_bucket{kind=\"x\",le=\"+Inf\"} 4\n"
            "wait_seconds_sum{kind=\"x\"} 10.6\n"
            "wait_seconds_count{kind=\"x\"} 4\n");
}

}  // namespace
}  // namespace csl::appliance
