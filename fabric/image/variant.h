// SPDX-License-Identifier: Apache-2.0
// Variants: tile programs that differ from an image in few words, told as that image and a list of
// patches. A rectangle whose every PE knows its own place has as many programs as PEs; most of them
// are variants of a handful of images. On disk: bin/variants.bin (docs/formats/variants.md).
//
// What a patch may change is narrow, so that everything worked out for the image (costs of blocks,
// branch targets, registers named, symbols, lines) holds for its variants: operands of instructions
// that are not a branch, call or vector operation and load no DSR, bytes of memory that the image
// has at the start, and DSRs that are loaded at the start, by descriptors of the same kind.
#ifndef FABRIC_IMAGE_VARIANT_H_
#define FABRIC_IMAGE_VARIANT_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/status.h"
#include "fabric/image/program_image.h"

namespace csl::image {

struct CodePatch {
  uint32_t index = 0;            // into ProgramImage::code
  isa::Instruction instruction;  // with the opcode that stands there
  friend bool operator==(const CodePatch&, const CodePatch&) = default;
};

struct MemoryPatch {
  uint16_t address = 0;  // even or odd: a byte address
  uint8_t value = 0;
  friend bool operator==(const MemoryPatch&, const MemoryPatch&) = default;
};

struct DsrPatch {
  uint16_t index = 0;  // into TileConfiguration::dsrs
  isa::Descriptor descriptor;
  friend bool operator==(const DsrPatch&, const DsrPatch&) = default;
};

struct Variant {
  uint32_t image = 0;               // which one it is a variant of
  std::vector<CodePatch> code;      // by index
  std::vector<MemoryPatch> memory;  // by address
  std::vector<DsrPatch> dsrs;       // by index
  bool empty() const { return code.empty() && memory.empty() && dsrs.empty(); }
  friend bool operator==(const Variant&, const Variant&) = default;

  // The indices and addresses exist in the image, and only what may change does. DataLoss
  // otherwise.
  Status Validate(const ProgramImage& base) const;
  // The whole image of the variant.
  ProgramImage Apply(const ProgramImage& base) const;
};

// The patches that make `other` of `base`; `image` is left 0. nullopt when patches cannot say it,
// or when there are so many that an image of its own is smaller.
std::optional<Variant> Difference(const ProgramImage& base, const ProgramImage& other);

// Equal for images of which one may be a variant of the other.
uint64_t HashOfShape(const ProgramImage& image);

std::vector<uint8_t> VariantsToBytes(const std::vector<Variant>& variants);
// Any bytes are safe; the variants are not validated against their images yet.
StatusOr<std::vector<Variant>> ReadVariants(std::span<const uint8_t> bytes);

}  // namespace csl::image

#endif  // FABRIC_IMAGE_VARIANT_H_
