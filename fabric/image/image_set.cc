// SPDX-License-Identifier: Apache-2.0
#include "fabric/image/image_set.h"

#include <algorithm>

namespace csl::image {
namespace {

// Images of one shape that are tried: more cost time and seldom help.
constexpr size_t kMostTried = 8;

uint64_t HashOf(const Variant& variant) {
  uint64_t hash = variant.image;
  const auto add = [&hash](uint64_t value) { hash = (hash ^ value) * 0x9e3779b97f4a7c15u + 1; };
  for (const CodePatch& p : variant.code) {
    const isa::Instruction& i = p.instruction;
    add(uint64_t{p.index} << 32 | uint32_t{i.a} << 16 | i.e);
    add(uint32_t{i.b} << 16 | uint32_t{i.c} << 8 | i.d);
  }
  for (const MemoryPatch& p : variant.memory) add(uint32_t{p.address} << 8 | p.value);
  for (const DsrPatch& p : variant.dsrs) {
    const isa::Descriptor& d = p.descriptor;
    add(uint64_t{p.index} << 48 | uint64_t{d.base} << 32 | uint32_t{d.extent[0]} << 16 |
        uint32_t{d.color} << 8 | d.queue);
  }
  return hash;
}

}  // namespace

ImageSet::Ref ImageSet::Add(ProgramImage image, uint64_t shape) {
  std::vector<uint32_t>& candidates = images_of_shape_[shape];
  for (size_t n = 0; n < std::min(candidates.size(), kMostTried); ++n) {
    std::optional<Variant> variant = Difference(images_[candidates[n]], image);
    if (!variant) continue;
    if (variant->empty()) return {false, candidates[n]};
    variant->image = candidates[n];
    return AddVariant(*std::move(variant));
  }
  const auto index = static_cast<uint32_t>(images_.size());
  candidates.push_back(index);
  images_.push_back(std::move(image));
  return {false, index};
}

ImageSet::Ref ImageSet::AddVariant(Variant variant) {
  std::vector<uint32_t>& equal_hash = variants_of_hash_[HashOf(variant)];
  for (const uint32_t n : equal_hash) {
    if (variants_[n] == variant) return {true, n};
  }
  const auto index = static_cast<uint32_t>(variants_.size());
  equal_hash.push_back(index);
  variants_.push_back(std::move(variant));
  return {true, index};
}

}  // namespace csl::image
