// SPDX-License-Identifier: Apache-2.0
// Commands and streams in the cycles of docs/fabric/host_io.md.
#include <gtest/gtest.h>

#include "fabric/reference/reference_simulator.h"
#include "fabric/reference/testing/test_row.h"

namespace csl::fabric::reference {
namespace {

using isa::Arch;
using isa::Descriptor;
using isa::DsrFile;

// 4 columns west of the rectangle: a command reaches column x in start + gap + (4 + x) * hop. The
// gap is 104 for launches; on WSE-2 710 + 260 to the device, 490 + 260 for copies to the host.
TEST(Host, LaunchAndCopies) {
  testing::ArtifactBuilder b(Arch::kWse2, 2, 1);
  b.Function("main",
             "  ld.w r1, [512]\n  add.i32 r1, r1, r0\n  st.w r1, [512]\n"
             "  unblock_cmd_stream\n  ret\n");
  b.Words("x", 0x200, {10, 0, 20, 0}).ExportFunction(1, "main", {"u32"});
  b.ExportPointer(2, "x", 0x200, 0x100);
  ReferenceSimulator sim(b.Build(), {});
  auto launch = sim.Submit(LaunchCommand{1, {5}});
  ASSERT_TRUE(launch.ok());
  ASSERT_TRUE(sim.Wait(*launch).ok());
  // Column 1 picks in 109, starts in 111; 1 + 2 + 1 cycles; unblocks in 115.
  EXPECT_EQ(sim.cycle(), 115);
  std::vector<uint32_t> back(4);
  CopyCommand copy;
  copy.direction = CopyDirection::kDeviceToHost;
  copy.export_id = 2;
  copy.width = 2;
  copy.elements_per_pe = 2;
  copy.destination = back;
  auto id = sim.Submit(copy);
  ASSERT_TRUE(id.ok());
  ASSERT_TRUE(sim.Wait(*id).ok());
  EXPECT_EQ(back, std::vector<uint32_t>({15, 20, 15, 20}));
  // The fabric is quiet in 121 (ret in 116 to 120, one more). PE 1: 121 + 755 + 7 words' time of
  // the two before it (7), and back: 5 hops and 7.
  EXPECT_EQ(sim.cycle(), 121 + 755 + 7 + 5 + 7);
  EXPECT_EQ(sim.Stats().host_words_d2h, 4);
}

// Every PE adds one to what the host sends and sends it back.
TEST(Host, StreamsThroughAProgram) {
  for (const CopyOrder order : {CopyOrder::kRowMajor, CopyOrder::kColumnMajor}) {
    testing::ArtifactBuilder b(Arch::kWse3, 2, 2);
    b.Function("main", "  v.add16 dest.0, src0.0, src1.0\n  ret\n").Task(16, "main", true);
    b.InputQueue(2, 4).Blocked({2}).OutputQueue(3, 5).Words("one", 0x1000, {1});
    Descriptor in = Descriptor::Fabin(2, 4, isa::kEndlessExtent);
    in.modes.simd = isa::SimdMode::kOff;
    in.async.is_async = true;
    Descriptor out = Descriptor::Fabout(3, 5, isa::kEndlessExtent);
    b.Dsr(DsrFile::kDest, 0, out).Dsr(DsrFile::kSrc0, 0, in);
    b.Dsr(DsrFile::kSrc1, 0, Descriptor::Mem1d(0x1000, 0, 0));
    ReferenceSimulator sim(b.Build(), {});
    StreamCommand to;
    to.color = 4;
    to.width = to.height = 2;
    to.elements_per_pe = 3;
    to.order = order;
    for (uint32_t i = 0; i < 12; ++i) to.data.push_back(100 + i);
    StreamCommand from = to;
    from.direction = CopyDirection::kDeviceToHost;
    from.color = 5;
    from.data.clear();
    std::vector<uint32_t> back(12);
    from.destination = back;
    ASSERT_TRUE(sim.Submit(to).ok());
    auto id = sim.Submit(from);
    ASSERT_TRUE(id.ok());
    ASSERT_TRUE(sim.Wait(*id).ok());
    for (uint32_t i = 0; i < 12; ++i) EXPECT_EQ(back[i], 101 + i);
    EXPECT_TRUE(sim.Drain().ok());
  }
}

// Each column's words go to all its rows: PEs of one column take them at the same time.
TEST(Host, BroadcastStream) {
  testing::ArtifactBuilder b(Arch::kWse2, 2, 3);
  b.Function("main", "  v.mov32 dest.0, src1.0\n  ret\n").Task(16, "main", true);
  b.InputQueue(2, 4).Blocked({4});
  b.Dsr(DsrFile::kDest, 0, Descriptor::Mem1d(0x1000, 4));
  b.Dsr(DsrFile::kSrc1, 0, Descriptor::Fabin(2, 4, 4));
  b.image().configuration.dsrs[1].descriptor.async.is_async = true;
  ReferenceSimulator sim(b.Build(), {});
  StreamCommand to;
  to.broadcast = Broadcast::kColumns;
  to.color = 4;
  to.width = 2;
  to.height = 2;
  to.y_step = 2;
  to.elements_per_pe = 4;
  to.data = {1, 2, 3, 4, 5, 6, 7, 8};
  auto id = sim.Submit(to);
  ASSERT_TRUE(id.ok());
  ASSERT_TRUE(sim.Wait(*id).ok());
  // Column 1: the command comes in 975, the stream is open in 983. Its words 5 to 8 are due in 981,
  // 982, 984 and 985 (868 words in 1000 cycles), and enter from 983 on, one a cycle.
  EXPECT_EQ(sim.cycle(), 986);
  ASSERT_TRUE(sim.Drain().ok());
  for (const uint32_t pe : {0u, 1u, 4u, 5u}) {
    for (uint32_t i = 0; i < 4; ++i) {
      uint32_t word = 0;
      ASSERT_TRUE(sim.machine().ce(pe).Load(0x1000 + 4 * i, 4, &word));
      EXPECT_EQ(word, 4 * (pe % 2) + i + 1);
    }
  }
  EXPECT_EQ(sim.Stats().host_words_h2d, 8);
}

// A copy to a PE whose task waits for ever: the run is stuck, and the message reports it.
TEST(Host, StuckProgramIsReported) {
  testing::ArtifactBuilder b(Arch::kWse3, 1, 1);
  b.Function("main", "  v.mov32 dest.0, src1.0\n  ret\n").Task(16, "main", true);
  b.InputQueue(2, 4).Blocked({2}).Words("x", 0x200, {0}).ExportPointer(2, "x", 0x200, 0x100);
  b.Dsr(DsrFile::kDest, 0, Descriptor::Mem1d(0x1000, 1));
  b.Dsr(DsrFile::kSrc1, 0, Descriptor::Fabin(2, 4, 1));
  ReferenceSimulator sim(b.Build(), {});
  CopyCommand copy;
  copy.export_id = 2;
  copy.data = {1};
  auto id = sim.Submit(copy);
  ASSERT_TRUE(id.ok());
  const Status status = sim.Wait(*id);
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("1 of 1 PEs have not served it"), std::string::npos);
}

TEST(Host, FaultsNamePeAndPlace) {
  testing::ArtifactBuilder b(Arch::kWse3, 1, 1);
  b.Function("main", "  v.mov32 dest.0, src1.0\n  ret\n").Task(16, "main", true);
  b.Dsr(DsrFile::kDest, 0, Descriptor::Mem1d(0x1000, 1));
  b.Dsr(DsrFile::kSrc1, 0, Descriptor::Fabin(2, 4, 1));
  ReferenceSimulator sim(b.Build(), {});
  EXPECT_EQ(sim.Drain().message(),
            "PE P4.1 (x=0, y=0 of the program): input queue 2 is used, but no color is bound to it "
            "(@initialize_queue) in main (program0.csl:1:1)");
  EXPECT_EQ(sim.cycle(), 2);
}

}  // namespace
}  // namespace csl::fabric::reference
