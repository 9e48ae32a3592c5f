// SPDX-License-Identifier: Apache-2.0
// What each namespace has used of the cluster lately: a share that fades, so that who had the
// cluster all morning lets others go first, and is even with them again by the evening.
#ifndef APPLIANCE_SERVICE_USAGE_H_
#define APPLIANCE_SERVICE_USAGE_H_

#include <cmath>
#include <cstdint>
#include <map>
#include <string>

#include "appliance/domain/store.h"

namespace csl::appliance {

// After this long a use counts half.
inline constexpr int64_t kUseHalvesMs = 3600 * 1000;
// One older than this counts nothing: less than a thousandth is left of it.
inline constexpr int64_t kUseForgottenMs = 10 * kUseHalvesMs;

// Not thread safe. What it says depends on the uses alone, in whatever order they are added.
class Usage {
 public:
  void Add(const PastUse& use) {
    Faded& one = by_namespace_[use.name_space];
    const double milli_cpu_ms =
        static_cast<double>(use.cpu_milli) *
        static_cast<double>(use.to_ms > use.from_ms ? use.to_ms - use.from_ms : 0);
    if (use.to_ms > one.at_ms) one = {Fade(one, use.to_ms), use.to_ms};
    one.milli_cpu_ms += milli_cpu_ms * Left(one.at_ms - use.to_ms);
  }

  // Milli-cpu: what was used all the time would be this much.
  int64_t Average(const std::string& name_space, int64_t now_ms) const {
    const auto it = by_namespace_.find(name_space);
    if (it == by_namespace_.end()) return 0;
    constexpr double kLifeMs = static_cast<double>(kUseHalvesMs) / 0.6931471805599453;  // ln 2
    return static_cast<int64_t>(std::llround(Fade(it->second, now_ms) / kLifeMs));
  }

 private:
  struct Faded {
    double milli_cpu_ms = 0;
    int64_t at_ms = 0;
  };
  static double Left(int64_t ms) {
    if (ms <= 0) return 1;
    return std::exp2(-static_cast<double>(ms) / static_cast<double>(kUseHalvesMs));
  }
  static double Fade(const Faded& one, int64_t at_ms) {
    return one.milli_cpu_ms * Left(at_ms - one.at_ms);
  }

  std::map<std::string, Faded> by_namespace_;
};

}  // namespace csl::appliance

#endif  // APPLIANCE_SERVICE_USAGE_H_
