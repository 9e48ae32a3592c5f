// SPDX-License-Identifier: Apache-2.0
// A rectangle of PEs that each send a number to the east, add what comes from the west to their
// own, and keep the sum. Images are four: the first column, the last, even and odd ones between.
#ifndef BENCH_FABRIC_EXCHANGE_H_
#define BENCH_FABRIC_EXCHANGE_H_

#include <string>

#include "fabric/testing/artifact_builder.h"

namespace csl::bench {

inline constexpr uint32_t kExchange = 1;  // launch
inline constexpr uint32_t kResult = 2;    // a word
inline constexpr uint16_t kNumberAddress = 0x200;
inline constexpr uint16_t kResultAddress = 0x204;
inline constexpr uint16_t kLoadAddress = 0x400;
inline constexpr int kLoadBytes = 32 * 1024;
inline constexpr int kPageBytes = 1024;

// What every PE writes: a page that holds number and result.
inline constexpr int kExchangePages = 1;

inline isa::Descriptor FabricDsr(bool sends, int color) {
  const auto c = static_cast<uint8_t>(color);
  isa::Descriptor out = sends ? isa::Descriptor::Fabout(3, c, 1) : isa::Descriptor::Fabin(2, c, 1);
  out.async.is_async = sends;
  return out;
}

// Color 2 + x % 2 carries what column x sends. The first instruction of `exchange` loads 0 into r4,
// which is added to the sum; in the second one r5 is an address of the 32 KB.
inline void AddExchangeImage(fabric::testing::ArtifactBuilder* b, isa::Arch arch, int x,
                             bool receives, bool sends) {
  const int out = 2 + x % 2;
  const int in = 2 + (x + 1) % 2;
  std::string text = "  ldi r4, 0\n  ldi r5, 0x400\n  call r10, f1\n";
  if (sends) text += "  v.mov32 dest.0, src1.0\n";
  if (receives) text += "  v.mov32 dest.1, src1.1\n";
  text +=
      "  ldi r1, 0x200\n  ld.w r2, [r1 + 4]\n  add.i32 r2, r2, r4\n  st.w r2, [r1 + 4]\n"
      "  unblock_cmd_stream\n  ret\n";
  b->Function("exchange", text).Function("f", "  ret\n");
  b->Words("pair", kNumberAddress, {1, 0, 0, 0});
  b->Words("load", kLoadAddress, std::vector<uint16_t>(kLoadBytes / 2));
  b->ExportFunction(kExchange, "exchange");
  b->ExportPointer(kResult, "result", kResultAddress, 0x100);
  using isa::DsrFile;
  if (sends) {
    b->OutputQueue(3, arch == isa::Arch::kWse2 ? isa::kNoColor : out);
    b->Dsr(DsrFile::kDest, 0, FabricDsr(true, out));
    b->Dsr(DsrFile::kSrc1, 0, isa::Descriptor::Mem1d(kNumberAddress, 1));
  }
  if (receives) {
    b->InputQueue(2, in).Blocked({arch == isa::Arch::kWse2 ? in : 2});
    b->Dsr(DsrFile::kDest, 1, isa::Descriptor::Mem1d(kResultAddress, 1));
    b->Dsr(DsrFile::kSrc1, 1, FabricDsr(false, in));
  }
}

// At least 3 columns.
inline image::Artifact Exchange(isa::Arch arch, int width, int height) {
  fabric::testing::ArtifactBuilder b(arch, width, height);
  AddExchangeImage(&b, arch, 0, false, true);
  b.Place(0, 0, 1, height).NextProgram();
  for (int parity = 1; parity <= 2; ++parity) {
    AddExchangeImage(&b, arch, parity, true, true);
    for (int x = parity; x < width - 1; x += 2) b.Place(x, 0, 1, height);
    b.NextProgram();
  }
  AddExchangeImage(&b, arch, width - 1, true, false);
  b.Place(width - 1, 0, 1, height);
  for (int x = 0; x < width; ++x) {
    if (x < width - 1) b.Route(x, 0, 1, height, 2 + x % 2, image::kRamp, image::kEast);
    if (x > 0) b.Route(x, 0, 1, height, 2 + (x + 1) % 2, image::kWest, image::kRamp);
  }
  return b.Build();
}

}  // namespace csl::bench

#endif  // BENCH_FABRIC_EXCHANGE_H_
