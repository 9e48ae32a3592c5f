// SPDX-License-Identifier: Apache-2.0
// Words of counter filters (docs/formats/configuration_words.md, FILTER_CONFIG). The count is where
// a filter's initial one is.
#ifndef FABRIC_PE_FILTER_WORDS_H_
#define FABRIC_PE_FILTER_WORDS_H_

#include <cstdint>

#include "fabric/image/color_config.h"

namespace csl::fabric::pe {

// word: 0 to 9.
uint16_t FilterWord(const image::Filter& filter, int word);
void SetFilterWord(int word, uint16_t value, image::Filter* filter);

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_FILTER_WORDS_H_
