// SPDX-License-Identifier: Apache-2.0
// What the kernel knows of this process, under the names that Prometheus' own clients use.
#ifndef APPLIANCE_HTTP_PROCESS_METRICS_H_
#define APPLIANCE_HTTP_PROCESS_METRICS_H_

#include "appliance/http/metrics_text.h"

namespace csl::appliance {

void WriteProcessMetrics(MetricsText& text);

}  // namespace csl::appliance

#endif  // APPLIANCE_HTTP_PROCESS_METRICS_H_
