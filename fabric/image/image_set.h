// SPDX-License-Identifier: Apache-2.0
// ImageSet: the tile programs of an artifact as they are made, one after the other: what is a
// variant of an image that is there already becomes one.
#ifndef FABRIC_IMAGE_IMAGE_SET_H_
#define FABRIC_IMAGE_IMAGE_SET_H_

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "fabric/image/program_image.h"
#include "fabric/image/variant.h"

namespace csl::image {

class ImageSet {
 public:
  // A program's number until the set is complete: later programs do not change it.
  struct Ref {
    bool is_variant = false;
    uint32_t index = 0;  // of the image, or of the variant
  };

  // shape: HashOfShape(image). Equal programs get equal references. What comes out depends on the
  // order of the calls alone.
  Ref Add(ProgramImage image, uint64_t shape);

  // The index that placement has for a program, once all are added: images come before variants.
  uint32_t ProgramOf(Ref ref) const {
    return ref.is_variant ? static_cast<uint32_t>(images_.size()) + ref.index : ref.index;
  }

  const std::vector<ProgramImage>& images() const { return images_; }
  std::vector<ProgramImage> TakeImages() { return std::move(images_); }
  std::vector<Variant> TakeVariants() { return std::move(variants_); }

 private:
  Ref AddVariant(Variant variant);

  std::vector<ProgramImage> images_;
  std::vector<Variant> variants_;
  std::unordered_map<uint64_t, std::vector<uint32_t>> images_of_shape_;
  std::unordered_map<uint64_t, std::vector<uint32_t>> variants_of_hash_;
};

}  // namespace csl::image

#endif  // FABRIC_IMAGE_IMAGE_SET_H_
