// SPDX-License-Identifier: Apache-2.0
#include "fabric/pe/color_words.h"

#include <bit>

namespace csl::fabric::pe {
namespace {

constexpr int kDirections = 5;
constexpr uint16_t kInvalidPosition = 5;

uint16_t RouteWord(const image::Route& route) {
  return static_cast<uint16_t>((route.tx & 31) | (route.rx & 31) << kDirections);
}
image::Route RouteOfWord(uint16_t word) {
  return {static_cast<uint8_t>(word >> kDirections & 31), static_cast<uint8_t>(word & 31)};
}

// Positions 1 to 3 as nibbles (WSE-2): a direction or invalid, and whether it is the input.
uint16_t Nibble(const image::ColorConfig& config, int position) {
  if (position >= config.num_positions) return kInvalidPosition;
  const image::Route& route = config.positions[static_cast<size_t>(position)];
  const bool is_input = route.rx != image::kInherited;
  const uint8_t mask = is_input ? route.rx : route.tx;
  const int direction = mask == 0 ? 0 : std::countr_zero(mask);
  return static_cast<uint16_t>(direction | (is_input ? 8 : 0));
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
  // An invalid position ends the list.
  config->num_positions = 1;
  for (int position = 1; position <= 3; ++position) {
    const int nibble = word >> (4 * (position - 1)) & 15;
    if ((nibble & 7) >= kInvalidPosition) break;
    const auto mask = static_cast<uint8_t>(1 << (nibble & 7));
    image::Route& route = config->positions[static_cast<size_t>(position)];
    route.rx = (nibble & 8) != 0 ? mask : image::kInherited;
    route.tx = (nibble & 8) != 0 ? image::kInherited : mask;
    ++config->num_positions;
  }
}

uint16_t PositionWord(int position, const image::ColorConfig& config) {
  if (position >= config.num_positions) return 0;
  return RouteWord(config.RouteOf(position));
}

void SetPositionWord(int position, uint16_t word, image::ColorConfig* config) {
  if (word == 0) {
    if (config->num_positions > position) config->num_positions = static_cast<uint8_t>(position);
    return;
  }
  config->positions[static_cast<size_t>(position)] = RouteOfWord(word);
  // Positions between keep what they had; one that was never given is skipped over by no advance.
  if (config->num_positions <= position) {
    config->num_positions = static_cast<uint8_t>(position + 1);
  }
}

}  // namespace csl::fabric::pe
