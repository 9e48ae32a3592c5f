// SPDX-License-Identifier: Apache-2.0
// Color and switch words: a router's setting of a color as configuration words show it
// (docs/formats/configuration_words.md, "Colors"). Functions of values.
#ifndef FABRIC_PE_COLOR_WORDS_H_
#define FABRIC_PE_COLOR_WORDS_H_

#include <cstdint>

#include "fabric/image/color_config.h"
#include "fabric/isa/architecture.h"

namespace csl::fabric::pe {

uint16_t ColorWord(const image::ColorConfig& config);
void SetColorWord(uint16_t word, image::ColorConfig* config);

uint16_t SwitchWord(isa::Arch arch, const image::ColorConfig& config);
void SetSwitchWord(isa::Arch arch, uint16_t word, image::ColorConfig* config);

// WSE-3: the word of position 1 to 3; 0: there is no such position.
uint16_t PositionWord(int position, const image::ColorConfig& config);
void SetPositionWord(int position, uint16_t word, image::ColorConfig* config);

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_COLOR_WORDS_H_
