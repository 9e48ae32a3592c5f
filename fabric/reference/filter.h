// SPDX-License-Identifier: Apache-2.0
// The filter between a color of a router and its CE.
#ifndef FABRIC_REFERENCE_FILTER_H_
#define FABRIC_REFERENCE_FILTER_H_

#include <cstdint>

#include "fabric/image/color_config.h"
#include "fabric/reference/wavelet.h"

namespace csl::fabric::reference {

class Filter {
 public:
  Filter() = default;
  explicit Filter(const image::Filter& settings);

  bool exists() const { return settings_.kind != image::FilterKind::kNone; }
  // Whether a wavelet goes to the CE. Changes nothing.
  bool Passes(const Wavelet& wavelet) const;
  // The wavelet was asked about, and moves now.
  void Count(const Wavelet& wavelet);

  // Words 0 to 9 of FILTER_CONFIG.
  uint16_t ReadWord(int place) const;
  void WriteWord(int place, uint16_t value);

 private:
  bool IsCounted(const Wavelet& wavelet) const;
  uint32_t HalfWavelets(int place) const;
  void SetHalfWavelets(int place, uint32_t value);

  image::Filter settings_;
  uint16_t counter_ = 0;
  bool off_ = false;           // a sparse counter that is done
  bool drops_ = false;         // the state word (WSE-3)
  bool second_limit_ = false;  // of a sparse counter: limit1 is what limit2 was
};

}  // namespace csl::fabric::reference

#endif  // FABRIC_REFERENCE_FILTER_H_
