// SPDX-License-Identifier: Apache-2.0
#include "fabric/pe/color_words.h"

#include <bit>

namespace csl::fabric::pe {
namespace {

constexpr int kDirections = 5;
constexpr uint16_t kInvalidPosition = 5;
// In rx of a position that is not given: its nibble says input all the same.
constexpr uint8_t kSaysInput = 0x40;

bool IsGiven(const image::Route& route) { return ((route.rx | route.tx) & ~kSaysInput) != 0; }

uint16_t RouteWord(const image::Route& route) {
  return static_cast<uint16_t>((route.tx & 31) | (route.rx & 31) << kDirections);
}
image::Route RouteOfWord(uint16_t word) {
  return {static_cast<uint8_t>(word >> kDirections & 31), static_cast<uint8_t>(word & 31)};
}

// Positions 1 to 3 as nibbles (WSE-2): a direction or invalid, and whether it is the input.
int Nibble(const image::ColorConfig& config, int position) {
  const image::Route& route = config.positions[static_cast<size_t>(position)];
  if (!IsGiven(route)) return kInvalidPosition | (route.rx == kSaysInput ? 8 : 0);
  const bool is_input = route.rx != image::kInherited;
  const uint8_t mask = is_input ? route.rx : route.tx;
  return (mask == 0 ? 0 : std::countr_zero(mask)) | (is_input ? 8 : 0);
}

// The list of positions ends before the first one that is not given; those behind it are kept.
void CountPositions(image::ColorConfig* config) {
  config->num_positions = 1;
  while (config->num_positions < config->positions.size() &&
         IsGiven(config->positions[config->num_positions])) {
    ++config->num_positions;
  }
}

}  // namespace

uint16_t ColorWord(const image::ColorConfig& config) {
  return static_cast<uint16_t>(RouteWord(config.positions[0]) | config.color_swap_y << 10 |
                               config.color_swap_x << 11 | static_cast<int>(config.pop_mode) << 12 |
                               config.teardown << 14);
}

void SetColorWord(uint16_t word, image::ColorConfig* config) {
  const uint8_t io_rx = config->positions[0].rx & 32;
  const uint8_t io_tx = config->positions[0].tx & 32;
  config->positions[0] = RouteOfWord(word);
  config->positions[0].rx |= io_rx;
  config->positions[0].tx |= io_tx;
  config->color_swap_y = (word >> 10 & 1) != 0;
  config->color_swap_x = (word >> 11 & 1) != 0;
  config->pop_mode = static_cast<image::PopMode>(word >> 12 & 3);
  config->teardown = (word >> 14 & 1) != 0;
}

uint16_t SwitchWord(isa::Arch arch, const image::ColorConfig& config) {
  auto word = static_cast<uint16_t>(config.current_position << 13 | config.ring_mode << 12);
  if (arch == isa::Arch::kWse3) return word;
  for (int position = 1; position <= 3; ++position) {
    word |= static_cast<uint16_t>(Nibble(config, position) << (4 * (position - 1)));
  }
  return word;
}

void SetSwitchWord(isa::Arch arch, uint16_t word, image::ColorConfig* config) {
  config->current_position = static_cast<uint8_t>(word >> 13 & 3);
  config->ring_mode = (word >> 12 & 1) != 0;
  if (arch == isa::Arch::kWse3) return;
  for (int position = 1; position <= 3; ++position) {
    const int nibble = word >> (4 * (position - 1)) & 15;
    // What is written back unchanged stays: the word cannot tell several outputs.
    if (nibble == Nibble(*config, position)) continue;
    image::Route& route = config->positions[static_cast<size_t>(position)];
    route = {};
    if ((nibble & 7) >= kInvalidPosition) {
      if ((nibble & 8) != 0) route.rx = kSaysInput;
      continue;
    }
    const auto mask = static_cast<uint8_t>(1 << (nibble & 7));
    route = (nibble & 8) != 0 ? image::Route{mask, image::kInherited}
                              : image::Route{image::kInherited, mask};
  }
  CountPositions(config);
}

uint16_t PositionWord(int position, const image::ColorConfig& config) {
  if (!IsGiven(config.positions[static_cast<size_t>(position)])) return 0;
  return RouteWord(config.RouteOf(position));
}

void SetPositionWord(int position, uint16_t word, image::ColorConfig* config) {
  config->positions[static_cast<size_t>(position)] = word == 0 ? image::Route{} : RouteOfWord(word);
  CountPositions(config);
}

}  // namespace csl::fabric::pe
