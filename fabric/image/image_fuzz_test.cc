// SPDX-License-Identifier: Apache-2.0
// A fixed number of mutated files through the fuzz entry: no crash, no promise broken.
#include "fabric/image/image_fuzz.h"

#include <gtest/gtest.h>

#include <random>

#include "fabric/image/testing.h"

namespace csl::image {
namespace {

constexpr int kRounds = 20000;

// Flips, sets, cuts, repeats: what corrupt and hostile files look like.
std::vector<uint8_t> Mutate(std::vector<uint8_t> bytes, std::mt19937& random) {
  static constexpr uint8_t kInteresting[] = {0, 1, 0x7f, 0x80, 0xfe, 0xff};
  const int changes = 1 + static_cast<int>(random() % 6);
  for (int i = 0; i < changes && !bytes.empty(); ++i) {
    const size_t at = random() % bytes.size();
    switch (random() % 5) {
      case 0:
        bytes[at] ^= static_cast<uint8_t>(1u << random() % 8);
        break;
      case 1:
        bytes[at] = kInteresting[random() % std::size(kInteresting)];
        break;
      case 2:
        bytes[at] = static_cast<uint8_t>(random());
        break;
      case 3:
        bytes.resize(at);
        break;
      default:
        bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                     bytes[random() % bytes.size()]);
        break;
    }
  }
  return bytes;
}

TEST(ImageFuzz, MutatedImages) {
  std::mt19937 random(1);
  const auto good = WriteElf(testing::SampleImage());
  for (int i = 0; i < kRounds; ++i) FuzzImage(Mutate(good, random));
}

TEST(ImageFuzz, MutatedManifests) {
  std::mt19937 random(2);
  const Manifest m = testing::SampleArtifact().manifest;
  const std::string json = ManifestToJson(m);
  const std::vector<uint8_t> seeds[] = {PlacementToBytes(m), {json.begin(), json.end()}};
  for (int i = 0; i < kRounds; ++i) FuzzManifest(Mutate(seeds[i % 2], random));
}

TEST(ImageFuzz, MutatedVariants) {
  std::mt19937 random(3);
  Variant variant;
  variant.code = {{0, testing::SampleImage().code[0]}};
  variant.memory = {{0x20, 1}, {0x24, 2}};
  variant.dsrs = {{0, isa::Descriptor::Mem1d(0x20, 4)}};
  const auto good = VariantsToBytes({variant, variant});
  for (int i = 0; i < kRounds; ++i) FuzzVariants(Mutate(good, random));
}

TEST(ImageFuzz, DeeplyNestedJson) {
  const std::string deep(200000, '[');
  FuzzManifest({reinterpret_cast<const uint8_t*>(deep.data()), deep.size()});
}

}  // namespace
}  // namespace csl::image
