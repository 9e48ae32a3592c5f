// SPDX-License-Identifier: Apache-2.0
#include "fabric/pe/state_json.h"

#include <fmt/format.h>

#include "base/json_text.h"
#include "fabric/pe/core.h"
#include "fabric/pe/interpreter.h"
#include "fabric/pe/program.h"

namespace csl::fabric::pe {
namespace {

// Joins what `text` makes of 0 .. count - 1; an empty text is left out.
template <typename Text>
std::string List(size_t count, const Text& text) {
  std::string out = "[";
  for (size_t i = 0; i < count; ++i) {
    const std::string item = text(i);
    if (item.empty()) continue;
    if (out.size() > 1) out += ',';
    out += item;
  }
  return out + "]";
}

std::string Ids(uint64_t bits) {
  return List(64, [&](size_t i) { return (bits >> i & 1) != 0 ? std::to_string(i) : ""; });
}

std::string PhaseText(const PeState& pe) {
  if (pe.phase == Phase::kFaulted) return "faulted";
  if (InTask(pe)) return "running";
  return "idle";
}

std::string ThreadText(const PeState& pe) {
  if (!InTask(pe) && pe.phase != Phase::kFaulted) return "null";
  const Thread& thread = pe.thread;
  std::string out = fmt::format(R"({{"id":{},"name":{},"since":{})", thread.task_id,
                                JsonString(TaskName(pe)), thread.start_cycle);
  if (thread.function == kHostCopy || pe.phase == Phase::kEnding) return out + "}";
  const int function = pe.program->code.FunctionAt(thread.position);
  const size_t count =
      function < 0 ? 0 : pe.program->code.functions[static_cast<size_t>(function)].num_regs;
  out += fmt::format(R"(,"position":{},"next_issue":{},"stack_pointer":{})", thread.position,
                     NextIssueCycle(pe), thread.stack_pointer);
  out += ",\"registers\":" + List(count, [&](size_t i) {
           const size_t index = thread.window + i;
           return index < thread.regs.size() ? std::to_string(thread.regs[index]) : std::string();
         });
  return out + ",\"callers\":" +
         List(thread.frames.size(),
              [&](size_t i) {
                const Frame& frame = thread.frames[thread.frames.size() - 1 - i];
                return std::to_string(frame.return_position - 1);
              }) +
         "}";
}

std::string Operation(const VectorRun* run) {
  if (run == nullptr) return "null";
  std::string out =
      fmt::format(R"({{"position":{},"done":{},"length":{})", run->position, run->done,
                  run->length == kEndless ? "null" : std::to_string(run->length));
  const auto channels = [](uint32_t bits) { return Ids(bits); };
  return out + ",\"inputs\":" + channels(run->inputs) + ",\"outputs\":" + channels(run->outputs) +
         "}";
}

std::string Inputs(const PeState& pe) {
  return List(pe.channels.size(), [&](size_t i) {
    const Channel& channel = pe.channels[i];
    const auto word = [&](size_t n) {
      const Wavelet& w = channel.words.at(static_cast<int>(n));
      return fmt::format(R"({{"payload":{},"control":{}}})", w.payload, w.control);
    };
    return fmt::format(R"({{"queue":{},"color":{},"words":{}}})", channel.number, channel.color,
                       List(static_cast<size_t>(channel.words.size()), word));
  });
}

std::string Outputs(const PeState& pe) {
  return List(pe.outputs.size(), [&](size_t i) {
    const OutputQueue& queue = pe.outputs[i];
    const bool empty = queue.words.empty();
    if (empty && queue.color == isa::kNoColor) return std::string();
    return fmt::format(R"({{"queue":{},"color":{},"depth":{},"words":{}}})", queue.number,
                       empty ? queue.color : queue.words.front().color, queue.depth,
                       queue.words.size());
  });
}

std::string Dsrs(const PeState& pe) {
  static constexpr const char* kFiles[] = {"dest", "src0", "src1"};
  std::string out = "{";
  for (size_t file = 0; file < isa::kNumDsrFiles; ++file) {
    for (size_t i = 0; i < 256; ++i) {
      const uint8_t slot = pe.program->dsr_slot[file][i];
      if (slot == 255 || pe.dsrs[slot].kind() == isa::DsdKind::kNone) continue;
      if (out.size() > 1) out += ',';
      out += fmt::format("\"{}.{}\":{}", kFiles[file], i, JsonString(pe.dsrs[slot].ToString()));
    }
  }
  return out + "}";
}

}  // namespace

std::string StateToJson(const PeState& pe) {
  const uint32_t microthreads = pe.microthreads_active;
  std::string out =
      fmt::format(R"({{"phase":"{}","task":{},"active":{},"blocked":{},"command_waits":{},)"
                  R"("stream_blocked":{},)",
                  PhaseText(pe), ThreadText(pe), Ids(pe.tasks.active), Ids(pe.tasks.blocked),
                  pe.command != kNoCommand, pe.command_stream_blocked);
  out += fmt::format(R"("inputs":{},"outputs":{},"operation":{},)", Inputs(pe), Outputs(pe),
                     Operation(pe.main_run));
  out += "\"microthreads\":{";
  bool first = true;
  for (uint32_t rest = microthreads; rest != 0; rest &= rest - 1) {
    const auto id = static_cast<size_t>(__builtin_ctz(rest));
    out += fmt::format("{}\"{}\":{}", first ? "" : ",", id, Operation(pe.microthreads[id]));
    first = false;
  }
  out += fmt::format(R"(}},"dsrs":{},"carry":{},"time_stamps":{},)", Dsrs(pe), pe.carry,
                     pe.tsc.enabled);
  out += fmt::format(R"("instructions":{},"busy_cycles":{},"vector_elements":{},"tasks":{})",
                     pe.counters.instructions, pe.counters.busy_cycles, pe.counters.vector_elements,
                     pe.counters.tasks_started);
  if (pe.phase == Phase::kFaulted) {
    out += fmt::format(R"(,"fault":{},"fault_position":{})", JsonString(FaultText(pe.fault)),
                       pe.fault_position);
  }
  return out + "}";
}

}  // namespace csl::fabric::pe
