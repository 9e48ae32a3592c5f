// SPDX-License-Identifier: Apache-2.0
#include "fabric/router/block.h"

namespace csl::fabric::router {

using image::ColorConfig;

namespace {

// Whether route bits alone can hold a configuration.
bool IsPlain(const ColorConfig& config) {
  ColorConfig plain;
  plain.positions[0] = config.positions[0];
  return config == plain;
}

}  // namespace

ColorConfig Block::GetLane(unsigned lane) const {
  if (const ColorConfig* config = Config(lane)) return *config;
  ColorConfig out;
  for (int side = 0; side < kNumSides; ++side) {
    out.positions[0].rx |= static_cast<uint8_t>((rx[side] >> lane & 1) << side);
    out.positions[0].tx |= static_cast<uint8_t>((tx[side] >> lane & 1) << side);
  }
  return out;
}

void Block::SetLane(unsigned lane, const ColorConfig& config) {
  const auto at = configs.begin() + std::popcount(has_config & (Bit(lane) - 1));
  const bool had_config = (has_config >> lane & 1) != 0;
  if (IsPlain(config) && (messages >> lane & 1) == 0) {
    if (had_config) configs.erase(at);
    has_config &= ~Bit(lane);
    SetMasks(lane, config.positions[0].rx, config.positions[0].tx);
    filtered &= ~Bit(lane);
    swaps_ramp &= ~Bit(lane);
    return;
  }
  if (had_config) {
    *at = config;
  } else {
    configs.insert(at, config);
  }
  has_config |= Bit(lane);
  Refresh(lane);
}

void Block::Refresh(unsigned lane) {
  const ColorConfig* config = Config(lane);
  if (config == nullptr) return;
  if ((messages >> lane & 1) != 0) {
    SetMasks(lane, messages_rx, messages_tx);
    filtered &= ~Bit(lane);
    swaps_ramp &= ~Bit(lane);
    return;
  }
  const image::Route route = config->RouteOf(config->current_position);
  SetMasks(lane, config->teardown ? 0 : route.rx, route.tx);
  const auto set = [lane](uint64_t* word, bool value) {
    *word = (*word & ~Bit(lane)) | uint64_t{value} << lane;
  };
  set(&filtered, config->filter.kind != image::FilterKind::kNone && (filter_off >> lane & 1) == 0);
  set(&swaps_ramp, config->color_swap_x && config->color_swap_y);
}

void Block::SetMasks(unsigned lane, uint8_t rx_mask, uint8_t tx_mask) {
  rx_sides = tx_sides = 0;
  const bool is_straight =
      std::has_single_bit(rx_mask) && std::has_single_bit(tx_mask) && tx_mask < 1 << kNumLinks;
  straight = (straight & ~Bit(lane)) | uint64_t{is_straight} << lane;
  for (int side = 0; side < kNumSides; ++side) {
    rx[side] = (rx[side] & ~Bit(lane)) | uint64_t{rx_mask} >> side << 63 >> (63 - lane);
    tx[side] = (tx[side] & ~Bit(lane)) | uint64_t{tx_mask} >> side << 63 >> (63 - lane);
    rx_sides |= static_cast<uint8_t>((rx[side] != 0) << side);
    tx_sides |= static_cast<uint8_t>((tx[side] != 0) << side);
  }
}

}  // namespace csl::fabric::router
