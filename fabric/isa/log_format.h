// SPDX-License-Identifier: Apache-2.0
// The ways log.value writes a register.
#ifndef FABRIC_ISA_LOG_FORMAT_H_
#define FABRIC_ISA_LOG_FORMAT_H_

#include <cstdint>

namespace csl::isa {

enum class LogFormat : uint16_t {
#define LOG_FORMAT(name, text) name,
#include "fabric/isa/log_formats.def"
};

inline constexpr uint32_t kNumLogFormats = 0
#define LOG_FORMAT(name, text) +1
#include "fabric/isa/log_formats.def"
    ;

}  // namespace csl::isa

#endif  // FABRIC_ISA_LOG_FORMAT_H_
