// SPDX-License-Identifier: Apache-2.0
#include "runtime/trace/options.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

namespace csl::runtime {
namespace {

constexpr int64_t kMaxTimelineMegabytes = 1'000'000;

struct Switch {
  std::string_view name;
  uint32_t kinds;
};
constexpr Switch kSwitches[] = {
    {"landing", fabric::kTraceLandings},
    {"router", fabric::kTraceRoutes},
    {"inst_trace", fabric::kTraceInstructions},
    {"tasks", fabric::kTraceTasks},
};

uint32_t KindsOf(std::string_view name) {
  for (const Switch& s : kSwitches) {
    if (s.name == name) return s.kinds;
  }
  return 0;
}

void ReadSwitches(std::string_view list, TraceOptions* options) {
  while (!list.empty()) {
    const size_t end = std::min(list.find_first_of(", "), list.size());
    const std::string_view name = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    if (name.empty()) continue;
    const uint32_t kinds = KindsOf(name);
    options->log |= kinds;
    if (kinds == 0) options->unknown.emplace_back(name);
  }
}

}  // namespace

Status ReadTraceOptions(const std::function<const char*(const char*)>& get, TraceOptions* options) {
  for (const char* name :
       {"SIMFABRIC_DEBUG", "SINGULARITYENV_SIMFABRIC_DEBUG", "APPTAINERENV_SIMFABRIC_DEBUG"}) {
    const char* list = get(name);
    if (list != nullptr) ReadSwitches(list, options);
  }
  if (const char* text = get("CS_SIMFAB_TRACE"); text != nullptr && *text != '\0') {
    const std::string_view value = text;
    if (value != "0" && value != "1") {
      return InvalidArgument(
          fmt::format("environment variable CS_SIMFAB_TRACE={}: must be 0 or 1", value));
    }
    options->timeline = value == "1";
  }
  if (const char* text = get("CS_SIMFAB_TRACE_MB"); text != nullptr && *text != '\0') {
    const std::string_view value = text;
    int64_t megabytes = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), megabytes);
    if (error != std::errc() || end != value.data() + value.size() || megabytes < 1 ||
        megabytes > kMaxTimelineMegabytes) {
      return InvalidArgument(
          fmt::format("environment variable CS_SIMFAB_TRACE_MB={}: must be "
                      "1..{}",
                      value, kMaxTimelineMegabytes));
    }
    options->timeline_bytes = static_cast<uint64_t>(megabytes) << 20;
  }
  return OkStatus();
}

}  // namespace csl::runtime
