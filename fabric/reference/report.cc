// SPDX-License-Identifier: Apache-2.0
// Faults, states and stuck programs as text.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "fabric/reference/reference_simulator.h"

namespace csl::fabric::reference {
namespace {

// PEs in the same state are one line; more names than this become a count.
constexpr size_t kMaxNamesPerLine = 8;
constexpr size_t kMaxLines = 20;

bool HasSomethingToSay(const Ce& ce, int64_t now) {
  return ce.in_task() || ce.command_stream_blocked || ce.command_cycle < now || ce.active != 0;
}

std::string TaskList(const Ce& ce, uint64_t ids) {
  std::string out;
  for (int id = 0; id < kNumTaskIds; ++id) {
    if ((ids >> id & 1) == 0) continue;
    if (!out.empty()) out += ", ";
    out += fmt::format("{}", id);
    for (const image::TaskBinding& task : ce.program->image.configuration.tasks) {
      if (task.id == id) out += " " + ce.program->FunctionName(task.function);
    }
  }
  return out;
}

std::string TaskName(const Ce& ce) {
  return ce.main.host_copy ? "host copy" : ce.program->FunctionName(ce.main.function);
}

// What a PE does or waits for.
std::string Activity(const Ce& ce, int64_t now) {
  std::string text = ce.main.phase == Phase::kFaulted ? "faulted" : "idle";
  if (ce.in_task()) {
    text = fmt::format("task {} {} runs since cycle {}", ce.main.task_id, TaskName(ce),
                       ce.main.start_cycle);
    const bool computes = ce.main.phase == Phase::kRunning && !ce.main.vector.has_value();
    if (computes && !ce.main.host_copy) text += ", now in " + ce.program->Place(ce.main.position);
  }
  if (ce.command_stream_blocked) {
    text += fmt::format("; {} was launched and unblock_cmd_stream was not called since",
                        ce.program->FunctionName(ce.launched_function));
  }
  if (ce.command_cycle < now) text += "; a host command waits";
  if (ce.in_task()) return text;
  uint64_t bound = 0;
  for (const image::TaskBinding& task : ce.program->image.configuration.tasks) {
    bound |= uint64_t{1} << task.id;
  }
  const uint64_t ready = ce.active & ~ce.blocked;
  const uint64_t held = ce.active & ce.blocked;
  const uint64_t idle = bound & ce.blocked & ~ce.active;
  if (ready != 0) text += "; ready tasks: " + TaskList(ce, ready);
  if (held != 0) text += "; active but blocked tasks: " + TaskList(ce, held);
  if (idle != 0) text += "; blocked tasks that nobody activated: " + TaskList(ce, idle);
  return text;
}

}  // namespace

std::string ReferenceSimulator::FaultMessage(uint32_t pe) const {
  const Ce& ce = machine_.ce(pe);
  std::string text = fmt::format("PE {} (x={}, y={} of the program): {}", ce.name, ce.x, ce.y,
                                 FaultText(ce.fault));
  if (HasPlace(ce.fault.kind)) text += " in " + ce.program->Place(ce.fault_position);
  if (ce.fault.kind == FaultKind::kMicrothreadBusy) {
    const auto& other = ce.microthreads[ce.fault.detail % ce.microthreads.size()].run;
    if (other.has_value()) text += ", which started in " + ce.program->Place(other->position);
  }
  return text;
}

std::string ReferenceSimulator::CommandName(uint32_t number) const {
  static constexpr std::string_view kBroadcasts[] = {"", "_rowbcast", "_colbcast"};
  const HostCommand& c = io_.command(number);
  const image::Export* exported = c.is_stream() ? nullptr : manifest_.FindExport(c.export_id);
  const std::string name = exported == nullptr ? "?" : exported->name;
  if (c.is_launch()) return fmt::format("command {} launch {}", number, name);
  const std::string call =
      fmt::format("command {} {}{}", number, c.is_in() ? "memcpy_h2d" : "memcpy_d2h",
                  kBroadcasts[static_cast<size_t>(c.broadcast)]);
  const std::string region = fmt::format("{} x {} PEs at {}, {}", c.width, c.height, c.x, c.y);
  if (c.port >= 0) {
    const image::HostPort& port = manifest_.ports[static_cast<size_t>(c.port)];
    return fmt::format("command {} {} of port '{}' ({} wavelets of color {} at PE {}, {})", number,
                       c.is_in() ? "send" : "receive", port.name,
                       c.is_endless ? "all" : std::to_string(c.elements_per_pe), port.color, port.x,
                       port.y);
  }
  if (c.is_stream()) {
    return fmt::format("{} of color {} ({}; {} wavelets each)", call, c.color, region,
                       c.elements_per_pe);
  }
  return fmt::format("{} {} ({}; {} x {} bits each)", call, name, region, c.elements_per_pe,
                     8 * c.element_bytes);
}

std::string ReferenceSimulator::ListPes() const {
  // By what they do, in the order of the first PE that does it.
  std::vector<std::pair<std::string, std::vector<uint32_t>>> groups;
  std::map<std::string, size_t> group_of;
  for (uint32_t i = 0; i < machine_.num_pes(); ++i) {
    const Ce& ce = machine_.ce(i);
    if (!ce.counters.touched || !HasSomethingToSay(ce, now_)) continue;
    std::string text = Activity(ce, now_);
    const auto [it, is_new] = group_of.emplace(text, groups.size());
    if (is_new) groups.push_back({std::move(text), {}});
    groups[it->second].second.push_back(i);
  }
  std::string out;
  for (size_t g = 0; g < std::min(groups.size(), kMaxLines); ++g) {
    const auto& [text, pes] = groups[g];
    out += g == 0 ? "  " : "\n  ";
    for (size_t i = 0; i < std::min(pes.size(), kMaxNamesPerLine); ++i) {
      out += fmt::format("{}{}", i == 0 ? "" : " ", machine_.ce(pes[i]).name);
    }
    if (pes.size() > kMaxNamesPerLine) {
      out += fmt::format(" and {} more", pes.size() - kMaxNamesPerLine);
    }
    out += ": " + text;
  }
  if (groups.size() > kMaxLines) {
    out += fmt::format("\n  ... and {} other states", groups.size() - kMaxLines);
  }
  return out;
}

std::string ReferenceSimulator::StuckReport() const {
  std::string out;
  for (const uint32_t number : io_.InFlight()) {
    const HostCommand& command = io_.command(number);
    out += (out.empty() ? "" : "\n") + CommandName(number) + " is not done";
    if (command.port >= 0) continue;
    const uint32_t all = command.is_launch()
                             ? machine_.num_pes()
                             : static_cast<uint32_t>(command.width * command.height);
    out += fmt::format(": {} of {} PEs have not {}", io_.state(number).pes_left, all,
                       command.is_launch() ? "called unblock_cmd_stream" : "served it");
  }
  if (out.empty()) return ListPes();
  if (NextEvent() == kNever) {
    out = fmt::format("the program is stuck at cycle {}: nothing can happen any more; ",
                      std::max(clock_, machine_.shared().idle_since)) +
          out;
  }
  const std::string pes = ListPes();
  return pes.empty() ? out : out + "\n" + pes;
}

StatusOr<std::string> ReferenceSimulator::DumpPe(int fabric_x, int fabric_y) const {
  ASSIGN_OR_RETURN(const uint32_t index, PeAt(fabric_x, fabric_y));
  const Ce& ce = machine_.ce(index);
  if (!ce.counters.touched) {
    return fmt::format("PE {}: nothing has happened here yet\n", ce.name);
  }
  std::string out =
      fmt::format("PE {} (x={}, y={}): {}\n", ce.index, ce.x, ce.y, Activity(ce, now_));
  out += fmt::format("  tasks: active {:#x} blocked {:#x} high {:#x} last picked {}\n", ce.active,
                     ce.blocked, ce.high_priority, ce.last_picked);
  for (size_t q = 0; q < kNumQueues; ++q) {
    out += fmt::format("  queue {}: {} words in, {} out\n", q, ce.channels[q].size(),
                       ce.outputs[q].words.size());
  }
  return out;
}

}  // namespace csl::fabric::reference
