// SPDX-License-Identifier: Apache-2.0
#include "fabric/image/image_fuzz.h"

#include "base/check.h"
#include "fabric/image/testing.h"

namespace csl::image {

void FuzzImage(std::span<const uint8_t> bytes) {
  auto image = ReadElf(bytes);
  if (!image.ok()) return;
  CHECK(image->Validate().ok());
  CHECK(!image->ToString().empty());
  auto again = ReadElf(WriteElf(*image));
  CHECK(again.ok()) << again.status().ToString();
  CHECK(*again == *image);
}

void FuzzManifest(std::span<const uint8_t> bytes) {
  static const Manifest* const good = new Manifest(testing::SampleArtifact().manifest);
  static const std::string* const json = new std::string(ManifestToJson(*good));
  static const auto* const placement = new std::vector<uint8_t>(PlacementToBytes(*good));
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (const auto& manifest : {ParseManifest(text, *placement), ParseManifest(*json, bytes)}) {
    if (manifest.ok()) CHECK(manifest->Validate().ok());
  }
}

void FuzzVariants(std::span<const uint8_t> bytes) {
  static const ProgramImage* const base = new ProgramImage(testing::SampleImage());
  const auto variants = ReadVariants(bytes);
  if (!variants.ok()) return;
  for (const Variant& variant : *variants) {
    if (variant.Validate(*base).ok()) CHECK(variant.Apply(*base).Validate().ok());
  }
}

}  // namespace csl::image

// libFuzzer: clang -fsanitize=fuzzer,address.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  csl::image::FuzzImage({data, size});
  csl::image::FuzzManifest({data, size});
  csl::image::FuzzVariants({data, size});
  return 0;
}
