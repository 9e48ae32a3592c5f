// SPDX-License-Identifier: Apache-2.0
#include "runtime/launch/arguments.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "runtime/launch/round_float.h"

namespace csl::runtime {
namespace {

using Kind = HostScalar::Kind;

image::Export Function(std::vector<image::ExportInput> inputs) {
  image::Export function;
  function.name = "compute";
  function.kind = image::ExportKind::kFunc;
  function.type = "fn(...)void";
  function.inputs = std::move(inputs);
  return function;
}
HostScalar Integer(int64_t value) {
  return {.kind = Kind::kInteger, .integer = value, .text = std::to_string(value)};
}
HostScalar Real(double value) {
  return {.kind = Kind::kReal, .real = value, .text = std::to_string(value)};
}
HostScalar Typed(const char* type, uint32_t bits) {
  return {.kind = Kind::kTyped, .type = type, .bits = bits, .text = std::string("numpy ") + type};
}

StatusOr<uint32_t> EncodeOne(const char* type, const HostScalar& value) {
  ASSIGN_OR_RETURN(auto words, EncodeArguments(Function({{"n", type}}), std::span(&value, 1)));
  return words.at(0);
}

TEST(ArgumentsTest, EachIsOneWordWithZerosAbove) {
  EXPECT_EQ(EncodeOne("i16", Integer(-1)).value(), 0xffffu);
  EXPECT_EQ(EncodeOne("i8", Integer(-2)).value(), 0xfeu);
  EXPECT_EQ(EncodeOne("u16", Integer(65535)).value(), 0xffffu);
  EXPECT_EQ(EncodeOne("i32", Integer(-1)).value(), 0xffffffffu);
  EXPECT_EQ(EncodeOne("u32", Integer(4294967295)).value(), 0xffffffffu);
  EXPECT_EQ(EncodeOne("f32", Real(1.5)).value(), 0x3fc00000u);
  EXPECT_EQ(EncodeOne("f32", Integer(3)).value(), 0x40400000u);
  EXPECT_EQ(EncodeOne("f16", Real(1.5)).value(), 0x3e00u);
  EXPECT_EQ(EncodeOne("bf16", Real(1.5)).value(), 0x3fc0u);
  EXPECT_EQ(EncodeOne("bool", {.kind = Kind::kBool, .integer = 1, .text = "True"}).value(), 1u);
  EXPECT_EQ(EncodeOne("i16", Typed("i16", 0x8000)).value(), 0x8000u);
  EXPECT_EQ(EncodeOne("cb16", Typed("u16", 0x5900)).value(), 0x5900u);
}

TEST(ArgumentsTest, ValuesOnePastTheTypeAreOutOfRange) {
  const struct {
    const char* type;
    int64_t value;
  } kCases[] = {{"i8", 128},     {"i8", -129},        {"u8", 256},         {"i16", 32768},
                {"i16", -32769}, {"u16", 65536},      {"u16", -1},         {"i32", 2147483648},
                {"u32", -1},     {"u32", 4294967296}, {"i32", -2147483649}};
  for (const auto& c : kCases) {
    const Status status = EncodeOne(c.type, Integer(c.value)).status();
    EXPECT_EQ(status.code(), StatusCode::kOutOfRange) << c.type << " " << c.value;
    EXPECT_NE(status.message().find(std::to_string(c.value)), std::string::npos);
  }
  EXPECT_EQ(EncodeOne("u32", {.kind = Kind::kHuge, .text = "1e30"}).status().code(),
            StatusCode::kOutOfRange);
  EXPECT_EQ(EncodeOne("f16", Real(65520)).status().code(), StatusCode::kOutOfRange);
  EXPECT_EQ(EncodeOne("f16", Real(65504)).value(), 0x7bffu);
  EXPECT_EQ(EncodeOne("f32", Real(1e39)).status().code(), StatusCode::kOutOfRange);
  EXPECT_EQ(EncodeOne("f32", Real(HUGE_VAL)).value(), 0x7f800000u);
}

TEST(ArgumentsTest, WrongTypesNameArgumentValueAndWhatIsAllowed) {
  const Status status = EncodeOne("i16", Typed("i32", 5)).status();
  EXPECT_EQ(status, InvalidArgument("launch of 'compute': argument 1 ('n: i16') = numpy i32: wrong "
                                    "type; must be a Python int or numpy.int16"));
  EXPECT_EQ(EncodeOne("i16", Real(1)).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(EncodeOne("u16", Typed("i16", 1)).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(EncodeOne("f32", Typed("f64", 0)).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(EncodeOne("f32", Typed("i32", 0)).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(EncodeOne("i16", {.kind = Kind::kBool, .text = "True"}).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(EncodeOne("bool", Integer(1)).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(EncodeOne("f32", {.kind = Kind::kOther, .text = "'x'"}).status().code(),
            StatusCode::kInvalidArgument);
}

TEST(ArgumentsTest, TheNumberOfArgumentsMustMatch) {
  const image::Export function = Function({{"n", "i16"}, {"x", "f32"}});
  const HostScalar one = Integer(1);
  const Status status = EncodeArguments(function, std::span(&one, 1)).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("1 argument given, its type is fn(...)void"), std::string::npos);
  EXPECT_TRUE(EncodeArguments(Function({}), {}).value().empty());
}

TEST(ArgumentsTest, TypesThatDoNotTravelSaySo) {
  const Status status = EncodeOne("*u16", Integer(1)).status();
  EXPECT_EQ(status.code(), StatusCode::kUnimplemented);
  EXPECT_NE(status.message().find("not supported yet"), std::string::npos);
}

TEST(RoundFloatTest, AgreesWithTheProcessorOnF32) {
  uint64_t state = 1;
  for (int i = 0; i < 200'000; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    // Doubles with exponents around those of f32, denormals included.
    const uint64_t exponent = 1023 - 155 + (state >> 54) % 290;
    const uint64_t pattern = (state & 0x800f'ffff'ffff'ffffu) | exponent << 52;
    const double value = std::bit_cast<double>(pattern);
    ASSERT_EQ(RoundToFormat(value, kF32), std::bit_cast<uint32_t>(static_cast<float>(value)))
        << value;
  }
}

TEST(RoundFloatTest, TiesGoToEvenAndEdgesHold) {
  EXPECT_EQ(RoundToFormat(2049, kF16), 0x6800u);  // halfway between 2048 and 2050
  EXPECT_EQ(RoundToFormat(2051, kF16), 0x6802u);  // halfway between 2050 and 2052
  EXPECT_EQ(RoundToFormat(65519.99, kF16), 0x7bffu);
  EXPECT_EQ(RoundToFormat(65520, kF16), 0x7c00u);
  EXPECT_EQ(RoundToFormat(std::ldexp(1, -24), kF16), 1u);
  EXPECT_EQ(RoundToFormat(std::ldexp(1, -25), kF16), 0u);
  EXPECT_EQ(RoundToFormat(std::ldexp(1.5, -25), kF16), 1u);
  EXPECT_EQ(RoundToFormat(-0.0, kF16), 0x8000u);
  EXPECT_EQ(RoundToFormat(-HUGE_VAL, kBf16), 0xff80u);
  EXPECT_EQ(RoundToFormat(std::numeric_limits<double>::quiet_NaN(), kF16), 0x7e00u);
  EXPECT_EQ(RoundToFormat(std::ldexp(2.0 - std::ldexp(1, -11), -1), kF16), 0x3c00u);  // carry
}

}  // namespace
}  // namespace csl::runtime
