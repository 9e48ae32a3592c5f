// SPDX-License-Identifier: Apache-2.0
// Elements of 16 bits in wavelets: pairs, single ones, through FIFOs.
#include <gtest/gtest.h>

#include "fabric/reference/testing/test_row.h"

namespace csl::fabric::reference {
namespace {

using isa::Descriptor;
using isa::DsrFile;
using List = std::vector<uint32_t>;

testing::ArtifactBuilder Wse2(int width) {
  return testing::ArtifactBuilder(isa::Arch::kWse2, width, 1);
}

// What an operation of dest.0 and src1.0 on PE 0 leaves in the output queue's ring.
List Sent(const Descriptor& out, const std::string& text, const std::vector<uint16_t>& words) {
  auto b = Wse2(1);
  b.Function("main", text).Task(25, "main", true).OutputQueue(2);
  b.Dsr(DsrFile::kDest, 0, out);
  b.Dsr(DsrFile::kSrc1, 0, Descriptor::Mem1d(0x1000, static_cast<uint16_t>(words.size())));
  b.Words("x", 0x1000, words);
  TestMachine m(b);
  m.RunToRest();
  List sent;
  while (m.machine().router(0).rings[4][kRamp].size() > 0) {
    sent.push_back(m.machine().router(0).rings[4][kRamp].Pop(m.now()).payload);
  }
  while (!m.ce(0).outputs[2].words.empty()) {
    sent.push_back(m.ce(0).outputs[2].words.Pop(m.now()).wavelet.payload);
  }
  return sent;
}

TEST(Packing, PairsWithTheFirstInTheLowHalf) {
  const std::string mov = "  v.mov16 dest.0, src1.0\n  ret\n";
  EXPECT_EQ(Sent(Descriptor::Fabout(2, 4, 5), mov, {1, 2, 3, 4, 5}),
            List({0x00020001, 0x00040003, 0x00000005}));
  EXPECT_EQ(Sent(Descriptor::Fabout(2, 4, 1), mov, {7}), List({7}));
  Descriptor single = Descriptor::Fabout(2, 4, 3);
  single.modes.simd = isa::SimdMode::kOff;
  EXPECT_EQ(Sent(single, mov, {1, 2, 3}), List({1, 2, 3}));
}

TEST(Packing, AnIndexLeavesRoomForOneElement) {
  Descriptor indexed = Descriptor::Fabout(2, 4, 2);
  indexed.header.wavelet_index_offset = true;
  EXPECT_EQ(Sent(indexed, "  ldi r0, 9\n  dsr.index r0, dest.0\n  v.mov16 dest.0, src1.0\n  ret\n",
                 {1, 2}),
            List({0x00090001, 0x00090002}));
}

// Two PEs: PE 0 sends as it is told, PE 1 receives into 0x2000.
struct Pair {
  explicit Pair(const std::string& sender, const std::string& receiver) {
    b.Function("send", sender).Task(25, "send", true).OutputQueue(2).OutputQueue(3);
    b.Words("x", 0x1000, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
    b.Place(0, 0, 1, 1);
    sends = Descriptor::Fabout(2, 4, 0);
    b.Dsr(DsrFile::kDest, 0, sends);
    b.Dsr(DsrFile::kSrc1, 0, Descriptor::Mem1d(0x1000, 5));
    b.NextProgram();
    b.Function("receive", receiver).Task(25, "receive", true).InputQueue(2, 4).Blocked({4});
    b.OutputQueue(3);
    b.Place(1, 0, 1, 1);
    b.Route(0, 0, 1, 1, 4, kR, kE).Route(1, 0, 1, 1, 4, kW, kR);
  }
  testing::ArtifactBuilder b = Wse2(2);
  Descriptor sends;
};

TEST(Packing, ReceiverStopsBehindTheLowHalf) {
  Pair pair("  v.mov16 dest.0, src1.0\n  ret\n", "  v.mov16 dest.0, src1.0\n  ret\n");
  pair.b.Dsr(DsrFile::kDest, 0, Descriptor::Mem1d(0x2000, 5));
  pair.b.Dsr(DsrFile::kSrc1, 0, Descriptor::Fabin(2, 4, 5));
  TestMachine m(pair.b);
  m.RunToRest();
  EXPECT_EQ(m.Words(1, 0x2000, 6), List({1, 2, 3, 4, 5, 0}));
  EXPECT_EQ(m.ce(1).channels[2].size(), 0u);
}

// The output says simd_off, so that each step takes one wavelet and uses its low half.
TEST(Packing, OneOperandWithoutSimdMakesAllSingle) {
  Pair pair("  v.mov32 dest.0, src1.0\n  ret\n", "  v.add16 dest.0, src0.0, src1.0\n  ret\n");
  pair.b.Dsr(DsrFile::kSrc0, 0, Descriptor::Fabin(2, 4, 5));
  pair.b.Dsr(DsrFile::kSrc1, 0, Descriptor::Mem1d(0x2000, 5, 0));
  Descriptor out = Descriptor::Fabout(3, 5, 5);
  out.modes.simd = isa::SimdMode::kOff;
  pair.b.Dsr(DsrFile::kDest, 0, out).Words("one", 0x2000, {1});
  pair.b.Route(1, 0, 1, 1, 5, kR, kE);
  TestMachine m(pair.b);
  m.RunToRest();
  // 32-bit words 0x00020001, 0x00040003 ...: the low halves and one.
  List got;
  auto& ring = m.machine().router(1).neighbours[kEast]->rings[5][kWest];
  while (ring.size() > 0) got.push_back(ring.Pop(m.now()).payload);
  EXPECT_EQ(got, List({2, 4, 6, 8, 10}));         // outside of the program
  EXPECT_FALSE(m.ce(1).main.vector.has_value());  // all five were sent
}

// Pairs go through a FIFO that wraps, and each wavelet is rebuilt.
TEST(Packing, FifoRebuildsWavelets) {
  Pair pair("  v.mov32 dest.0, src1.0\n  ret\n",
            "  v.mov16 dest.0, src1.0\n  v.mov16 dest.1, src1.1\n  ret\n");
  image::Fifo fifo;
  fifo.id = 0;
  fifo.base = 0x3000;
  fifo.capacity = 6;
  pair.b.image().configuration.fifos.push_back(fifo);
  Descriptor fifo_dsd;
  fifo_dsd.header.kind = isa::DsdKind::kFifo;
  Descriptor in = Descriptor::Fabin(2, 4, isa::kEndlessExtent);
  in.async.is_async = true;
  pair.b.Dsr(DsrFile::kDest, 0, fifo_dsd).Dsr(DsrFile::kSrc1, 0, in);
  Descriptor out = Descriptor::Fabout(3, 5, isa::kEndlessExtent);
  out.async.is_async = true;
  pair.b.Dsr(DsrFile::kDest, 1, out).Dsr(DsrFile::kSrc1, 1, fifo_dsd);
  pair.b.InputQueue(4, 6).Blocked({6}).Route(1, 0, 1, 1, 5, kR, kR).InputQueue(3, 5).Blocked({5});
  TestMachine m(pair.b);
  List got;
  for (int t = 0; t < 200; ++t) {
    m.Step();
    auto& channel = m.ce(1).channels[3];
    while (channel.At(m.now()) != nullptr) got.push_back(channel.Pop(m.now()).payload);
  }
  EXPECT_EQ(got, List({0x00020001, 0x00040003, 0x00060005, 0x00080007, 0x000a0009}));
  EXPECT_FALSE(m.machine().CanDoSomething(m.now()));  // the endless operations are not work
}

TEST(Packing, HalvesDoNotCarryIntoEachOther) {
  Pair pair("  v.mov32 dest.0, src1.0\n  ret\n", "  v.add16 dest.0, src0.0, src1.0\n  ret\n");
  pair.b.Dsr(DsrFile::kSrc0, 0, Descriptor::Fabin(2, 4, 2));
  pair.b.Dsr(DsrFile::kSrc1, 0, Descriptor::Mem1d(0x2000, 2));
  pair.b.Dsr(DsrFile::kDest, 0, Descriptor::Mem1d(0x2010, 2)).Words("x1", 0x2000, {0xffff, 0});
  TestMachine m(pair.b);
  m.RunToRest();
  EXPECT_EQ(m.Words(1, 0x2010, 2), List({0, 2}));
}

// A zeroed source, over the elements that were sent.
TEST(Packing, ZeroesTheSourceAtCompletion) {
  auto b = Wse2(1);
  b.Function("main", "  v.mov16 dest.0, src1.0\n  ret\n").Task(25, "main", true).OutputQueue(2);
  Descriptor out = Descriptor::Fabout(2, 4, 4);
  out.modes.zero = isa::ZeroSource::kSecond;
  b.Dsr(DsrFile::kDest, 0, out).Dsr(DsrFile::kSrc1, 0, Descriptor::Mem1d(0x1000, 3));
  b.Words("x", 0x1000, {1, 2, 3, 4});
  TestMachine m(b);
  m.RunToRest();
  EXPECT_EQ(m.Words(0, 0x1000, 4), List({0, 0, 0, 4}));
}

}  // namespace
}  // namespace csl::fabric::reference
