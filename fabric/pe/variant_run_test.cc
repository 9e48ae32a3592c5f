// SPDX-License-Identifier: Apache-2.0
// A PE that runs a variant of an image does what it would with the variant's image of its own, in
// the same cycles, while other PEs run the image or other variants of it.
#include <gtest/gtest.h>

#include "fabric/image/variant.h"
#include "fabric/pe/test_pe.h"

namespace csl::fabric::pe {
namespace {

using testing::ArtifactBuilder;

// One instruction or more of every kind that a patch may change, beside ones that it may not.
std::string Text(int n, int m) {
  const std::string a = std::to_string(n);
  const std::string b = std::to_string(m);
  return "  ldi r1, " + a + "\n  ldi r2, 7\nl:\n  addi.i16 r1, r1, " + b + "\n  muli.i32 r3, r1, " +
         a + "\n  add.f16 r4, r1, r" + b + "\n  add.f32 r5, r" + b +
         ", r1\n  loopi.lt.i16 r6, 5, 1, @l\n  frame r7, " + a + "\n  st.w r3, [r7 + 0]\n" +
         "  ld.u16 r8, [" + std::to_string(0x200 + 2 * n) + "]\n  ldi r9, 0x300\n" + "  st.h r" +
         b + ", [r9 + " + a + "]\n  activatei " + std::to_string(8 + n) +
         "\n  tsc.enable\n  nop\n  tsc.read r" + std::to_string(8 + m % 2) + "\n  coord.x r1" + b +
         "\n  rand16 r2" + b + "\n  sel r11, r" + b + ", r1, r2\n  call r26, f1\n  ret\n";
}

ArtifactBuilder Program(int n, int m, int word) {
  ArtifactBuilder b(isa::Arch::kWse2, 1, 1);
  b.Function("f", Text(n, m), 64)
      .Function("g", "  ldi r1, " + std::to_string(word) + "\n  add.i16 r0, r1, r1\n  ret\n");
  b.Words("x", 0x200, {1, 2, static_cast<uint16_t>(word), 4, 5, 6, 7, 8});
  return b;
}

// Makes the PE run the given variant of its image, beside other ones.
void RunVariant(TestPe& pe, const std::vector<image::Variant>& variants, uint32_t number) {
  pe.machine().variants = variants;
  MarkPatched(pe.machine().programs, pe.machine().variants);
  pe.machine().program_of_pe = {number};
  pe.pe() = PeState();
  InitPe(pe.pe(), pe.context(), 0);
}

TEST(VariantRun, TakesOperandsAndMemoryFromItsPatches) {
  ArtifactBuilder base = Program(1, 2, 3);
  const image::ProgramImage image = base.Build().images[0];
  const std::array<std::array<int, 3>, 4> kinds = {{{1, 2, 3}, {4, 2, 3}, {1, 3, 9}, {6, 4, 5}}};
  std::vector<image::Variant> variants;
  for (const auto& [n, m, word] : kinds) {
    const auto variant = image::Difference(image, Program(n, m, word).Build().images[0]);
    ASSERT_TRUE(variant.has_value());
    ASSERT_TRUE(variant->Validate(image).ok());
    variants.push_back(*variant);
  }
  for (uint32_t i = 0; i < variants.size(); ++i) {
    SCOPED_TRACE(i);
    const auto& [n, m, word] = kinds[i];
    ArtifactBuilder own = Program(n, m, word);
    TestPe expected(own), shared(base);
    RunVariant(shared, variants, 1 + i);
    const int64_t cycles = expected.Call();
    ASSERT_GT(cycles, 0);
    EXPECT_EQ(shared.Call(), cycles);
    EXPECT_EQ(shared.Read<uint8_t>(0, kMemoryBytes), expected.Read<uint8_t>(0, kMemoryBytes));
    EXPECT_EQ(ToString(shared.pe()), ToString(expected.pe()));
  }
  // The image itself, between its variants.
  TestPe expected(base), shared(base);
  RunVariant(shared, variants, 0);
  EXPECT_EQ(shared.Call(), expected.Call());
  EXPECT_EQ(ToString(shared.pe()), ToString(expected.pe()));
}

TEST(VariantRun, FaultsNameTheAddressOfTheVariant) {
  const auto program = [](int address) {
    ArtifactBuilder b(isa::Arch::kWse2, 1, 1);
    b.Function("f", "  nop\n  ld.w r1, [" + std::to_string(address) + "]\n  ret\n");
    return b;
  };
  ArtifactBuilder base = program(0x100);
  ArtifactBuilder other = program(0xbffe);
  TestPe pe(base);
  RunVariant(pe, {*image::Difference(base.Build().images[0], other.Build().images[0])}, 1);
  EXPECT_EQ(pe.Call(), -1);
  EXPECT_EQ(pe.pe().fault.kind, FaultKind::kBadAddress);
  EXPECT_EQ(pe.pe().fault.detail, 0xbffeu);
  EXPECT_EQ(pe.pe().fault_position, 1u);
}

}  // namespace
}  // namespace csl::fabric::pe
