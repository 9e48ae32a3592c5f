// SPDX-License-Identifier: Apache-2.0
#include "appliance/http/request_counts.h"

#include "appliance/http/api.h"

namespace csl::appliance {
namespace {

const std::vector<double> kSeconds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                      0.25,  0.5,    1,     2.5,  5,     10,   60};

}  // namespace

RequestCounts::Route RequestCounts::RouteOf(const http::Answered& answered) {
  const RouteRow* row = FindRoute(answered.head.method, answered.head.Path());
  if (row == nullptr) return {"none", "none"};
  return {answered.head.method, row->path};
}

void RequestCounts::Add(const http::Answered& answered) {
  const Route route = RouteOf(answered);
  std::lock_guard lock(mutex_);
  ++by_status_[{route, answered.status}];
  received_bytes_ += answered.received_bytes;
  sent_bytes_ += answered.sent_bytes;
  const auto it = seconds_.try_emplace(route, kSeconds).first;
  it->second.Observe(std::chrono::duration<double>(answered.took).count());
}

void RequestCounts::WriteTo(MetricsText& text) const {
  std::lock_guard lock(mutex_);
  text.Family("csl_http_requests_total", "counter", "Requests that were answered.");
  for (const auto& [key, count] : by_status_) {
    const auto& [route, status] = key;
    text.Sample(
        {{"method", route.first}, {"route", route.second}, {"code", std::to_string(status)}},
        count);
  }
  text.Family("csl_http_request_seconds", "histogram",
              "From a request's head to its answer, without the time that it waited for news.");
  for (const auto& [route, seconds] : seconds_) {
    text.Sample({{"method", route.first}, {"route", route.second}}, seconds);
  }
  text.One("csl_http_received_bytes_total", "counter", "Bytes of requests.",
           static_cast<double>(received_bytes_));
  text.One("csl_http_sent_bytes_total", "counter", "Bytes of answers.",
           static_cast<double>(sent_bytes_));
}

}  // namespace csl::appliance
