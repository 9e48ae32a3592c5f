// SPDX-License-Identifier: Apache-2.0
#include "runtime/trace/event_text.h"

#include <fmt/format.h>

#include "base/json_text.h"
#include "fabric/isa/arith/float.h"

namespace csl::runtime {
namespace {

using fabric::Event;
using Kind = Event::Kind;

constexpr int kRamp = 4;
constexpr int kHost = 5;
constexpr unsigned kRampBit = 1u << kRamp;
constexpr unsigned kHostBit = 1u << kHost;
constexpr uint32_t kIds = 32;  // Id: counts modulo this
constexpr int kIssuePipe = 2;
constexpr int kExecutePipe = 5;

char SideLetter(int side) { return side <= kHost ? Event::kSideLetters[side] : '-'; }

// In the order E, N, W, S, R, a blank for each that does not exist.
std::string Departing(unsigned outputs) {
  static constexpr int kOrder[] = {1, 3, 0, 2, kRamp};
  std::string text;
  for (const int side : kOrder) text += (outputs >> side & 1) != 0 ? SideLetter(side) : ' ';
  return text;
}

std::string Sides(unsigned outputs) {
  std::string text;
  for (int side = 0; side <= kHost; ++side) {
    if ((outputs >> side & 1) != 0) text += SideLetter(side);
  }
  return text;
}

std::string WaveletFields(const Event& e, isa::Fp16Format format) {
  return fmt::format("ctrl={:d}, idx={:04X}, data={:04X} ({}), half=0, ident={:08X}",
                     e.has(Event::kControl), e.payload >> 16, e.payload & 0xffff,
                     HalfText(e.payload, format), e.ident);
}

std::string WaveletText(const Event& e, isa::Fp16Format format) {
  if (e.kind == Kind::kLanding) {
    return fmt::format("(hwtile) landing C{} from link {}, {}, lf={:d}", e.color,
                       SideLetter(e.side), WaveletFields(e, format), e.has(Event::kAdvance));
  }
  std::string text = fmt::format("(hwtile) wavelet C{} {} landing={} departing=/{}/, lf={:d}",
                                 e.color, WaveletFields(e, format), SideLetter(e.side),
                                 Departing(e.outputs), e.has(Event::kAdvance));
  if ((e.outputs & kRampBit) != 0) text += ", to_ce_from_router";
  if ((e.outputs & kHostBit) != 0) text += ", to_host";
  if (e.has(Event::kIgnoresCe)) text += ", no_ce";
  return text;
}

std::string ThreadName(const Event& e) {
  if (e.microthread == Event::kNoMicrothread) return fmt::format("T{:02}", e.task);
  return fmt::format("T{:02}.UT{}", e.task, e.microthread);
}

std::string StallReason(const Event& e) {
  if (e.has(Event::kWaitsForRoom)) {
    return fmt::format("no room in OUT_Q[{}] with C{}", e.queue, e.color);
  }
  if (e.has(Event::kWaitsForFifo)) return fmt::format("FIFO[{}] is not ready", e.queue);
  return fmt::format("Not enough wavelets (0/1) for SRC{} with C{}, IN_Q[{}], SIMD-1", e.side,
                     e.color, e.queue);
}

std::string OperandFields(const Event& e, const ProgramText& program) {
  std::vector<std::string> operands = program.Operands(e.x, e.y, e.position);
  if (program.IsBranch(e.x, e.y, e.position)) operands.insert(operands.begin(), "IP");
  operands.resize(4);
  for (std::string& operand : operands) {
    if (operand.empty()) operand = "-";
  }
  return fmt::format("Dest:{} Src0:{} Src1:{} Src2:{} [ ]", operands[0], operands[1], operands[2],
                     operands[3]);
}

std::string OperationText(const Event& e, const ProgramText& program) {
  const bool issues = e.kind == Kind::kIssue || e.kind == Kind::kStall;
  std::string text = fmt::format("Id: {}, Instr: {}, Seq: {}, Pipe: {}, Msg: ", e.number % kIds,
                                 e.number, e.sequence, issues ? kIssuePipe : kExecutePipe);
  if (e.kind == Kind::kStall) return text + "stall: " + StallReason(e);
  if (e.kind == Kind::kIdle) return text + "[EX OP] IDLE";
  text += fmt::format("[{} OP] 0x{:06x}: {:<8} {:<10}", issues ? "IS" : "EX", e.position,
                      ThreadName(e), program.Mnemonic(e.x, e.y, e.position));
  return text + (issues ? " " + OperandFields(e, program) : " [ ]");
}

const char* LevelName(fabric::LogLevel level) {
  static constexpr const char* kNames[] = {"debug", "info", "warning", "error"};
  return kNames[static_cast<int>(level)];
}

const char* KindName(Kind kind) {
  static constexpr const char* kNames[] = {"message", "landing", "router",     "issue",   "execute",
                                           "idle",    "stall",   "task_start", "task_end"};
  static_assert(std::size(kNames) == Event::kNumKinds);
  return kNames[static_cast<int>(kind)];
}

std::string JsonOfWavelet(const Event& e) {
  std::string text = fmt::format(
      R"("color":{},"from":"{}","control":{},"index":{},"data":{},"half":false,"ident":{},)"
      R"("advance":{})",
      e.color, SideLetter(e.side), e.has(Event::kControl), e.payload >> 16, e.payload & 0xffff,
      e.ident, e.has(Event::kAdvance));
  if (e.kind == Kind::kRoute) {
    text += fmt::format(R"(,"to":"{}","no_ce":{})", Sides(e.outputs), e.has(Event::kIgnoresCe));
  }
  return text;
}

std::string JsonOfStall(const Event& e) {
  if (e.has(Event::kWaitsForRoom)) {
    return fmt::format(R"(,"waits_for":"room","queue":{},"color":{})", e.queue, e.color);
  }
  if (e.has(Event::kWaitsForFifo)) {
    return fmt::format(R"(,"waits_for":"fifo","queue":{})", e.queue);
  }
  return fmt::format(R"(,"waits_for":"wavelets","queue":{},"color":{},"source":{})", e.queue,
                     e.color, e.side);
}

std::string JsonOfOperation(const Event& e, const ProgramText& program) {
  if (e.kind == Kind::kIdle) return fmt::format(R"("number":{})", e.number);
  std::string text = fmt::format(
      R"("task":{},"microthread":{},"number":{},"position":{},"opcode":"{}","line":{})", e.task,
      e.microthread == Event::kNoMicrothread ? std::string("null") : std::to_string(e.microthread),
      e.number, e.position, program.Mnemonic(e.x, e.y, e.position),
      JsonString(program.Location(e.x, e.y, e.position)));
  if (e.kind == Kind::kStall) return text + JsonOfStall(e);
  if (e.kind == Kind::kExecute) {
    return text + fmt::format(R"(,"group":{},"cycles":{})", e.sequence, e.cycles);
  }
  std::string operands;
  for (const std::string& operand : program.Operands(e.x, e.y, e.position)) {
    operands += (operands.empty() ? "" : ",") + JsonString(operand);
  }
  return text + R"(,"operands":[)" + operands + "]";
}

}  // namespace

std::string HalfText(uint32_t payload, isa::Fp16Format format) {
  const auto bits = static_cast<uint16_t>(payload);
  return isa::arith::WithFp16(static_cast<isa::arith::Fp16Format>(format), [bits](auto half) {
    return fmt::format("fp16({:g})", decltype(half)::ToDouble(bits));
  });
}

std::string LogLine(const fabric::LogRecord& record, const ProgramText& program) {
  const Event& e = record.event;
  switch (e.kind) {
    case Kind::kNone:
      return record.ToString();
    case Kind::kLanding:
    case Kind::kRoute:
      return fmt::format("@{} P{}.{} {}", record.cycle, e.x, e.y,
                         WaveletText(e, program.manifest().fp16_format));
    case Kind::kTaskStart:
    case Kind::kTaskEnd:
      return fmt::format("@{} P{}.{} T{:02} {}: {}", record.cycle, e.x, e.y, e.task,
                         e.kind == Kind::kTaskStart ? "start" : "end",
                         program.Function(e.x, e.y, e.payload));
    default:
      return fmt::format("@{} P{}.{}: {}", record.cycle, e.x, e.y, OperationText(e, program));
  }
}

std::string JsonLine(const fabric::LogRecord& record, const ProgramText& program) {
  const Event& e = record.event;
  std::string text = fmt::format(R"({{"cycle":{},"kind":"{}",)", record.cycle, KindName(e.kind));
  if (e.kind == Kind::kNone) {
    return text + fmt::format(R"("level":"{}","text":{}}})", LevelName(record.level),
                              JsonString(record.message));
  }
  text += fmt::format(R"("x":{},"y":{},)", e.x, e.y);
  switch (e.kind) {
    case Kind::kLanding:
    case Kind::kRoute:
      return text + JsonOfWavelet(e) + "}";
    case Kind::kTaskStart:
    case Kind::kTaskEnd:
      return text + fmt::format(R"("task":{},"function":{}}})", e.task,
                                JsonString(program.Function(e.x, e.y, e.payload)));
    default:
      return text + JsonOfOperation(e, program) + "}";
  }
}

}  // namespace csl::runtime
