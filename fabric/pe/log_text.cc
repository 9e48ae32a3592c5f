// SPDX-License-Identifier: Apache-2.0
#include "fabric/pe/log_text.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstdlib>

#include "fabric/isa/arith/float.h"

namespace csl::fabric::pe {
namespace {

using isa::LogFormat;

// The shortest decimal that rounds to these bits: at most six digits for 16-bit formats.
double ShortestDouble(uint16_t bits, isa::Fp16Format fp16) {
  const auto arith_format = static_cast<isa::arith::Fp16Format>(fp16);
  return isa::arith::WithFp16(arith_format, [bits](auto format) {
    using Half = decltype(format);
    const double exact = Half::ToDouble(bits);
    if (!std::isfinite(exact)) return exact;
    for (int digits = 1; digits < 8; ++digits) {
      const double value = std::strtod(fmt::format("{:.{}e}", exact, digits - 1).c_str(), nullptr);
      if (Half::FromDouble(value) == bits) return value;
    }
    return exact;
  });
}

std::string WithPoint(std::string text) {
  // Not for 'inf' and 'nan', nor behind an exponent.
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

}  // namespace

std::string LogValueText(uint32_t bits, LogFormat format, isa::Fp16Format fp16) {
  switch (format) {
    case LogFormat::kDecimal:
      return fmt::format("{}", bits);
    case LogFormat::kHex16:
      return fmt::format("{:04X}", bits & 0xffff);
    case LogFormat::kHex32:
      return fmt::format("{:08X}", bits);
    case LogFormat::kBinary16:
      return fmt::format("{:016b}", bits & 0xffff);
    case LogFormat::kBinary32:
      return fmt::format("{:032b}", bits);
    case LogFormat::kFloat16:
      return WithPoint(fmt::format("{}", ShortestDouble(static_cast<uint16_t>(bits), fp16)));
    case LogFormat::kFloat32:
      break;
  }
  return WithPoint(fmt::format("{}", std::bit_cast<float>(bits)));
}

void AppendLogText(PeState& pe, RunContext& context, int64_t time, std::string_view text) {
  const auto flush = [&] {
    context.log.push_back({pe.index, {time, LogLevel::kInfo, std::move(pe.log_text), {}}});
    pe.log_text.clear();
  };
  for (const char c : text) {
    if (c == '\n') {
      flush();
      continue;
    }
    pe.log_text += c;
    if (pe.log_text.size() == kLogBufferBytes) flush();
  }
}

}  // namespace csl::fabric::pe
