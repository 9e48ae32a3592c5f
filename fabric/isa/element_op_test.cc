// SPDX-License-Identifier: Apache-2.0
// The table of element operations: values worked out by hand, and the types that vector_ops.def
// states. fabric/pe compares whole operations against it.
#include "fabric/isa/element_op.h"

#include <gtest/gtest.h>

namespace csl::isa {
namespace {

using arith::Fp16Format;

constexpr Fp16Format kFormats[] = {Fp16Format::kF16, Fp16Format::kBf16, Fp16Format::kCb16};

// One row or more for each operation, as 16-bit floats of format f16.
struct Row {
  const char* name;
  uint32_t a, b, scalar, result;
};
constexpr Row kRows[] = {
    {"add16", 0xffff, 2, 0, 1},
    {"addc16", 0xffff, 0, 0, 0},  // with the carry set
    {"sub16", 1, 2, 0, 0xffff},
    {"and16", 0xff0f, 0x0fff, 0, 0x0f0f},
    {"or16", 0xf000, 0x000f, 0, 0xf00f},
    {"xor16", 0xffff, 0x00ff, 0, 0xff00},
    {"sar16", 0x8000, 3, 0, 0xf000},
    {"sll16", 1, 15, 0, 0x8000},
    {"slr16", 0x8000, 3, 0, 0x1000},
    {"clz", 0, 1, 0, 15},
    {"ctz", 0, 0, 0, 16},
    {"popcnt", 0, 0xf0f1, 0, 9},
    {"mov16", 9, 0x12345678, 0, 0x5678},
    {"mov32", 9, 0x12345678, 0, 0x12345678},
    {"fmovh", 9, 0x7e01, 0, 0x7e01},
    {"fmovs", 9, 0x7fc00001, 0, 0x7fc00001},
    {"faddh", 0x3c00, 0x4000, 0, 0x4200},
    {"fsubh", 0x3c00, 0x4000, 0, 0xbc00},
    {"fmulh", 0x4000, 0x4200, 0, 0x4600},
    {"fmaxh", 0x3c00, 0xc000, 0, 0x3c00},
    {"fadds", 0x3f800000, 0x40000000, 0, 0x40400000},
    {"fsubs", 0x3f800000, 0x40000000, 0, 0xbf800000},
    {"fmuls", 0x40000000, 0x40400000, 0, 0x40c00000},
    {"fmaxs", 0x7fc00000, 0xbf800000, 0, 0xbf800000},
    {"faddhs", 0x3c00, 0x40000000, 0, 0x40400000},
    {"fmach", 0x3c00, 0x4000, 0x4200, 0x4700},           // 1 + 2 * 3
    {"fmachs", 0x3f800000, 0x4000, 0x4200, 0x40e00000},  // 1 + 2 * 3
    {"fmacs", 0x3f800000, 0x40000000, 0x40400000, 0x40e00000},
    {"fmacs", 0x3f800000, 0x3f800001, 0x33800000, 0x3f800001},  // rounded once
    {"fabsh", 0, 0xbc00, 0, 0x3c00},
    {"fabss", 0, 0xbf800000, 0, 0x3f800000},
    {"fnegh", 0, 0x3c00, 0, 0xbc00},
    {"fnegs", 0, 0x3f800000, 0, 0xbf800000},
    {"fh2s", 0, 0x3c00, 0, 0x3f800000},
    {"fs2h", 0, 0x3f800000, 0, 0x3c00},
    {"fh2xp16", 0, 0xc100, 0, 0xfffe},      // -2.5 to even
    {"fs2xp16", 0, 0x47c35000, 0, 0x7fff},  // 100000 saturates
    {"xp162fh", 0, 0xffff, 0, 0xbc00},
    {"xp162fs", 0, 0xffff, 0, 0xbf800000},
    {"fnormh", 0, 0x4600, 0, 0x3e00},  // 6 = 1.5 * 4
    {"fnorms", 0, 0x40c00000, 0, 0x3fc00000},
    {"fscaleh", 0x3c00, 0xffff, 0, 0x3800},
    {"fscales", 0x3f800000, 3, 0, 0x41000000},
};

TEST(ElementOp, EveryOperationGivesTheValueWorkedOutByHand) {
  for (const VectorOpInfo& op : VectorOps()) {
    int rows = 0;
    for (const Row& row : kRows) {
      if (op.name != row.name) continue;
      ++rows;
      const ElementOp element = ElementOpOf(op.opcode, Fp16Format::kF16, false, false);
      uint16_t carry = 1;
      ASSERT_NE(element.fn, nullptr) << row.name;
      EXPECT_EQ(element.fn(row.a, row.b, row.scalar, &carry), row.result) << row.name;
      EXPECT_EQ(carry, 1) << row.name;
    }
    EXPECT_EQ(rows > 0, op.opcode != Opcode::kVDfilt) << op.name;
  }
}

TEST(ElementOp, ElementSizesAreThoseOfTheVectorOperations) {
  for (const VectorOpInfo& op : VectorOps()) {
    for (const Fp16Format format : kFormats) {
      const ElementOp element = ElementOpOf(op.opcode, format, false, false);
      EXPECT_EQ(element.dest_bytes, ElementBytes(op.dest)) << op.name;
      EXPECT_EQ(element.src0_bytes, op.num_sources == 2 ? ElementBytes(op.src0) : 0) << op.name;
      EXPECT_EQ(element.src1_bytes, ElementBytes(op.src1)) << op.name;
      EXPECT_EQ(element.fn == nullptr, op.opcode == Opcode::kVDfilt) << op.name;
    }
  }
}

TEST(ElementOp, FormatChoosesTheSixteenBitFloats) {
  const uint32_t one[] = {0x3c00, 0x3f80, 42u << 9};
  for (int i = 0; i < 3; ++i) {
    const ElementOp widen = ElementOpOf(Opcode::kVFh2s, kFormats[i], false, false);
    EXPECT_EQ(widen.fn(0, one[i], 0, nullptr), 0x3f800000u) << i;
  }
}

TEST(ElementOp, FaddhsSwapsItsTypesForScalars) {
  for (const auto& [src1_is_scalar, running] : {std::pair{true, false}, {false, true}}) {
    const ElementOp op = ElementOpOf(Opcode::kVFaddhs, Fp16Format::kF16, src1_is_scalar, running);
    EXPECT_EQ(op.dest_bytes, 4);
    EXPECT_EQ(op.src0_bytes, 4);
    EXPECT_EQ(op.src1_bytes, 2);
    EXPECT_EQ(op.fn(0x40000000, 0x3c00, 0, nullptr), 0x40400000u);
  }
  // No other operation looks at the flags.
  const ElementOp fadds = ElementOpOf(Opcode::kVFadds, Fp16Format::kF16, true, true);
  EXPECT_EQ(fadds.fn, ElementOpOf(Opcode::kVFadds, Fp16Format::kF16, false, false).fn);
}

TEST(ElementOp, BitsAboveSixteenBitOperandsAreIgnored) {
  for (const VectorOpInfo& info : VectorOps()) {
    const ElementOp op = ElementOpOf(info.opcode, Fp16Format::kF16, false, false);
    if (op.fn == nullptr) continue;
    const uint32_t a = op.src0_bytes == 4 ? 0 : 0xabcd0000;
    const uint32_t b = op.src1_bytes == 4 ? 0 : 0xabcd0000;
    uint16_t carry = 0;
    const uint32_t plain = op.fn(0x4000, 0x4003, 0x3c00, &carry);
    carry = 0;
    EXPECT_EQ(op.fn(0x4000 | a, 0x4003 | b, 0x3c00, &carry), plain) << info.name;
    EXPECT_TRUE(op.dest_bytes == 4 || plain >> 16 == 0) << info.name;
  }
}

}  // namespace
}  // namespace csl::isa
