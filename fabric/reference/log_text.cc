// SPDX-License-Identifier: Apache-2.0
// Text of the program for the log: docs/library/simprint.md.
#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstdlib>

#include "fabric/isa/arith/float.h"
#include "fabric/isa/log_format.h"
#include "fabric/reference/main_thread.h"

namespace csl::fabric::reference {
namespace {

constexpr size_t kBufferBytes = 256;

// The shortest decimal that rounds to these bits.
double Shortest(uint16_t bits, isa::Fp16Format fp16) {
  return isa::arith::WithFp16(static_cast<isa::arith::Fp16Format>(fp16), [bits](auto format) {
    using Half = decltype(format);
    const double exact = Half::ToDouble(bits);
    for (int digits = 1; std::isfinite(exact) && digits < 8; ++digits) {
      const double value = std::strtod(fmt::format("{:.{}e}", exact, digits - 1).c_str(), nullptr);
      if (Half::FromDouble(value) == bits) return value;
    }
    return exact;
  });
}

template <typename T>
std::string FloatText(T value) {
  std::string text = fmt::format("{}", value);
  const bool is_whole = text.find_first_not_of("-0123456789") == std::string::npos;
  return is_whole ? text + ".0" : text;
}

}  // namespace

std::string LogValueText(uint32_t bits, uint32_t format, isa::Fp16Format fp16) {
  switch (static_cast<isa::LogFormat>(format)) {
    case isa::LogFormat::kDecimal:
      return fmt::format("{}", bits);
    case isa::LogFormat::kHex16:
      return fmt::format("{:04X}", bits & 0xffff);
    case isa::LogFormat::kHex32:
      return fmt::format("{:08X}", bits);
    case isa::LogFormat::kBinary16:
      return fmt::format("{:016b}", bits & 0xffff);
    case isa::LogFormat::kBinary32:
      return fmt::format("{:032b}", bits);
    case isa::LogFormat::kFloat16:
      return FloatText(Shortest(static_cast<uint16_t>(bits), fp16));
    case isa::LogFormat::kFloat32:
      break;
  }
  return FloatText(std::bit_cast<float>(bits));
}

void AppendLog(Ce& ce, int64_t t, const std::string& text) {
  for (const char c : text) {
    if (c != '\n') ce.log_text += c;
    if (c != '\n' && ce.log_text.size() < kBufferBytes) continue;
    ce.Log(t, LogLevel::kInfo, ce.log_text);
    ce.log_text.clear();
  }
}

}  // namespace csl::fabric::reference
