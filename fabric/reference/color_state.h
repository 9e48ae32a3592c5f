// SPDX-License-Identifier: Apache-2.0
// One color of one router: routes by switch position, switch, filter; and its configuration words.
#ifndef FABRIC_REFERENCE_COLOR_STATE_H_
#define FABRIC_REFERENCE_COLOR_STATE_H_

#include <array>
#include <cstdint>

#include "fabric/image/color_config.h"
#include "fabric/isa/architecture.h"
#include "fabric/reference/filter.h"

namespace csl::fabric::reference {

// Sides of a router in the order of image::DirectionBit; io is the host's.
enum Side { kWest, kEast, kSouth, kNorth, kRamp, kIo, kNumSides };
inline constexpr uint8_t kRampBit = 1 << kRamp;
inline constexpr uint8_t kIoBit = 1 << kIo;

class ColorState {
 public:
  ColorState() = default;
  explicit ColorState(const image::ColorConfig& config);
  // Position 0 from rx to tx and nothing else.
  ColorState(uint8_t rx, uint8_t tx);

  // Of the current position.
  uint8_t rx() const { return Rx(current_); }
  uint8_t tx() const { return Tx(current_); }
  bool has_routes() const { return Rx(0) != 0 || Tx(0) != 0; }
  int current_position() const { return current_; }

  // To the next position; returns whether that is another one.
  bool Advance();
  void Reset() { current_ = 0; }

  image::PopMode pop_mode = image::PopMode::kNoPop;
  bool swap_x = false;
  bool swap_y = false;
  bool teardown = false;
  Filter filter;

  uint16_t ReadColorWord() const;
  void WriteColorWord(uint16_t value);
  uint16_t ReadSwitchWord(isa::Arch arch) const;
  void WriteSwitchWord(isa::Arch arch, uint16_t value);
  // WSE-3, n = 1 to 3.
  uint16_t ReadPositionWord(int n) const;
  void WritePositionWord(int n, uint16_t value);

 private:
  // A side that a position does not give is that of the position before.
  struct Position {
    bool gives_rx = false;
    bool gives_tx = false;
    uint8_t rx = 0;
    uint8_t tx = 0;
    bool says_input = false;  // WSE-2: the select bit of one that is not valid
    bool is_valid() const { return gives_rx || gives_tx; }
  };
  uint8_t Rx(int position) const;
  uint8_t Tx(int position) const;

  std::array<Position, 4> positions_ = {};
  int current_ = 0;
  bool ring_ = false;
};

}  // namespace csl::fabric::reference

#endif  // FABRIC_REFERENCE_COLOR_STATE_H_
