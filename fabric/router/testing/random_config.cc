// SPDX-License-Identifier: Apache-2.0
#include "fabric/router/testing/random_config.h"

namespace csl::fabric::router::testing {

using image::ColorConfig;
using image::Filter;
using image::FilterKind;
using image::PopMode;
using image::Route;

namespace {

uint8_t BitOf(Side side) { return static_cast<uint8_t>(1 << static_cast<int>(side)); }

uint8_t RandomInputs(const Flavor& flavor, Random* random) {
  uint8_t out = static_cast<uint8_t>(1 << random->Below(5));
  if (random->Percent(flavor.many_inputs_percent))
    out |= static_cast<uint8_t>(1 << random->Below(5));
  return out;
}

uint8_t RandomOutputs(Random* random) {
  if (random->Percent(5)) return 0;
  uint8_t out = static_cast<uint8_t>(1 << random->Below(5));
  while (random->Percent(35)) out |= static_cast<uint8_t>(1 << random->Below(5));
  return out;
}

Filter RandomFilter(Random* random) {
  Filter f;
  f.kind = static_cast<FilterKind>(1 + random->Below(3));
  f.min_index = static_cast<uint16_t>(random->Below(3));
  f.max_index = static_cast<uint16_t>(f.min_index + random->Below(3));
  f.count_data = random->Percent(70);
  f.count_control = random->Percent(50);
  f.filter_control = random->Percent(20);
  f.has_limit1 = random->Percent(85);
  f.has_limit2 = f.has_limit1 && random->Percent(60);
  f.init_counter = static_cast<uint16_t>(random->Below(3));
  f.max_counter = static_cast<uint16_t>(random->Below(3));
  f.limit1 = static_cast<uint16_t>(f.has_limit1 ? random->Below(4) : 0);
  f.limit2 = static_cast<uint16_t>(f.has_limit2 ? random->Below(4) : 0);
  return f;
}

void AddSwitch(const Flavor& flavor, Random* random, ColorConfig* config) {
  config->num_positions = static_cast<uint8_t>(2 + random->Below(3));
  for (size_t i = 1; i < config->num_positions; ++i) {
    Route& route = config->positions[i];
    const int what = random->Below(3);
    route.rx = what == 0 ? image::kInherited : RandomInputs(flavor, random);
    route.tx = what == 1 ? image::kInherited : RandomOutputs(random);
  }
  config->current_position = static_cast<uint8_t>(random->Below(config->num_positions));
  config->ring_mode = random->Percent(60);
}

}  // namespace

ColorConfig RandomConfig(const Flavor& flavor, Side towards, bool begins, bool ends,
                         Random* random) {
  ColorConfig out;
  const auto from = static_cast<Side>(OppositeSide(static_cast<int>(towards)));
  Route& route = out.positions[0];
  if (random->Percent(flavor.flow_percent)) {
    route.rx = begins || random->Percent(10) ? uint8_t{image::kRamp} : BitOf(from);
    route.tx = ends ? uint8_t{image::kRamp} : BitOf(towards);
    if (random->Percent(30)) route.tx |= image::kRamp;
    if (random->Percent(10)) route.tx |= RandomOutputs(random);
  } else {
    route = {RandomInputs(flavor, random), RandomOutputs(random)};
  }
  if (random->Percent(flavor.many_inputs_percent)) {  // they meet before the CE
    route = {static_cast<uint8_t>(BitOf(from) | image::kRamp), image::kRamp};
  }
  if (random->Percent(flavor.switch_percent)) AddSwitch(flavor, random, &out);
  if (random->Percent(flavor.switch_percent + 10)) {
    out.pop_mode = static_cast<PopMode>(random->Below(4));
  }
  if (random->Percent(flavor.filter_percent)) out.filter = RandomFilter(random);
  out.color_swap_x = random->Percent(flavor.swap_percent);
  out.color_swap_y = random->Percent(flavor.swap_percent);
  out.teardown = random->Percent(flavor.teardown_percent);
  return out;
}

Wavelet RandomWavelet(const Flavor& flavor, Random* random) {
  Wavelet out;
  out.control = random->Percent(flavor.control_percent);
  out.advance = random->Percent(8);
  out.payload = static_cast<uint32_t>(random->Below(1 << 30)) << 2 ^
                static_cast<uint32_t>(random->Below(1 << 30));
  if (!out.control) {
    out.payload = static_cast<uint32_t>(random->Below(6)) << 16 | (out.payload & 0xffff);
  } else if (random->Percent(60)) {  // fewer teardowns
    constexpr uint32_t kOpcode = 3u << 22;
    const auto opcode = static_cast<uint32_t>(random->Below(3));
    out.payload = (out.payload & ~kOpcode) | opcode << 22;
  }
  return out;
}

}  // namespace csl::fabric::router::testing
