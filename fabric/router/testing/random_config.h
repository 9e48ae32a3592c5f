// SPDX-License-Identifier: Apache-2.0
// Random settings and wavelets: mostly ones that let traffic flow, some that make no sense.
#ifndef FABRIC_ROUTER_TESTING_RANDOM_CONFIG_H_
#define FABRIC_ROUTER_TESTING_RANDOM_CONFIG_H_

#include <cstdint>
#include <random>

#include "fabric/image/color_config.h"
#include "fabric/router/side.h"
#include "fabric/router/wavelet.h"

namespace csl::fabric::router::testing {

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  int Below(int end) { return static_cast<int>(engine_() % static_cast<unsigned>(end)); }
  bool Percent(int percent) { return Below(100) < percent; }

 private:
  std::minstd_rand engine_;
};

// What a fabric has more or less of.
struct Flavor {
  int flow_percent = 80;  // routers that pass the color's direction on
  int switch_percent = 30;
  int filter_percent = 20;
  int swap_percent = 0;
  int teardown_percent = 3;
  int many_inputs_percent = 3;
  int control_percent = 25;
};

// For a color that flows towards `towards`. `ends`: the fabric does, there.
image::ColorConfig RandomConfig(const Flavor& flavor, Side towards, bool begins, bool ends,
                                Random* random);
Wavelet RandomWavelet(const Flavor& flavor, Random* random);

}  // namespace csl::fabric::router::testing

#endif  // FABRIC_ROUTER_TESTING_RANDOM_CONFIG_H_
