// SPDX-License-Identifier: Apache-2.0
#include "fabric/image/overrun.h"

#include <gtest/gtest.h>

namespace csl::image {
namespace {

Symbol Variable(const char* name, uint16_t address, uint16_t size) {
  Symbol symbol;
  symbol.name = name;
  symbol.value = address;
  symbol.size_bytes = size;
  return symbol;
}

ProgramImage TestImage() {
  ProgramImage image;
  image.symbols = {Variable("a", 100, 40), Variable("part", 100, 8), Variable("b", 144, 4),
                   Variable("c", 148, 4), Variable("far", 400, 4)};
  return image;
}

TEST(Overrun, WhatFitsIsNone) {
  const ProgramImage image = TestImage();
  EXPECT_FALSE(FindOverrun(image, 100, 40).has_value());
  EXPECT_FALSE(FindOverrun(image, 120, 20).has_value());
  EXPECT_FALSE(FindOverrun(image, 200, 1000).has_value()) << "no variable is known to lie there";
}

TEST(Overrun, TheNextVariableIsNamed) {
  const ProgramImage image = TestImage();
  const std::optional<Overrun> overrun = FindOverrun(image, 120, 28);
  ASSERT_TRUE(overrun.has_value());
  EXPECT_EQ(OverrunText(*overrun, "A", true, 28, "P4.1", 1),
            "copy to 'A' overwrites 'b' on P4.1: it is 28 bytes long, 'a' has 20");
  EXPECT_EQ(OverrunText(*FindOverrun(image, 100, 52), "A", false, 52, "P4.1", 3),
            "copy of 'A' also reads 'b' and 1 other variable on P4.1 and 2 other PEs: it is 52 "
            "bytes long, 'a' has 40");
}

TEST(Overrun, AGapBehindTheArrayIsNotAVariable) {
  EXPECT_EQ(OverrunText(*FindOverrun(TestImage(), 100, 42), "A", true, 42, "P4.1", 2),
            "copy to 'A' overwrites memory that no variable has on P4.1 and 1 other PE: it is 42 "
            "bytes long, 'a' has 40");
}

TEST(Overrun, PointersAtTheStartComeFromSectionsAndPatches) {
  ProgramImage image;
  Section section;
  section.address = 16;
  section.size_bytes = 4;
  section.bytes = {1, 2, 3, 4};
  image.sections = {section};
  EXPECT_EQ(InitialHalf(image, nullptr, 18), 0x0403);
  EXPECT_EQ(InitialHalf(image, nullptr, 30), 0);
  Variant variant;
  variant.memory = {{19, 9}};
  EXPECT_EQ(InitialHalf(image, &variant, 18), 0x0903);
}

}  // namespace
}  // namespace csl::image
