// SPDX-License-Identifier: Apache-2.0
#include "fabric/isa/architecture.h"

namespace csl::isa {

std::string_view ArchName(Arch arch) { return arch == Arch::kWse2 ? "wse2" : "wse3"; }

std::optional<Arch> FindArch(std::string_view name) {
  for (Arch arch : {Arch::kWse2, Arch::kWse3}) {
    if (ArchName(arch) == name) return arch;
  }
  return std::nullopt;
}

std::string_view Fp16FormatName(Fp16Format format) {
  switch (format) {
    case Fp16Format::kF16:
      return "f16";
    case Fp16Format::kCb16:
      return "cb16";
    case Fp16Format::kBf16:
      return "bf16";
  }
  return "?";
}

std::optional<Fp16Format> FindFp16Format(std::string_view name) {
  for (Fp16Format format : {Fp16Format::kF16, Fp16Format::kCb16, Fp16Format::kBf16}) {
    if (Fp16FormatName(format) == name) return format;
  }
  return std::nullopt;
}

}  // namespace csl::isa
