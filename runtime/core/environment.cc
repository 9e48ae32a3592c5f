// SPDX-License-Identifier: Apache-2.0
#include "runtime/core/environment.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

namespace csl::runtime {
namespace {

// More bands than any fabric has rows are of no use.
constexpr int kMaxShards = 4096;

template <typename Integer>
Status ReadInteger(const GetEnvironment& get, const char* name, Integer min, Integer max,
                   Integer* out) {
  const char* text = get(name);
  if (text == nullptr || *text == '\0') return OkStatus();
  const std::string_view view = text;
  Integer value = 0;
  const auto [end, error] = std::from_chars(view.data(), view.data() + view.size(), value);
  if (error != std::errc() || end != view.data() + view.size() || value < min || value > max) {
    return InvalidArgument(
        fmt::format("environment variable {}={}: must be {}..{}", name, view, min, max));
  }
  *out = value;
  return OkStatus();
}

}  // namespace

Status ApplyEnvironment(const GetEnvironment& get, DeviceOptions* options) {
  RETURN_IF_ERROR(ReadInteger(get, "CS_SIMFAB_SHARDS", 0, kMaxShards, &options->num_shards));
  RETURN_IF_ERROR(
      ReadInteger(get, "CS_SIMFAB_THREADS", 1, fabric::kMaxThreads, &options->num_threads));
  RETURN_IF_ERROR(ReadInteger(get, "CS_SIMFAB_CYCLE_LIMIT", int64_t{0},
                              fabric::kMaxCommandLimitCycles, &options->command_limit_cycles));
  RETURN_IF_ERROR(ReadInteger(get, "CS_SIMFAB_WARN_CYCLES", int64_t{0},
                              fabric::kMaxCommandLimitCycles, &options->warn_after_cycles));
  int strict = options->refuse_long_copies ? 1 : 0;
  RETURN_IF_ERROR(ReadInteger(get, "CS_STRICT", 0, 1, &strict));
  options->refuse_long_copies = strict != 0;
  const char* engine = get("CS_SIMFAB_ENGINE");
  if (engine == nullptr || *engine == '\0') return OkStatus();
  if (std::string_view(engine) == "sharded") {
    options->engine = fabric::EngineKind::kSharded;
  } else if (std::string_view(engine) == "reference") {
    options->engine = fabric::EngineKind::kReference;
  } else {
    return InvalidArgument(fmt::format(
        "environment variable CS_SIMFAB_ENGINE={}: must be sharded or reference", engine));
  }
  return OkStatus();
}

}  // namespace csl::runtime
