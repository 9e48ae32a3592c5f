// SPDX-License-Identifier: Apache-2.0
// WSE-2: input queues that have the color of the operation that runs.
#include <gtest/gtest.h>

#include "fabric/reference/testing/test_row.h"

namespace csl::fabric::reference {
namespace {

using isa::Descriptor;
using isa::DsrFile;
using testing::Async;

constexpr uint8_t kRed = 4, kBlue = 5;

// Words of red and blue come from the west; queue 2 has both colors, red first.
class SharedQueue : public ::testing::Test {
 protected:
  SharedQueue() : b_(isa::Arch::kWse2, 1, 1) {
    b_.InputQueue(2, kRed).InputQueue(2, kBlue).Blocked({kRed, kBlue});
    b_.Route(0, 0, 1, 1, kRed, kW, kR).Route(0, 0, 1, 1, kBlue, kW, kR);
    b_.Dsr(DsrFile::kDest, 0, Descriptor::Mem1d(0x1000, 2));
    b_.Dsr(DsrFile::kDest, 1, Descriptor::Mem1d(0x1100, 2));
  }
  void Inputs(const Descriptor& first, const Descriptor& second) {
    b_.Dsr(DsrFile::kSrc1, 0, first).Dsr(DsrFile::kSrc1, 1, second);
    b_.Function("main", "  v.mov32 dest.0, src1.0\n  v.mov32 dest.1, src1.1\n  ret\n");
    b_.Task(16, "main", true);
  }
  static void Send(TestMachine& m, int color, std::vector<uint32_t> payloads) {
    for (const uint32_t payload : payloads) {
      m.machine().router(0).rings[static_cast<size_t>(color)][kWest].Push({payload, false, false},
                                                                          m.now());
    }
  }

  testing::ArtifactBuilder b_;
};

using List = std::vector<uint32_t>;

TEST_F(SharedQueue, HasTheColorOfEachOperation) {
  Inputs(Descriptor::Fabin(2, kBlue, 2), Descriptor::Fabin(2, kRed, 2));
  TestMachine m(b_);
  Send(m, kRed, {1, 2});
  Send(m, kBlue, {3, 4});
  m.RunToRest();
  EXPECT_EQ(m.Words(0, 0x1000, 2, 4), List({3, 4}));
  EXPECT_EQ(m.Words(0, 0x1100, 2, 4), List({1, 2}));
}

TEST_F(SharedQueue, HasItsFirstColorForADsdWithoutOne) {
  Inputs(Descriptor::Fabin(2, kBlue, 1), Descriptor::Fabin(2, isa::kNoColor, 1));
  TestMachine m(b_);
  Send(m, kRed, {1});
  Send(m, kBlue, {3});
  m.RunToRest();
  EXPECT_EQ(m.Word(0, 0x1000, 4), 3u);
  EXPECT_EQ(m.Word(0, 0x1100, 4), 1u);
}

TEST_F(SharedQueue, HoldsAsManyWordsOfAColorAsItIsDeep) {
  b_.Function("nothing", "  ret\n");
  TestMachine m(b_);
  const auto& words = m.ce().channels[kNumQueues + kBlue];
  EXPECT_EQ(words.words(), isa::kInputQueueWords[0][2]);
}

TEST_F(SharedQueue, RunsOneAsynchronousOperationAsItsMicrothread) {
  Inputs(Async(Descriptor::Fabin(2, kRed, 1)), Descriptor::Fabin(2, kBlue, 1));
  TestMachine m(b_);
  m.RunUntil([&] { return !m.ce().fault.ok(); });
  EXPECT_TRUE(m.ce().microthreads[2].run.has_value());
  EXPECT_EQ(FaultText(m.ce().fault),
            "input queue 2 is bound to a color while another operation still takes through it, or "
            "takes that color through another queue");
}

TEST_F(SharedQueue, LeavesAnotherQueueToDsdsThatNameNone) {
  Inputs(Async(Descriptor::Fabin(2, kRed, 1)), Async(Descriptor::Fabin(isa::kNoQueue, kBlue, 1)));
  TestMachine m(b_);
  EXPECT_GE(m.RunUntil([&] { return m.ce().microthreads[7].run.has_value(); }), 0);
  Send(m, kRed, {1});
  Send(m, kBlue, {3});
  m.RunToRest();
  EXPECT_EQ(m.Word(0, 0x1000, 4), 1u);
  EXPECT_EQ(m.Word(0, 0x1100, 4), 3u);
  EXPECT_TRUE(m.ce().fault.ok());
}

}  // namespace
}  // namespace csl::fabric::reference
