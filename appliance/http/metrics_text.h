// SPDX-License-Identifier: Apache-2.0
// Prometheus' text format, version 0.0.4, as it is written.
#ifndef APPLIANCE_HTTP_METRICS_TEXT_H_
#define APPLIANCE_HTTP_METRICS_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/histogram.h"

namespace csl::appliance {

inline constexpr char kMetricsType[] = "text/plain; version=0.0.4; charset=utf-8";

class MetricsText {
 public:
  using Labels = std::vector<std::pair<std::string, std::string>>;

  // Begins a family; its samples follow. `type`: "counter", "gauge" or "histogram".
  void Family(const std::string& name, std::string_view type, std::string_view help);
  void Sample(const Labels& labels, double value);
  void Sample(const Labels& labels, uint64_t value);
  void Sample(const Labels& labels, const Histogram& histogram);
  // A family of one sample without labels.
  void One(const std::string& name, std::string_view type, std::string_view help, double value);

  const std::string& text() const { return text_; }

 private:
  void Line(std::string_view suffix, const Labels& labels, const std::string& value);

  std::string family_;
  std::string text_;
};

}  // namespace csl::appliance

#endif  // APPLIANCE_HTTP_METRICS_TEXT_H_
