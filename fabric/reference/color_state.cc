// SPDX-License-Identifier: Apache-2.0
#include "fabric/reference/color_state.h"

#include <bit>

namespace csl::fabric::reference {
namespace {

// In place of a mask of the image: the side is that of the position before.
constexpr uint8_t kInherited = 0x80;

}  // namespace

ColorState::ColorState(const image::ColorConfig& config)
    : pop_mode(config.pop_mode),
      swap_x(config.color_swap_x),
      swap_y(config.color_swap_y),
      teardown(config.teardown),
      filter(config.filter),
      current_(config.current_position),
      ring_(config.ring_mode) {
  for (size_t n = 0; n < config.num_positions; ++n) {
    const image::Route& route = config.positions[n];
    positions_[n] = {(route.rx & kInherited) == 0, (route.tx & kInherited) == 0, route.rx, route.tx,
                     false};
  }
}

ColorState::ColorState(uint8_t rx, uint8_t tx) { positions_[0] = {true, true, rx, tx}; }

uint8_t ColorState::Rx(int position) const {
  while (position > 0 && !positions_[static_cast<size_t>(position)].gives_rx) --position;
  return positions_[static_cast<size_t>(position)].rx;
}

uint8_t ColorState::Tx(int position) const {
  while (position > 0 && !positions_[static_cast<size_t>(position)].gives_tx) --position;
  return positions_[static_cast<size_t>(position)].tx;
}

bool ColorState::Advance() {
  const int before = current_;
  if (current_ < 3 && positions_[static_cast<size_t>(current_) + 1].is_valid()) {
    ++current_;
  } else if (ring_) {
    current_ = 0;
  }
  return current_ != before;
}

uint16_t ColorState::ReadColorWord() const {
  return static_cast<uint16_t>((positions_[0].tx & 31) | (positions_[0].rx & 31) << 5 |
                               swap_y << 10 | swap_x << 11 | static_cast<int>(pop_mode) << 12 |
                               teardown << 14);
}

void ColorState::WriteColorWord(uint16_t value) {
  // The host's side has no bits in the word.
  positions_[0].rx = static_cast<uint8_t>((positions_[0].rx & kIoBit) | (value >> 5 & 31));
  positions_[0].tx = static_cast<uint8_t>((positions_[0].tx & kIoBit) | (value & 31));
  positions_[0].gives_rx = positions_[0].gives_tx = true;
  swap_y = (value >> 10 & 1) != 0;
  swap_x = (value >> 11 & 1) != 0;
  pop_mode = static_cast<image::PopMode>(value >> 12 & 3);
  teardown = (value >> 14 & 1) != 0;
}

uint16_t ColorState::ReadSwitchWord(isa::Arch arch) const {
  int word = current_ << 13 | ring_ << 12;
  for (int n = 1; arch == isa::Arch::kWse2 && n < 4; ++n) {
    const Position& position = positions_[static_cast<size_t>(n)];
    int code = position.says_input ? 13 : 5;
    if (position.gives_rx) {
      code = std::countr_zero(unsigned{position.rx} | 32) | 8;
    } else if (position.gives_tx) {
      code = std::countr_zero(unsigned{position.tx} | 32);
    }
    word |= code << (4 * (n - 1));
  }
  return static_cast<uint16_t>(word);
}

void ColorState::WriteSwitchWord(isa::Arch arch, uint16_t value) {
  const uint16_t before = ReadSwitchWord(arch);
  current_ = value >> 13 & 3;
  ring_ = (value >> 12 & 1) != 0;
  for (int n = 1; arch == isa::Arch::kWse2 && n < 4; ++n) {
    Position& position = positions_[static_cast<size_t>(n)];
    const int code = value >> (4 * (n - 1)) & 15;
    // What is written back unchanged stays: the word cannot tell several outputs.
    if (code == (before >> (4 * (n - 1)) & 15)) continue;
    const auto bit = static_cast<uint8_t>(1 << (code & 7));
    position = {};
    if ((code & 7) > 4) {
      position.says_input = (code & 8) != 0;
      continue;
    }
    (code & 8 ? position.gives_rx : position.gives_tx) = true;
    (code & 8 ? position.rx : position.tx) = bit;
  }
}

uint16_t ColorState::ReadPositionWord(int n) const {
  if (!positions_[static_cast<size_t>(n)].is_valid()) return 0;
  return static_cast<uint16_t>((Tx(n) & 31) | (Rx(n) & 31) << 5);
}

void ColorState::WritePositionWord(int n, uint16_t value) {
  Position& position = positions_[static_cast<size_t>(n)];
  position = {};
  if (value == 0) return;
  position.gives_rx = position.gives_tx = true;
  position.rx = static_cast<uint8_t>(value >> 5 & 31);
  position.tx = static_cast<uint8_t>(value & 31);
}

}  // namespace csl::fabric::reference
