// SPDX-License-Identifier: Apache-2.0
// Copies of the host that are longer than the array they go to.
#ifndef FABRIC_IMAGE_OVERRUN_H_
#define FABRIC_IMAGE_OVERRUN_H_

#include <cstdint>
#include <optional>
#include <string>

#include "fabric/image/program_image.h"
#include "fabric/image/variant.h"

namespace csl::image {

// What a transfer reaches beyond the variable that holds its first byte.
struct Overrun {
  std::string array;         // that variable
  uint32_t array_bytes = 0;  // from the first byte to the variable's end
  std::string next;          // the first variable behind it that is reached; "" if there is none
  uint32_t others = 0;       // variables reached besides
};

// nullopt when the transfer ends in the variable, or when no variable is known to hold `address`.
std::optional<Overrun> FindOverrun(const ProgramImage& image, uint32_t address,
                                   uint32_t size_bytes);

// The 16-bit word at `address` before the program starts. `variant` may be null.
uint16_t InitialHalf(const ProgramImage& image, const Variant* variant, uint32_t address);

// "copy to 'A' overwrites 'B_array' on P4.1 and 11 other PEs: it is 320 bytes long, 'A_array' has
// 256". `pes`: how many PEs it is so on, `pe` the first of them.
std::string OverrunText(const Overrun& overrun, const std::string& exported, bool to_device,
                        uint32_t size_bytes, const std::string& pe, uint64_t pes);

}  // namespace csl::image

#endif  // FABRIC_IMAGE_OVERRUN_H_
