// SPDX-License-Identifier: Apache-2.0
// What fuzzers and the smoke test do with bytes: read them as each format, and hold what is
// accepted to its promise.
#ifndef FABRIC_IMAGE_IMAGE_FUZZ_H_
#define FABRIC_IMAGE_IMAGE_FUZZ_H_

#include <cstdint>
#include <span>

namespace csl::image {

// As an ELF image: refused, or valid, printable, and written again as a file that reads back equal.
void FuzzImage(std::span<const uint8_t> bytes);
// As out.json with a good placement, and as a placement with a good out.json.
void FuzzManifest(std::span<const uint8_t> bytes);
// As variants of a good image: what validates applies to a valid image.
void FuzzVariants(std::span<const uint8_t> bytes);

}  // namespace csl::image

#endif  // FABRIC_IMAGE_IMAGE_FUZZ_H_
