// SPDX-License-Identifier: Apache-2.0
#include "fabric/pe/filter_words.h"

namespace csl::fabric::pe {
namespace {

// Pairs of words from 4 on, in half wavelets: the count, what passes in a row, what is dropped.
uint32_t HalfWavelets(const image::Filter& filter, int word) {
  const uint32_t passes = uint32_t{filter.max_counter} + 1;
  if (word == 4) return 2 * uint32_t{filter.init_counter};
  if (word == 6) return 2 * passes;
  const uint32_t period = uint32_t{filter.limit1} + 1;
  return period > passes ? 2 * (period - passes) : 0;
}

void SetHalfWavelets(int word, uint32_t value, image::Filter* filter) {
  const uint32_t drops = HalfWavelets(*filter, 8) / 2;
  const uint32_t count = value / 2;
  if (word == 4) {
    filter->init_counter = static_cast<uint16_t>(count);
  } else if (word == 6) {
    filter->max_counter = static_cast<uint16_t>(count - 1);
    filter->limit1 = static_cast<uint16_t>(filter->max_counter + drops);
  } else {
    filter->limit1 = static_cast<uint16_t>(filter->max_counter + count);
  }
}

}  // namespace

uint16_t FilterWord(const image::Filter& filter, int word) {
  switch (word) {
    case 0:
      return filter.limit1;
    case 1:
      return filter.max_counter;
    case 2:
      return filter.init_counter;
    case 3:
      return filter.drops ? 1 : 0;
    default:
      return static_cast<uint16_t>(HalfWavelets(filter, word & ~1) >> ((word & 1) != 0 ? 16 : 0));
  }
}

void SetFilterWord(int word, uint16_t value, image::Filter* filter) {
  switch (word) {
    case 0:
      filter->limit1 = value;
      return;
    case 1:
      filter->max_counter = value;
      return;
    case 2:
      filter->init_counter = value;
      return;
    case 3:
      filter->drops = (value & 1) != 0;
      return;
    default:
      break;
  }
  const uint32_t old = HalfWavelets(*filter, word & ~1);
  const uint32_t changed =
      (word & 1) != 0 ? (old & 0xffff) | uint32_t{value} << 16 : (old & 0xffff0000) | value;
  SetHalfWavelets(word & ~1, changed, filter);
}

}  // namespace csl::fabric::pe
