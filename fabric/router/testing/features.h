// SPDX-License-Identifier: Apache-2.0
// Counts of what random fabrics show (features.def).
#ifndef FABRIC_ROUTER_TESTING_FEATURES_H_
#define FABRIC_ROUTER_TESTING_FEATURES_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace csl::fabric::router::testing {

enum class Feature {
#define FEATURE(name, least) name,
#include "fabric/router/testing/features.def"
#undef FEATURE
};

struct FeatureInfo {
  const char* name;
  int64_t least;
};
inline constexpr FeatureInfo kFeatures[] = {
#define FEATURE(name, least) {#name, least},
#include "fabric/router/testing/features.def"
#undef FEATURE
};

class FeatureCounts {
 public:
  int64_t& operator[](Feature feature) { return counts_[static_cast<size_t>(feature)]; }

 private:
  std::array<int64_t, std::size(kFeatures)> counts_ = {};
};

}  // namespace csl::fabric::router::testing

#endif  // FABRIC_ROUTER_TESTING_FEATURES_H_
