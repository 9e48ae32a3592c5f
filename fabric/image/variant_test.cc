// SPDX-License-Identifier: Apache-2.0
#include "fabric/image/variant.h"

#include <gtest/gtest.h>

#include "fabric/image/image_set.h"
#include "fabric/image/testing.h"

namespace csl::image {
namespace {

using testing::SampleArtifact;
using testing::SampleImage;

// The sample's first instruction is "ldi r0, 0", its initial word at 0x20 is 0x0040.
ProgramImage Changed(int32_t immediate, uint8_t byte) {
  ProgramImage image = SampleImage();
  image.code[0].set_imm(immediate);
  image.sections[1].bytes[0] = byte;
  return image;
}

TEST(VariantTest, DifferenceAndApplyAreOpposites) {
  const ProgramImage base = SampleImage();
  const ProgramImage other = Changed(7, 0x41);
  const auto variant = Difference(base, other);
  ASSERT_TRUE(variant);
  ASSERT_EQ(variant->code.size(), 1u);
  EXPECT_EQ(variant->code[0].index, 0u);
  EXPECT_EQ(variant->code[0].instruction.imm(), 7);
  EXPECT_EQ(variant->memory, (std::vector<MemoryPatch>{{0x20, 0x41}}));
  EXPECT_TRUE(variant->Validate(base).ok());
  EXPECT_EQ(variant->Apply(base), other);
  EXPECT_EQ(HashOfShape(base), HashOfShape(other));
}

TEST(VariantTest, InitialDsrsOfTheSameKindMayDiffer) {
  const ProgramImage base = SampleImage();
  ASSERT_EQ(base.configuration.dsrs.size(), 2u);
  ProgramImage other = base;
  other.configuration.dsrs[1].descriptor.extent[0] = 77;
  other.configuration.dsrs[1].descriptor.completion_id = 11;
  const auto variant = Difference(base, other);
  ASSERT_TRUE(variant);
  EXPECT_TRUE(variant->code.empty() && variant->memory.empty());
  ASSERT_EQ(variant->dsrs.size(), 1u);
  EXPECT_TRUE(variant->Validate(base).ok());
  EXPECT_EQ(variant->Apply(base), other);
  EXPECT_EQ(HashOfShape(base), HashOfShape(other));
  const auto back = ReadVariants(VariantsToBytes({*variant}));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->at(0), *variant);
  // Of another kind, in another place: an image of its own.
  ProgramImage kind = base;
  kind.configuration.dsrs[1].descriptor = isa::Descriptor::Mem1d(0x20, 8);
  EXPECT_FALSE(Difference(base, kind));
  ProgramImage place = base;
  place.configuration.dsrs[1].number = 3;
  EXPECT_FALSE(Difference(base, place));
  ProgramImage more = base;
  more.configuration.dsrs.pop_back();
  EXPECT_FALSE(Difference(base, more));
}

TEST(VariantTest, WhatMayNotDifferMakesAnImageOfItsOwn) {
  const ProgramImage base = SampleImage();
  ProgramImage opcode = base;
  opcode.code[0] = base.code[1];
  EXPECT_FALSE(Difference(base, opcode));
  ProgramImage branch = base;
  ASSERT_TRUE(isa::Info(branch.code[3].opcode()).has(isa::kBranch));
  branch.code[3].a ^= 1;
  EXPECT_FALSE(Difference(base, branch));
  ProgramImage call = base;
  ASSERT_TRUE(isa::Info(call.code[4].opcode()).has(isa::kCalls));
  call.code[4].a ^= 1;
  EXPECT_FALSE(Difference(base, call));
  ProgramImage configuration = base;
  configuration.configuration.active_tasks = 0;
  EXPECT_FALSE(Difference(base, configuration));
  ProgramImage lines = base;
  lines.lines[0].line = 99;
  EXPECT_FALSE(Difference(base, lines));
  ProgramImage larger = base;
  larger.sections[1].bytes.push_back(0);
  EXPECT_FALSE(Difference(base, larger));
}

TEST(VariantTest, ManyDifferencesAreAnImageOfTheirOwn) {
  ProgramImage base = SampleImage();
  base.sections = {{".data", 0, 4096, false, std::vector<uint8_t>(4096)}};
  const auto with = [&](size_t bytes) {
    ProgramImage other = base;
    for (size_t i = 0; i < bytes; ++i) other.sections[0].bytes[i] = 1;
    return Difference(base, other).has_value();
  };
  const size_t most = (4096 + base.code.size() * sizeof(isa::Instruction)) / 16;
  EXPECT_TRUE(with(most));
  EXPECT_FALSE(with(most + 1));
}

TEST(VariantTest, PatchesOfWhatIsNotThereAreRefused) {
  const ProgramImage base = SampleImage();
  const auto ok = [&](const Variant& v) { return v.Validate(base).ok(); };
  isa::Instruction ldi = base.code[0];
  EXPECT_TRUE(ok({0, {{0, ldi}}, {{0x20, 1}, {0x21, 1}}}));
  EXPECT_FALSE(ok({0, {{0, ldi}, {0, ldi}}, {}}));
  EXPECT_FALSE(ok({0, {{static_cast<uint32_t>(base.code.size()), ldi}}, {}}));
  EXPECT_FALSE(ok({0, {{1, ldi}}, {}}));              // another opcode stands there
  EXPECT_FALSE(ok({0, {{3, base.code[3]}}, {}}));     // a branch
  EXPECT_FALSE(ok({0, {}, {{0x21, 1}, {0x20, 1}}}));  // out of order
  EXPECT_FALSE(ok({0, {}, {{0x00, 1}}}));             // zeroed memory has no initial bytes
  EXPECT_FALSE(ok({0, {}, {{0xbfff, 1}}}));
  const isa::Descriptor memory = base.configuration.dsrs[0].descriptor;
  EXPECT_TRUE(ok({0, {}, {}, {{0, memory}}}));
  EXPECT_FALSE(ok({0, {}, {}, {{1, memory}}}));               // a fabric DSD stands there
  EXPECT_FALSE(ok({0, {}, {}, {{2, memory}}}));               // there are two
  EXPECT_FALSE(ok({0, {}, {}, {{0, memory}, {0, memory}}}));  // twice
  ldi.a = 200;                                                // the function has 4 registers
  EXPECT_FALSE(ok({0, {{0, ldi}}, {}}));
}

TEST(ImageSetTest, VariantsShareAnImage) {
  ImageSet set;
  const auto add = [&](const ProgramImage& image) { return set.Add(image, HashOfShape(image)); };
  const auto first = add(Changed(1, 1));
  const auto second = add(Changed(2, 2));
  const auto first_again = add(Changed(1, 1));
  const auto second_again = add(Changed(2, 2));
  ProgramImage other = SampleImage();
  other.name = "edge.csl";
  const auto third = add(other);
  EXPECT_EQ(set.ProgramOf(first), 0u);
  EXPECT_EQ(set.ProgramOf(first_again), 0u);
  EXPECT_EQ(set.ProgramOf(third), 1u);
  EXPECT_EQ(set.ProgramOf(second), 2u);
  EXPECT_EQ(set.ProgramOf(second_again), 2u);
  const auto images = set.TakeImages();
  const auto variants = set.TakeVariants();
  ASSERT_EQ(images.size(), 2u);
  ASSERT_EQ(variants.size(), 1u);
  EXPECT_EQ(variants[0].Apply(images[variants[0].image]), Changed(2, 2));
}

Artifact WithVariants() {
  Artifact a = SampleArtifact();
  a.variants = {*Difference(a.images[0], Changed(5, 0x40)),
                *Difference(a.images[0], Changed(0, 9))};
  a.manifest.num_variants = 2;
  a.manifest.placement = {{0, 0, 2, 2, 2}, {2, 0, 1, 1, 1}, {2, 1, 1, 1, 3}};
  return a;
}

TEST(VariantTest, ArtifactsHoldThem) {
  const Artifact a = WithVariants();
  ASSERT_TRUE(a.Validate().ok()) << a.Validate().ToString();
  auto back = ParseArtifact(ArtifactFiles(a));
  ASSERT_TRUE(back.ok()) << back.status().ToString();
  EXPECT_EQ(*back, a);
  EXPECT_EQ(&a.BaseOf(3), &a.images[0]);
  EXPECT_EQ(&a.BaseOf(1), &a.images[1]);
}

TEST(VariantTest, ArtifactsThatNameOthersAreRefused) {
  Artifact past = WithVariants();
  past.manifest.placement[0].program = 4;
  EXPECT_FALSE(past.Validate().ok());
  Artifact count = WithVariants();
  count.manifest.num_variants = 3;
  EXPECT_FALSE(count.Validate().ok());
  Artifact image = WithVariants();
  image.variants[0].image = 2;
  EXPECT_FALSE(image.Validate().ok());
  std::vector<ArtifactFile> files = ArtifactFiles(WithVariants());
  std::erase_if(files, [](const ArtifactFile& f) { return f.path == "bin/variants.bin"; });
  EXPECT_EQ(ParseArtifact(files).status().code(), StatusCode::kNotFound);
}

// The worked example of docs/formats/variants.md.
TEST(VariantTest, BytesAsDocumented) {
  Variant variant;
  variant.image = 3;
  isa::Instruction ldi = SampleImage().code[0];
  ldi.op = 3;
  ldi.a = 1;
  ldi.set_imm(7);
  variant.code = {{2, ldi}};
  variant.memory = {{0x20, 0x41}};
  const std::vector<uint8_t> expected = {'C',  'S', 'L',  'V', 2, 0, 0, 0, 1, 0, 0, 0,  // one
                                         3,    0,   0,    0,   1, 0, 0, 0, 2, 0, 0, 0,  // code
                                         3,    0,   1,    0,   7, 0, 0, 0, 1, 0, 0, 0,  // memory
                                         0x20, 0,   0x41, 0,   0, 0, 0};
  EXPECT_EQ(VariantsToBytes({variant}), expected);
  auto back = ReadVariants(expected);
  ASSERT_TRUE(back.ok()) << back.status().ToString();
  EXPECT_EQ(back->at(0), variant);
  for (size_t size = 0; size < expected.size(); ++size) {
    EXPECT_FALSE(ReadVariants(std::span(expected).first(size)).ok()) << size;
  }
}

}  // namespace
}  // namespace csl::image
