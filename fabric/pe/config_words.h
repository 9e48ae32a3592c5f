// SPDX-License-Identifier: Apache-2.0
// Configuration words of a PE: docs/formats/configuration_words.md.
#ifndef FABRIC_PE_CONFIG_WORDS_H_
#define FABRIC_PE_CONFIG_WORDS_H_

#include <cstdint>

#include "fabric/pe/machine.h"
#include "fabric/pe/state.h"

namespace csl::fabric::pe {

// Reading some words changes them (TEARDOWN_PENDING). `time` is the cycle of the instruction.
Fault ReadConfigWord(PeState& pe, RunContext& context, uint16_t address, int64_t time,
                     uint16_t* value);
// Whether the PE's message router is enabled.
bool HasMessageRouter(const PeState& pe);

Fault WriteConfigWord(PeState& pe, RunContext& context, uint16_t address, uint16_t value,
                      int64_t time);

// A load or store beyond the memory, at a byte address: of one word with a meaning, or of two.
Fault AccessPlacedWords(PeState& pe, RunContext& context, isa::Opcode opcode, uint32_t address,
                        int64_t time, uint32_t* reg);

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_CONFIG_WORDS_H_
