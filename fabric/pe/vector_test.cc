// SPDX-License-Identifier: Apache-2.0
// Vector operations on memory: lengths, order of elements, pointers, saved addresses, cycles.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fabric/pe/test_pe.h"

namespace csl::fabric::pe {
namespace {

using testing::ArtifactBuilder;
using ::testing::Each;
using ::testing::ElementsAre;

constexpr uint16_t kMem1d = 1;

struct Dsd {
  uint16_t base;
  uint16_t extent;
  int16_t stride = 1;
};

// Loads dest.0, src0.0, src1.0 from the descriptors given, then runs `body`.
ArtifactBuilder Vector(const std::vector<Dsd>& dsds, const std::string& body,
                       isa::Arch arch = isa::Arch::kWse2, int load_flags = 0) {
  static const char* kFiles[] = {"dest.0", "src0.0", "src1.0"};
  ArtifactBuilder b(arch, 1, 1);
  std::vector<uint16_t> words;
  std::string text = "  ldi r9, 0x80\n";
  for (size_t i = 0; i < dsds.size(); ++i) {
    words.insert(words.end(),
                 {kMem1d, dsds[i].base, dsds[i].extent, static_cast<uint16_t>(dsds[i].stride)});
    text += "  dsr.load " + std::string(kFiles[i]) + ", [r9 + " + std::to_string(8 * i) + "], " +
            std::to_string(load_flags) + "\n";
  }
  b.Words("dsds", 0x80, words);
  b.Function("f", text + body + "  ret\n");
  return b;
}

std::vector<float> Count(int n) {
  std::vector<float> values;
  for (int i = 1; i <= n; ++i) values.push_back(static_cast<float>(i));
  return values;
}

TEST(Vector, LengthIsThatOfSource0ThenSource1ThenDestination) {
  // The shorter source 0 wins over a longer source 1.
  auto b = Vector({{0x400, 5}, {0x500, 2}, {0x600, 4}}, "  v.fadds dest.0, src0.0, src1.0\n");
  b.Singles("a", 0x500, Count(8)).Singles("b", 0x600, Count(8));
  TestPe pe(b);
  ASSERT_GT(pe.Call(), 0);
  EXPECT_THAT(pe.Read<float>(0x400, 4), ElementsAre(2, 4, 0, 0));
  // Source 0 without a length.
  auto c = Vector({{0x400, 5}, {0x500, 0}, {0x600, 3}}, "  v.fadds dest.0, src0.0, src1.0\n");
  c.Singles("a", 0x500, Count(8)).Singles("b", 0x600, Count(8));
  TestPe pc(c);
  ASSERT_GT(pc.Call(), 0);
  EXPECT_THAT(pc.Read<float>(0x400, 4), ElementsAre(2, 4, 6, 0));
  // A scalar source has none: the destination decides.
  auto d = Vector({{0x400, 3}, {0, 0}}, "  ldi r1, 7\n  v.mov32 dest.0, r1\n");
  TestPe pd(d);
  ASSERT_GT(pd.Call(), 0);
  EXPECT_THAT(pd.Read<uint32_t>(0x400, 4), ElementsAre(7, 7, 7, 0));
}

TEST(Vector, WithoutALengthADsdHasNoElementsAndAPointerHasOne) {
  auto none = Vector({{0x400, 0}, {0, 0}}, "  ldi r1, 7\n  v.mov32 dest.0, r1\n");
  TestPe empty(none);
  const int64_t cycles = empty.Call();
  EXPECT_THAT(empty.Read<uint32_t>(0x400, 2), ElementsAre(0, 0));
  // As many cycles as one element.
  auto one = Vector({{0x400, 1}, {0, 0}}, "  ldi r1, 7\n  v.mov32 dest.0, r1\n");
  TestPe single(one);
  EXPECT_EQ(single.Call(), cycles);
  ArtifactBuilder b(isa::Arch::kWse2, 1, 1);
  b.Function("f", "  ldi r0, 0x400\n  ldi r1, 7\n  v.mov32 *r0, r1\n  ret\n");
  TestPe pointer(b);
  ASSERT_GT(pointer.Call(), 0);
  EXPECT_THAT(pointer.Read<uint32_t>(0x400, 2), ElementsAre(7, 0));
}

TEST(Vector, LaterElementsSeeWhatEarlierOnesWrote) {
  // Fibonacci: x[i + 2] = x[i] + x[i + 1].
  auto b = Vector({{0x408, 6}, {0x400, 6}, {0x404, 6}}, "  v.fadds dest.0, src0.0, src1.0\n");
  b.Singles("x", 0x400, {1, 1, 0, 0, 0, 0, 0, 0});
  TestPe pe(b);
  ASSERT_GT(pe.Call(), 0);
  EXPECT_THAT(pe.Read<float>(0x400, 8), ElementsAre(1, 1, 2, 3, 5, 8, 13, 21));
}

TEST(Vector, ZeroStrideAccumulates) {
  auto b = Vector({{0x400, 1, 0}, {0x400, 5, 0}, {0x500, 5}}, "  v.fadds dest.0, src0.0, src1.0\n");
  b.Singles("acc", 0x400, {100}).Singles("x", 0x500, Count(5));
  TestPe pe(b);
  ASSERT_GT(pe.Call(), 0);
  EXPECT_THAT(pe.Read<float>(0x400, 1), ElementsAre(115));
}

TEST(Vector, PointerDestinationKeepsARunningSumOrTheLastValue) {
  auto b = Vector({{0, 0}, {0, 0}, {0x500, 5}},
                  "  ldi r1, 0x400\n  ldf r2, 0x41200000\n  v.fadds *r1, r2, src1.0\n"
                  "  ldi r1, 0x404\n  v.fmovs *r1, src1.0\n");
  b.Singles("x", 0x500, Count(5));
  TestPe pe(b);
  ASSERT_GT(pe.Call(), 0);
  EXPECT_THAT(pe.Read<float>(0x400, 2), ElementsAre(25, 5));
}

TEST(Vector, StridesCountElementsOfTheOperation) {
  // The same descriptor steps 4 bytes in a 32-bit and 2 bytes in a 16-bit operation; backwards too.
  auto b = Vector({{0x400, 0}, {0, 0}, {0x508, 3, -1}},
                  "  v.fmovs dest.0, src1.0\n  ldi r1, 0x440\n  dsr.base r1, dest.0\n"
                  "  v.mov16 dest.0, src1.0\n");
  b.Words("x", 0x500, {10, 11, 12, 13, 14, 15});
  TestPe pe(b);
  ASSERT_GT(pe.Call(), 0);
  EXPECT_THAT(pe.Read<uint16_t>(0x400, 6), ElementsAre(14, 15, 12, 13, 10, 11));
  EXPECT_THAT(pe.Read<uint16_t>(0x440, 3), ElementsAre(14, 13, 12));
}

TEST(Vector, FusedMultiplyAddRoundsOnce) {
  // 1 + 2^-24 * (1 + 2^-23): the product alone would round the tail away.
  auto b = Vector({{0x400, 1}, {0x500, 1}, {0x600, 1}},
                  "  ldi r1, 0x33800000\n  v.fmacs dest.0, src0.0, src1.0, r1\n");
  b.Words("one", 0x500, {0, 0x3f80}).Words("x", 0x600, {1, 0x3f80});
  TestPe pe(b);
  ASSERT_GT(pe.Call(), 0);
  EXPECT_THAT(pe.Read<uint32_t>(0x400, 1), ElementsAre(0x3f800001));
}

TEST(Vector, SaveAddressContinuesWhereElementsEnded) {
  // A length-4 register folded one element at a time into a length-1 one.
  auto b = Vector({{0x400, 1, 0}, {0x400, 1, 0}, {0x500, 4}},
                  "  v.fadds dest.0, src0.0, src1.0\n  v.fadds dest.0, src0.0, src1.0\n"
                  "  v.fadds dest.0, src0.0, src1.0\n",
                  isa::Arch::kWse2, isa::kSaveAddress);
  b.Singles("x", 0x500, {1, 10, 100, 1000});
  TestPe pe(b);
  ASSERT_GT(pe.Call(), 0);
  EXPECT_THAT(pe.Read<float>(0x400, 1), ElementsAre(111));
  EXPECT_EQ(Dsr(pe.pe(), 2, 0).base, 0x50c);
}

TEST(Vector, CarryRunsThroughElementsAndOperations) {
  auto b = Vector({{0x400, 2}, {0x500, 2}, {0x600, 2}}, "  v.addc16 dest.0, src0.0, src1.0\n");
  b.Words("a", 0x500, {0xffff, 0xffff}).Words("b", 0x600, {1, 0});
  TestPe pe(b);
  ASSERT_GT(pe.Call(), 0);
  EXPECT_THAT(pe.Read<uint16_t>(0x400, 2), ElementsAre(0, 0));
  EXPECT_EQ(pe.pe().carry, 1);
}

TEST(Vector, FourDimensionsAndCircularBuffers) {
  ArtifactBuilder b(isa::Arch::kWse3, 1, 1);
  // A 2 x 3 block in rows of 5, then a buffer of 3 words from its last one on.
  b.Words("block", 0x80, {2 | 1 << 4, 0x500, 3, 1, 2, 3, 1, 0, 1, 0})
      .Words("ring", 0xa0, {3, 0x604, 5, 1, 0x600, 0x606})
      .Words("out", 0xb0, {kMem1d, 0x400, 0, 1});
  b.Words("x", 0x500, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}).Words("y", 0x600, {20, 21, 22});
  b.Function("f",
             "  ldi r1, 0x80\n  dsr.load src1.0, [r1 + 0], 0\n  dsr.load src1.1, [r1 + 32], 1\n"
             "  dsr.load dest.0, [r1 + 48], 1\n  v.mov16 dest.0, src1.0\n"
             "  v.mov16 dest.0, src1.1\n  ret\n");
  TestPe pe(b);
  ASSERT_GT(pe.Call(), 0) << FaultText(pe.pe().fault);
  EXPECT_THAT(pe.Read<uint16_t>(0x400, 11), ElementsAre(0, 1, 2, 5, 6, 7, 22, 20, 21, 22, 20));
  EXPECT_EQ(Dsr(pe.pe(), 2, 1).base, 0x602);  // the head stays inside the ring
}

// A plane of 2 x 3 whose rows lie 8 elements apart, and a ring of 4.
TEST(Vector, SingleStepsWalkDimensionsAndRings) {
  ArtifactBuilder b(isa::Arch::kWse2, 1, 1);
  b.Words("words", 0x400, {100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110});
  b.Words("plane", 0x80, {2 | 1 << 4, 0x400, 3, 2, 2, 4, 1, 0, 1, 0})
      .Words("ring", 0xa0, {3, 0x404, 9, 1, 0x400, 0x408})
      .Words("out_dsd", 0xc0, {kMem1d, 0x500, 12, 1});
  std::string code =
      "  ldi r1, 0x80\n  dsr.loadx src1.1, r1, 0, 0x2fff\n  dsr.load dest.0, [r1 + 64], 2\n"
      "  ldi r2, 0xa0\n  dsr.loadx src1.2, r2, 1, 0x2fff\n";
  for (int i = 0; i < 5; ++i) code += "  dsr.get.h r3, src1.1\n  dsr.put.h r3, dest.0\n";
  for (int i = 0; i < 5; ++i) code += "  dsr.get.h r3, src1.2\n  dsr.put.h r3, dest.0\n";
  code += "  dsr.len r4, src1.1\n  dsr.put.h r4, dest.0\n";
  code += "  dsr.len r4, dest.0\n  dsr.put.h r4, dest.0\n  ret\n";
  b.Function("f", code);
  TestPe pe(b);
  ASSERT_GT(pe.Call(), 0) << FaultText(pe.pe().fault);
  EXPECT_THAT(pe.Read<uint16_t>(0x500, 12),
              ElementsAre(100, 102, 104, 108, 110, 102, 103, 100, 101, 102, 1, 1));
  EXPECT_EQ(Dsr(pe.pe(), 2, 1).load_flags, isa::kSingleStep);
}

// Only what was made for it moves by an index.
TEST(Vector, IndexMovesOnlyIndexedDescriptors) {
  ArtifactBuilder b(isa::Arch::kWse2, 1, 1);
  b.Words("plain", 0x80, {kMem1d, 0x400, 2, 1}).Words("indexed", 0x90, {kMem1d | 64, 0x400, 2, 1});
  b.Function("f",
             "  ldi r1, 0x80\n  ldi r2, 3\n  dsr.load dest.0, [r1 + 0], 0\n"
             "  dsr.load dest.1, [r1 + 16], 0\n  dsr.index r2, dest.0\n"
             "  dsr.index r2, dest.1\n  ret\n");
  TestPe pe(b);
  ASSERT_GT(pe.Call(), 0) << FaultText(pe.pe().fault);
  EXPECT_EQ(Dsr(pe.pe(), 0, 0).base, 0x400);
  EXPECT_EQ(Dsr(pe.pe(), 0, 1).base, 0x406);
}

// 0x7fff has no end only where a wavelet or a FIFO can end it.
TEST(Vector, LongLengthsOnMemoryEndWhereTheyShould) {
  for (const uint16_t length : {0x7ffe, 0x7fff, 0x8000, 40000, 65535}) {
    // Counts its elements: x = x + 1.
    auto b = Vector({{0x400, length, 0}, {0x400, 0, 0}, {0x500, length, 0}},
                    "  v.add16 dest.0, src0.0, src1.0\n");
    auto empty = Vector({{0x400, 0}, {0x400, 0}, {0x500, 0}}, "");
    b.Words("one", 0x500, {1});
    TestPe pe(b), without(empty);
    const int64_t cycles = pe.Call() - without.Call();
    EXPECT_THAT(pe.Read<uint16_t>(0x400, 1), ElementsAre(length));
    EXPECT_EQ(cycles, 6 + (length + 3) / 4);
  }
}

TEST(Vector, RefusesEmptyRegistersAndFabric) {
  const auto fault = [](ArtifactBuilder b) {
    TestPe pe(b);
    EXPECT_EQ(pe.Call(), -1);
    return pe.pe().fault.kind;
  };
  ArtifactBuilder empty(isa::Arch::kWse2, 1, 1);
  empty.Function("f", "  v.fmovs dest.0, src1.0\n  ret\n");
  EXPECT_EQ(fault(empty), FaultKind::kBadDsr);
  EXPECT_EQ(fault(Vector({{0xbff8, 0}, {0, 0}, {0x500, 3}}, "  v.fmovs dest.0, src1.0\n")),
            FaultKind::kBadAddress);
  ArtifactBuilder fabric(isa::Arch::kWse3, 1, 1);
  fabric.Words("d", 0x80, {static_cast<uint16_t>(isa::DsdKind::kFabin), 0xff02, 4, 0});
  fabric.Function("f",
                  "  ldi r1, 0x80\n  dsr.load dest.0, [r1 + 0], 0\n"
                  "  dsr.load src1.0, [r1 + 0], 0\n  v.fmovs dest.0, src1.0\n  ret\n");
  EXPECT_EQ(fault(fabric), FaultKind::kBadDsr);  // an input as the destination
}

// Published: start-up 6 with DSRs loaded; 5,124 f32 elements take 5,130 cycles without a bank
// conflict and 10,254 with one (WSE-2).
TEST(Vector, CyclesArePublishedOnes) {
  const auto cycles = [](uint16_t source1) {
    auto b = Vector({{0x400, 5124}, {0x400, 5124}, {source1, 5124}},
                    "  v.fmacs dest.0, src0.0, src1.0, r5\n");
    ArtifactBuilder empty = Vector({{0x400, 5124}, {0x400, 5124}, {source1, 5124}}, "");
    TestPe with(b), without(empty);
    return with.Call() - without.Call();
  };
  EXPECT_EQ(cycles(0x5504), 5130);
  EXPECT_EQ(cycles(0x5500), 10254);
}

// Stepping gives every element its own cycle, at the end the same result at the same time.
TEST(Vector, SteppedAndRunAtOnceAgree) {
  auto b = Vector({{0x408, 20}, {0x400, 20}, {0x404, 20}}, "  v.fadds dest.0, src0.0, src1.0\n");
  b.Singles("x", 0x400, {1, 1}).Task(9, "f", /*active=*/true);
  TestPe once(b), stepped(b);
  EXPECT_EQ(once.RunToRest(), stepped.RunToRest(/*may_run_ahead=*/false));
  EXPECT_EQ(once.Read<uint8_t>(0, 0xc000), stepped.Read<uint8_t>(0, 0xc000));
  EXPECT_EQ(ToString(once.pe()), ToString(stepped.pe()));
  EXPECT_EQ(once.pe().counters.vector_elements, 20);
}

}  // namespace
}  // namespace csl::fabric::pe
