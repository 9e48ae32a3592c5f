// SPDX-License-Identifier: Apache-2.0
#include "fabric/isa/descriptor.h"

#include <gtest/gtest.h>

namespace csl::isa {
namespace {

std::vector<Descriptor> Samples() {
  std::vector<Descriptor> out = {Descriptor::Mem1d(0x40, 16, -3), Descriptor::Fabin(2, 5, 0x7fff),
                                 Descriptor::Fabout(3, kNoColor, 1)};
  out[0].header.wavelet_index_offset = true;
  out[2].header.control = true;
  out[2].header.advance_switch = true;
  out[2].modes = {SimdMode::kSimd32Or64, ZeroSource::kSecond, Priority::kHigh};
  Descriptor mem4d = Descriptor::Mem1d(0x100, 8, 1);
  mem4d.header.kind = DsdKind::kMem4d;
  mem4d.header.dimensions = 3;
  mem4d.extent = {8, 4, 2, 1};
  mem4d.stride = {1, -9, 100, 1};
  out.push_back(mem4d);
  Descriptor circbuf = Descriptor::Mem1d(0x204, 6);
  circbuf.header.kind = DsdKind::kCircbuf;
  circbuf.wrap_start = 0x200;
  circbuf.wrap_end = 0x240;
  out.push_back(circbuf);
  Descriptor fifo;
  fifo.header.kind = DsdKind::kFifo;
  fifo.base = 3;
  out.push_back(fifo);
  return out;
}

TEST(Descriptor, RoundTripOfEveryKind) {
  for (const Descriptor& d : Samples()) {
    const std::vector<uint8_t> bytes = d.Encode();
    EXPECT_EQ(bytes.size(), DsdBytes(d.kind())) << d.ToString();
    auto back = Descriptor::Decode(bytes);
    ASSERT_TRUE(back.ok()) << d.ToString();
    EXPECT_EQ(back->ToString(), d.ToString());
    EXPECT_EQ(back->Encode(), bytes);
    EXPECT_EQ(back->extent[0], d.extent[0]);
  }
}

TEST(Descriptor, BytesOfMem1dAreWhatCompilersWrite) {
  EXPECT_EQ(Descriptor::Mem1d(0x1234, 5, -1).Encode(),
            (std::vector<uint8_t>{0x01, 0x00, 0x34, 0x12, 0x05, 0x00, 0xff, 0xff}));
  EXPECT_EQ(Descriptor::Fabin(2, 7, 4).Encode(),
            (std::vector<uint8_t>{0x04, 0x00, 0x02, 0x07, 0x04, 0x00, 0x00, 0x00}));
}

TEST(Descriptor, ExtentLiesAtOneOffsetForEveryKind) {
  for (const Descriptor& d : Samples()) {
    const auto bytes = d.Encode();
    EXPECT_EQ(bytes[kDsdExtentOffset] | bytes[kDsdExtentOffset + 1] << 8, d.extent[0]);
  }
}

TEST(Descriptor, LengthIsTheProductOfExtents) {
  EXPECT_EQ(Samples()[3].Length(), 64u);
  EXPECT_EQ(Samples()[0].Length(), 16u);
}

TEST(Descriptor, RefusesWhatIsNone) {
  EXPECT_EQ(Descriptor::Decode(std::vector<uint8_t>(8, 0)).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(Descriptor::Decode(std::vector<uint8_t>{7, 0, 0, 0, 0, 0, 0, 0}).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(Descriptor::Decode(std::vector<uint8_t>{4, 0, 0, 0, 0, 0, 7, 0}).status().code(),
            StatusCode::kInvalidArgument);
  for (const Descriptor& d : Samples()) {
    auto bytes = d.Encode();
    bytes.pop_back();
    EXPECT_EQ(Descriptor::Decode(bytes).status().code(), StatusCode::kDataLoss) << d.ToString();
  }
}

}  // namespace
}  // namespace csl::isa
