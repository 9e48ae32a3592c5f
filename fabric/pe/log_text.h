// SPDX-License-Identifier: Apache-2.0
// Text that a program sends to the simulator's log.
//
// Each PE collects it in a buffer of kLogBufferBytes. A newline or a full buffer makes a record of
// it, of the cycle of the instruction that did so; what is left at the end of the run is lost.
#ifndef FABRIC_PE_LOG_TEXT_H_
#define FABRIC_PE_LOG_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "fabric/isa/architecture.h"
#include "fabric/isa/log_format.h"
#include "fabric/pe/machine.h"
#include "fabric/pe/state.h"

namespace csl::fabric::pe {

inline constexpr size_t kLogBufferBytes = 256;

// What log.value writes. Floats have a point or an exponent: 42.0, 1e+20, nan, -inf.
std::string LogValueText(uint32_t bits, isa::LogFormat format, isa::Fp16Format fp16);

void AppendLogText(PeState& pe, RunContext& context, int64_t time, std::string_view text);

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_LOG_TEXT_H_
