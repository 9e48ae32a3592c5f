// SPDX-License-Identifier: Apache-2.0
// Bytes of memory a PE: one that never ran, one whose router passes wavelets on, one that is idle
// again. The goals are 256, 512 and 4096 bytes of resident memory (bench/fabric); here is counted
// what is allocated.
#include <gtest/gtest.h>

#include "fabric/engine/engine.h"
#include "fabric/testing/artifact_builder.h"

namespace csl::fabric::engine {
namespace {

using isa::Descriptor;
using isa::DsrFile;
using testing::ArtifactBuilder;

constexpr int kSize = 128;

class Footprint : public ::testing::TestWithParam<isa::Arch> {
 protected:
  bool wse2() const { return GetParam() == isa::Arch::kWse2; }

  // The totals once nothing is left to do, or at the start.
  EngineTotals Run(const image::Artifact& artifact, bool runs) {
    pe::Machine machine;
    machine.arch = GetParam();
    machine.width = machine.height = kSize;
    machine.manifest = &artifact.manifest;
    machine.program_of_pe.resize(size_t{kSize} * kSize);
    for (const image::ProgramImage& image : artifact.images) {
      machine.programs.push_back(std::move(pe::LoadProgram(image)).value());
    }
    for (const image::PlacementRun& run : artifact.manifest.placement) {
      for (int y = run.y; y < run.y + run.height; ++y) {
        for (int x = run.x; x < run.x + run.width; ++x) {
          machine.program_of_pe[static_cast<size_t>(y * kSize + x)] = run.program;
        }
      }
    }
    auto engine = MakeShardedEngine(machine, {});
    while (runs && engine->NextEventCycle() != pe::kNever) {
      engine->RunWindow(engine->NextEventCycle() + 100);
    }
    return engine->Totals();
  }

  static int64_t PerPe(const EngineTotals& totals) {
    return totals.footprint_bytes / (kSize * kSize);
  }

  // Everybody sends 8 words to the east, where a synchronous operation takes them.
  image::Artifact Exchange() {
    ArtifactBuilder b(GetParam(), kSize, kSize);
    for (int parity = 0; parity < 2; ++parity) {
      const auto out = static_cast<uint8_t>(2 + parity);
      const auto in = static_cast<uint8_t>(3 - parity);
      if (parity == 1) b.NextProgram();
      b.Function("main", "  v.mov32 dest.0, src1.0\n  call r4, f1\n  ret\n");
      b.Function("take", "  v.mov32 dest.1, src1.1\n  ret\n").Task(12, "main", true);
      b.InputQueue(2, in).Blocked({wse2() ? in : 2});
      b.OutputQueue(3, wse2() ? isa::kNoColor : out);
      Descriptor sends = Descriptor::Fabout(3, out, 8);
      sends.async.is_async = true;
      b.Dsr(DsrFile::kDest, 0, sends).Dsr(DsrFile::kSrc1, 0, Descriptor::Mem1d(0x200, 8));
      b.Dsr(DsrFile::kDest, 1, Descriptor::Mem1d(0x240, 8));
      b.Dsr(DsrFile::kSrc1, 1, Descriptor::Fabin(2, in, 8));
      for (int x = parity; x < kSize; x += 2) {
        b.Place(x, 0, 1, kSize);
        b.Route(x, 0, 1, kSize, out, image::kRamp, image::kEast);
        // A ring of PEs, so that the first column hears something too.
        b.Route(x, 0, 1, kSize, in, x == 0 ? 0 : image::kWest, image::kRamp);
      }
    }
    return b.Build();
  }
};

INSTANTIATE_TEST_SUITE_P(Archs, Footprint, ::testing::Values(isa::Arch::kWse2, isa::Arch::kWse3),
                         [](const auto& info) { return std::string(isa::ArchName(info.param)); });

TEST_P(Footprint, OfPesThatNeverRan) {
  const EngineTotals totals = Run(Exchange(), false);
  EXPECT_LE(PerPe(totals), 256);
  EXPECT_EQ(totals.pages, 0);
}

TEST_P(Footprint, OfRoutersThatPassWaveletsOn) {
  ArtifactBuilder b(GetParam(), kSize, kSize);
  b.Function("none", "  ret\n").Place(1, 0, kSize - 1, kSize).NextProgram();
  b.Function("start", "  v.mov32 dest.0, src1.0\n  ret\n").Task(12, "start", true);
  b.Dsr(DsrFile::kDest, 0, Descriptor::Fabout(3, 2, 1));
  b.Dsr(DsrFile::kSrc1, 0, Descriptor::Mem1d(0x200, 1));
  b.OutputQueue(3, wse2() ? isa::kNoColor : 2).Place(0, 0, 1, kSize);
  b.Route(0, 0, 1, kSize, 2, image::kRamp, image::kEast);
  b.Route(1, 0, kSize - 1, kSize, 2, image::kWest, image::kEast);
  const EngineTotals totals = Run(b.Build(), true);
  EXPECT_EQ(totals.hops, kSize * kSize);  // the last one leaves the rectangle
  EXPECT_EQ(totals.pes_touched, kSize);
  EXPECT_LE(PerPe(totals), 512);
}

TEST_P(Footprint, OfPesThatAreIdleAgain) {
  const EngineTotals totals = Run(Exchange(), true);
  EXPECT_EQ(totals.pes_touched, kSize * kSize);
  EXPECT_EQ(totals.pages, kSize * (kSize - 1));  // the first column receives nothing
  EXPECT_LE(PerPe(totals), 3800);
}

}  // namespace
}  // namespace csl::fabric::engine
