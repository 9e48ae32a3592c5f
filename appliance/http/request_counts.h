// SPDX-License-Identifier: Apache-2.0
// Requests by route and status, and how long they took. Thread safe.
#ifndef APPLIANCE_HTTP_REQUEST_COUNTS_H_
#define APPLIANCE_HTTP_REQUEST_COUNTS_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "appliance/http/metrics_text.h"
#include "base/histogram.h"
#include "base/http/server.h"

namespace csl::appliance {

class RequestCounts {
 public:
  void Add(const http::Answered& answered);
  void WriteTo(MetricsText& text) const;

 private:
  // Method and path as the table of routes has them; no text that a stranger chose.
  using Route = std::pair<std::string, std::string>;
  static Route RouteOf(const http::Answered& answered);

  mutable std::mutex mutex_;
  std::map<std::pair<Route, int>, uint64_t> by_status_;
  std::map<Route, Histogram> seconds_;
  uint64_t received_bytes_ = 0;
  uint64_t sent_bytes_ = 0;
};

}  // namespace csl::appliance

#endif  // APPLIANCE_HTTP_REQUEST_COUNTS_H_
