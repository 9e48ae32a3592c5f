// SPDX-License-Identifier: Apache-2.0
#include "fabric/image/reports.h"

#include <gtest/gtest.h>

#include "fabric/image/testing.h"

namespace csl::image {
namespace {

TEST(MemoryReportTest, EverythingHasItsPlaceAndSize) {
  const ProgramImage image = testing::SampleImage();
  const std::string report = MemoryReport(image);
  EXPECT_NE(report.find("  0x0000     32  .bss\n    0x0000     32  y: [8]f32\n"), std::string::npos)
      << report;
  EXPECT_NE(report.find("    0x0020      2  y_ptr: [*]f32\n"), std::string::npos) << report;
  EXPECT_NE(report.find("  0xbff8      8  stack\n"), std::string::npos) << report;
  const uint32_t used = image.DataBytes() + image.stack_bytes + image.NominalCodeBytes();
  EXPECT_NE(report.find(std::to_string(used) + " of 49152 bytes"), std::string::npos) << report;
}

TEST(RoutesReportTest, BothSidesOfATileAreShown) {
  const std::string report = RoutesReport(testing::SampleArtifact());
  // The program's color 5 stands where the layout has one, too: a valid artifact has it once.
  EXPECT_NE(report.find("   0    1     5  program  R->E | *W->ER ring pop=advance"),
            std::string::npos)
      << report;
  EXPECT_NE(report.find("   2    1     6  layout   WR->E\n"), std::string::npos) << report;
  size_t lines = 0;
  for (const char c : report) lines += c == '\n' ? 1 : 0;
  EXPECT_EQ(lines, 1u + 2 * 6);
}

TEST(TablesTest, EachNamesWhatTheImageHas) {
  const ProgramImage image = testing::SampleImage();
  EXPECT_NE(SectionTable(image).find(".data            0x0020      4\n"), std::string::npos);
  EXPECT_NE(SymbolTable(image).find("var        0x0000     32 global y"), std::string::npos);
  EXPECT_NE(LineTable(image).find("          2  compute                  pe.csl:13:5\n"),
            std::string::npos)
      << LineTable(image);
  EXPECT_NE(FrameTable(image).find("compute                       0      8 buffer"),
            std::string::npos)
      << FrameTable(image);
  const std::string code = Disassembly(image);
  EXPECT_NE(code.find("f1 twice:\n  ; pe.csl:20:1\n"), std::string::npos) << code;
  EXPECT_NE(code.find("ldi r0, 0\n"), std::string::npos) << code;
}

TEST(ArtifactReportTest, VariantsAreNamedWithTheirPatches) {
  Artifact a = testing::SampleArtifact();
  ProgramImage other = a.images[0];
  other.code[0].set_imm(7);
  other.sections[1].bytes[0] = 0x41;
  a.variants = {*Difference(a.images[0], other)};
  a.manifest.num_variants = 1;
  a.manifest.placement[0].program = 2;
  EXPECT_NE(ManifestReport(a).find("tiles 0,0 2x2 run variant 0 of bin/out_0_0.elf\n"),
            std::string::npos)
      << ManifestReport(a);
  EXPECT_EQ(VariantsReport(a),
            "variant 0 of bin/out_0_0.elf\n  instruction 0: ldi r0, 7\n  byte 0x0020: 0x41\n");
}

}  // namespace
}  // namespace csl::image
