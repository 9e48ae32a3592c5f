// SPDX-License-Identifier: Apache-2.0
#include "fabric/reference/filter.h"

namespace csl::fabric::reference {

using image::FilterKind;

Filter::Filter(const image::Filter& settings)
    : settings_(settings), counter_(settings.init_counter) {
  off_ = settings.kind == FilterKind::kSparseCounter && !settings.has_limit1;
}

bool Filter::Passes(const Wavelet& wavelet) const {
  switch (settings_.kind) {
    case FilterKind::kNone:
      return true;
    case FilterKind::kRange: {
      const uint32_t index = wavelet.payload >> 16;
      return wavelet.control || (index >= settings_.min_index && index <= settings_.max_index);
    }
    case FilterKind::kCounter:
    case FilterKind::kSparseCounter:
      break;
  }
  if (off_) return true;
  if (drops_) return false;
  if (settings_.filter_control) return !wavelet.control || counter_ == settings_.max_counter;
  return counter_ <= settings_.max_counter;
}

bool Filter::IsCounted(const Wavelet& wavelet) const {
  return wavelet.control ? settings_.count_control : settings_.count_data;
}

void Filter::Count(const Wavelet& wavelet) {
  if (settings_.kind == FilterKind::kNone || settings_.kind == FilterKind::kRange) return;
  if (off_ || !IsCounted(wavelet)) return;
  if (counter_ != settings_.limit1) {
    ++counter_;
    return;
  }
  counter_ = 0;
  if (settings_.kind != FilterKind::kSparseCounter) return;
  if (second_limit_ || !settings_.has_limit2) {
    off_ = true;
  } else {
    second_limit_ = true;
    settings_.limit1 = settings_.limit2;
  }
}

// Counts in half wavelets, as two words: the counter; how many pass in a row; how many do not.
uint32_t Filter::HalfWavelets(int place) const {
  const uint32_t passes = uint32_t{settings_.max_counter} + 1;
  if (place == 4) return 2 * uint32_t{counter_};
  if (place == 6) return 2 * passes;
  const uint32_t period = uint32_t{settings_.limit1} + 1;
  return period > passes ? 2 * (period - passes) : 0;
}

void Filter::SetHalfWavelets(int place, uint32_t value) {
  const uint32_t drops = HalfWavelets(8) / 2;
  const uint32_t count = value / 2;
  if (place == 4) {
    counter_ = static_cast<uint16_t>(count);
  } else if (place == 6) {
    settings_.max_counter = static_cast<uint16_t>(count - 1);
    settings_.limit1 = static_cast<uint16_t>(settings_.max_counter + drops);
  } else {
    settings_.limit1 = static_cast<uint16_t>(settings_.max_counter + count);
  }
}

uint16_t Filter::ReadWord(int place) const {
  switch (place) {
    case 0:
      return settings_.limit1;
    case 1:
      return settings_.max_counter;
    case 2:
      return counter_;
    case 3:
      return drops_ ? 1 : 0;
    default:
      return static_cast<uint16_t>(HalfWavelets(place & ~1) >> (place & 1 ? 16 : 0));
  }
}

void Filter::WriteWord(int place, uint16_t value) {
  switch (place) {
    case 0:
      settings_.limit1 = value;
      return;
    case 1:
      settings_.max_counter = value;
      return;
    case 2:
      counter_ = value;
      return;
    case 3:
      drops_ = (value & 1) != 0;
      return;
    default:
      break;
  }
  const uint32_t old = HalfWavelets(place & ~1);
  SetHalfWavelets(place & ~1,
                  place & 1 ? (old & 0xffff) | uint32_t{value} << 16 : (old & 0xffff0000) | value);
}

}  // namespace csl::fabric::reference
