// SPDX-License-Identifier: Apache-2.0
// The two files of a manifest, each read into its part of the value, not validated together yet.
// Private.
#ifndef FABRIC_IMAGE_MANIFEST_PARTS_H_
#define FABRIC_IMAGE_MANIFEST_PARTS_H_

#include "fabric/image/manifest.h"

namespace csl::image {

Status ReadManifestJson(std::string_view text, Manifest& manifest);
Status ReadPlacement(std::span<const uint8_t> bytes, Manifest& manifest);

}  // namespace csl::image

#endif  // FABRIC_IMAGE_MANIFEST_PARTS_H_
