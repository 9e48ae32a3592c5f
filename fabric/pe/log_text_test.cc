// SPDX-License-Identifier: Apache-2.0
#include "fabric/pe/log_text.h"

#include <bit>
#include <cmath>

#include "gtest/gtest.h"

namespace csl::fabric::pe {
namespace {

using isa::Fp16Format;
using isa::LogFormat;

std::string Text(uint32_t bits, LogFormat format, Fp16Format fp16 = Fp16Format::kF16) {
  return LogValueText(bits, format, fp16);
}

TEST(LogText, Integers) {
  EXPECT_EQ(Text(42, LogFormat::kDecimal), "42");
  EXPECT_EQ(Text(0xffffffff, LogFormat::kDecimal), "4294967295");
  EXPECT_EQ(Text(42, LogFormat::kHex16), "002A");
  EXPECT_EQ(Text(0xdeadbeef, LogFormat::kHex32), "DEADBEEF");
  EXPECT_EQ(Text(42, LogFormat::kBinary16), "0000000000101010");
  EXPECT_EQ(Text(5, LogFormat::kBinary32), "00000000000000000000000000000101");
}

TEST(LogText, FloatsAreTheShortestDecimalThatMeansThem) {
  const auto f32 = [](float x) { return Text(std::bit_cast<uint32_t>(x), LogFormat::kFloat32); };
  EXPECT_EQ(f32(42), "42.0");
  EXPECT_EQ(f32(-0.0f), "-0.0");
  EXPECT_EQ(f32(0.1f), "0.1");
  EXPECT_EQ(f32(1e20f), "1e+20");
  EXPECT_EQ(f32(INFINITY), "inf");
  EXPECT_EQ(f32(std::bit_cast<float>(0x7fc00000)), "nan");
  EXPECT_EQ(Text(0x5140, LogFormat::kFloat16), "42.0");
  EXPECT_EQ(Text(0x2e66, LogFormat::kFloat16), "0.1");
  EXPECT_EQ(Text(0xfc00, LogFormat::kFloat16), "-inf");
  EXPECT_EQ(Text(0x5900, LogFormat::kFloat16, Fp16Format::kCb16), "6.0");
  EXPECT_EQ(Text(0x3dcd, LogFormat::kFloat16, Fp16Format::kBf16), "0.1");
}

TEST(LogText, ANewlineOrAFullBufferMakesARecord) {
  PeState pe;
  pe.index = 7;
  RunContext context;
  AppendLogText(pe, context, 10, "one");
  EXPECT_TRUE(context.log.empty());
  AppendLogText(pe, context, 20, " line\nand two\nre");
  ASSERT_EQ(context.log.size(), 2u);
  EXPECT_EQ(context.log[0].pe, 7);
  EXPECT_EQ(context.log[0].record.ToString(), "@20 one line");
  EXPECT_EQ(context.log[1].record.message, "and two");
  AppendLogText(pe, context, 30, std::string(kLogBufferBytes, 'x'));
  ASSERT_EQ(context.log.size(), 3u);
  EXPECT_EQ(context.log[2].record.message, "re" + std::string(kLogBufferBytes - 2, 'x'));
  EXPECT_EQ(pe.log_text, "xx");
}

}  // namespace
}  // namespace csl::fabric::pe
