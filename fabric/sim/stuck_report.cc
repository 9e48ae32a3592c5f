// SPDX-License-Identifier: Apache-2.0
// Why a program does not continue.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "fabric/pe/core.h"
#include "fabric/sim/fabric_simulator.h"
#include "fabric/sim/likely_mistakes.h"
#include "fabric/sim/pe_waits.h"

namespace csl::fabric {
namespace {

// PEs in the same state are one line; more names than this become a count.
constexpr size_t kMaxNamesPerLine = 8;
constexpr size_t kMaxLines = 20;
constexpr size_t kMaxMistakes = 5;

bool HasSomethingToSay(const pe::PeState& pe) {
  return pe::InTask(pe) || pe.command_stream_blocked || pe.command != pe::kNoCommand ||
         pe.tasks.active != 0 || pe.microthreads_active != 0 || pe.visible != 0 ||
         pe.output_words != 0 || !pe.streams.empty();
}

std::string_view SideName(router::Side side) {
  static constexpr std::string_view kNames[] = {"west", "east", "south", "north", "ramp", "host"};
  return kNames[static_cast<size_t>(side)];
}

}  // namespace

std::string FabricSimulator::CommandName(uint32_t number) const {
  const pe::HostCommand& command = io_.command(number);
  const image::Export* exported = manifest_.FindExport(command.export_id);
  const std::string name = exported == nullptr ? "?" : exported->name;
  if (command.is_launch()) return fmt::format("command {} launch {}", number, name);
  if (command.port >= 0) {
    const image::HostPort& port = manifest_.ports[static_cast<size_t>(command.port)];
    const std::string words =
        command.is_endless() ? "all" : fmt::format("{}", command.elements_per_pe);
    return fmt::format("command {} {} of port '{}' ({} wavelets of color {} at PE {}, {})", number,
                       command.is_to_host() ? "receive" : "send", port.name, words, port.color,
                       port.x, port.y);
  }
  const std::string_view call = command.is_to_host() ? "memcpy_d2h" : "memcpy_h2d";
  static constexpr std::string_view kBroadcasts[] = {"", "_rowbcast", "_colbcast"};
  const std::string_view broadcast = kBroadcasts[static_cast<size_t>(command.broadcast)];
  const std::string region =
      fmt::format("{} x {} PEs at {}, {}", command.width, command.height, command.x, command.y);
  if (command.is_stream()) {
    return fmt::format("command {} {}{} of color {} ({}; {} wavelets each)", number, call,
                       broadcast, command.color, region, command.elements_per_pe);
  }
  return fmt::format("command {} {}{} {} ({}; {} x {} bits each)", number, call, broadcast, name,
                     region, command.elements_per_pe, 8 * command.element_bytes);
}

std::string FabricSimulator::ListPes() const {
  // By what they do, in the order of the first PE that does it.
  std::vector<std::pair<std::string, std::vector<uint32_t>>> groups;
  std::map<std::string, size_t> group_of;
  for (uint32_t i = 0; i < geometry_.num_pes(); ++i) {
    const pe::PeState* pe = engine_->FindPe(i);
    if (pe == nullptr || !HasSomethingToSay(*pe)) continue;
    std::string text = pe::DescribeActivity(*pe) + DescribeWaits(*pe);
    const auto [it, is_new] = group_of.emplace(text, groups.size());
    if (is_new) groups.push_back({std::move(text), {}});
    groups[it->second].second.push_back(i);
  }
  std::string out;
  for (size_t g = 0; g < std::min(groups.size(), kMaxLines); ++g) {
    const auto& [text, pes] = groups[g];
    out += g == 0 ? "  " : "\n  ";
    for (size_t i = 0; i < std::min(pes.size(), kMaxNamesPerLine); ++i) {
      out += fmt::format("{}{}", i == 0 ? "" : " ", pe::PeName(*machine_, pes[i]));
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

std::string FabricSimulator::ListWavelets() const {
  std::string out;
  size_t lines = 0;
  const std::vector<engine::WaitingWavelets> all = engine_->ListWaiting();
  for (const engine::WaitingWavelets& waiting : all) {
    if (++lines > kMaxLines) break;
    out += fmt::format("\n  router {}: {} wavelets of color {} from {}{}",
                       pe::PeName(*machine_, waiting.pe), waiting.count, waiting.color,
                       SideName(waiting.side), waiting.head.control ? ", control first" : "");
  }
  if (all.size() > kMaxLines) out += fmt::format("\n  ... and {} more", all.size() - kMaxLines);
  return out;
}

std::string FabricSimulator::ListMistakes() const {
  StuckProgram program;
  program.machine = machine_.get();
  program.engine = engine_.get();
  if (const std::optional<uint32_t> number = io_.MemcpyInFlight()) {
    program.command = &io_.command(*number);
    const std::optional<uint32_t> next = io_.Behind(*number);
    if (next) program.next_command = &io_.command(*next);
  }
  std::string out;
  const std::vector<std::string> mistakes = LikelyMistakes(program);
  for (size_t i = 0; i < std::min(mistakes.size(), kMaxMistakes); ++i) {
    out += "\n  likely: " + mistakes[i];
  }
  return out;
}

std::string FabricSimulator::DescribeCommand(uint32_t number) const {
  const pe::HostCommand& command = io_.command(number);
  const uint32_t left = io_.state(number).pes_left;
  if (command.port >= 0) return fmt::format("{} is not done", CommandName(number));
  if (!command.is_launch()) {
    return fmt::format("{} is not done: {} of {} PEs have not served it", CommandName(number), left,
                       command.num_pes());
  }
  return fmt::format("{} is not done: {} of {} PEs have not called unblock_cmd_stream",
                     CommandName(number), left, geometry_.num_pes());
}

std::string FabricSimulator::StuckReport() const {
  const std::vector<uint32_t> in_flight = io_.InFlight();
  if (in_flight.empty()) return ListPes();
  std::string out;
  for (const uint32_t number : in_flight) {
    out += (out.empty() ? "" : "\n") + DescribeCommand(number);
  }
  if (engine_->NextEventCycle() == pe::kNever) {
    out = fmt::format("the program is stuck at cycle {}: nothing can happen any more; ",
                      std::max(clock_, engine_->IdleSince())) +
          out;
  }
  const std::string pes = ListPes();
  if (!pes.empty()) out += "\n" + pes;
  return out + ListWavelets() + ListMistakes();
}

}  // namespace csl::fabric
