// SPDX-License-Identifier: Apache-2.0
#include "fabric/router/rules.h"

namespace csl::fabric::router {

using image::ColorConfig;
using image::Filter;
using image::FilterKind;
using image::PopMode;

bool AdvanceSwitch(ColorConfig* color) {
  const uint8_t before = color->current_position;
  if (before + 1 < color->num_positions) {
    ++color->current_position;
  } else if (color->ring_mode) {
    color->current_position = 0;
  }
  return color->current_position != before;
}

uint32_t ApplyCommand(ColorConfig* color, uint32_t payload) {
  const Command command = FirstCommand(payload);
  bool advanced = false;
  switch (command) {
    case Command::kNop:
      break;
    case Command::kSwitchAdvance:
      advanced = AdvanceSwitch(color);
      break;
    case Command::kSwitchReset:
      color->current_position = 0;
      break;
    case Command::kTeardown:
      color->teardown = true;
      break;
  }
  bool pops = false;
  switch (color->pop_mode) {
    case PopMode::kNoPop:
      break;
    case PopMode::kAlwaysPop:
      pops = true;
      break;
    case PopMode::kPopOnAdvance:
      pops = advanced;
      break;
    case PopMode::kPopOnAdvanceNop:
      pops = advanced || command == Command::kNop;
      break;
  }
  return pops ? PopCommand(payload) : payload;
}

bool FilterPasses(const Filter& filter, const Wavelet& wavelet) {
  const uint32_t index = wavelet.payload >> 16;
  switch (filter.kind) {
    case FilterKind::kNone:
      return true;
    case FilterKind::kRange:
      return wavelet.control || (filter.min_index <= index && index <= filter.max_index);
    case FilterKind::kSparseCounter:
      if (!filter.has_limit1) return true;
      break;
    case FilterKind::kCounter:
      break;
  }
  if (filter.drops) return false;
  if (filter.filter_control) return !wavelet.control || filter.init_counter == filter.max_counter;
  return filter.init_counter <= filter.max_counter;
}

void CountInFilter(Filter* filter, const Wavelet& wavelet) {
  if (filter->kind != FilterKind::kCounter && filter->kind != FilterKind::kSparseCounter) return;
  if (!(wavelet.control ? filter->count_control : filter->count_data)) return;
  if (filter->kind == FilterKind::kSparseCounter && !filter->has_limit1) return;
  if (filter->init_counter != filter->limit1) {
    ++filter->init_counter;
    return;
  }
  filter->init_counter = 0;
  if (filter->kind != FilterKind::kSparseCounter) return;
  if (filter->has_limit2) {
    filter->limit1 = filter->limit2;
    filter->has_limit2 = false;
  } else {
    filter->has_limit1 = false;
  }
}

}  // namespace csl::fabric::router
