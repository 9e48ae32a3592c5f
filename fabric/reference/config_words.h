// SPDX-License-Identifier: Apache-2.0
// The configuration words of a PE: docs/formats/configuration_words.md.
#ifndef FABRIC_REFERENCE_CONFIG_WORDS_H_
#define FABRIC_REFERENCE_CONFIG_WORDS_H_

#include <cstdint>

#include "fabric/reference/ce.h"

namespace csl::fabric::reference {

// Whether loads and stores reach the word at a word address: it is named on that page.
bool IsNamedWord(isa::Arch arch, uint32_t address);

// Reading TEARDOWN_PENDING clears it.
uint16_t ReadConfigWord(Ce& ce, uint16_t address, int64_t t);
Fault WriteConfigWord(Ce& ce, uint16_t address, uint16_t value, int64_t t);

}  // namespace csl::fabric::reference

#endif  // FABRIC_REFERENCE_CONFIG_WORDS_H_
