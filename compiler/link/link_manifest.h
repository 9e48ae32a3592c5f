// SPDX-License-Identifier: Apache-2.0
// The manifest of an artifact, from the evaluated layout: geometry, parameters, exports, which tile
// runs what.
#ifndef COMPILER_LINK_LINK_MANIFEST_H_
#define COMPILER_LINK_LINK_MANIFEST_H_

#include <map>
#include <string>
#include <vector>

#include "base/status.h"
#include "compiler/layout/layout.h"
#include "fabric/image/manifest.h"

namespace csl::link {

struct ManifestOptions {
  isa::Arch arch = isa::Arch::kWse2;
  isa::Fp16Format fp16_format = isa::Fp16Format::kF16;
  std::map<std::string, std::string> params;  // as given to the root file, as text
  std::map<std::string, uint64_t> colors;
  bool memcpy = false;
  int channels = 0;
  int width_west_buf = 0;
  int width_east_buf = 0;
};

// image_of: by layout::ProgramId, the index of the program's image, or that of its variant counted
// on from the images. Runs of rows that are equal become rectangles.
StatusOr<image::Manifest> LinkManifest(const layout::Layout& layout,
                                       const std::vector<uint32_t>& image_of, size_t num_images,
                                       size_t num_variants, const ManifestOptions& options);

}  // namespace csl::link

#endif  // COMPILER_LINK_LINK_MANIFEST_H_
