// SPDX-License-Identifier: Apache-2.0
// One record as a line of sim.log and as an object of sim.jsonl (docs/formats/sim_log.md).
#ifndef RUNTIME_TRACE_EVENT_TEXT_H_
#define RUNTIME_TRACE_EVENT_TEXT_H_

#include <string>
#include <string_view>

#include "fabric/sim/simulator.h"
#include "runtime/trace/program_text.h"

namespace csl::runtime {

// "fp16(1.5)": the low half of a payload as a number of the program's 16-bit format.
std::string HalfText(uint32_t payload, isa::Fp16Format format);

// Without a newline.
std::string LogLine(const fabric::LogRecord& record, const ProgramText& program);
std::string JsonLine(const fabric::LogRecord& record, const ProgramText& program);

}  // namespace csl::runtime

#endif  // RUNTIME_TRACE_EVENT_TEXT_H_
