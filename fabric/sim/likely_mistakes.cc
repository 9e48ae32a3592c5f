// SPDX-License-Identifier: Apache-2.0
#include "fabric/sim/likely_mistakes.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "fabric/pe/config_words.h"
#include "fabric/pe/core.h"
#include "fabric/router/message_router.h"
#include "fabric/sim/pe_waits.h"

namespace csl::fabric {
namespace {

// PEs that make one mistake, by its text, in the order of the first one.
class Mistakes {
 public:
  explicit Mistakes(const pe::Machine& machine) : machine_(machine) {}

  void Add(uint32_t pe, std::string text) {
    const auto [it, is_new] = place_of_.emplace(text, found_.size());
    if (is_new) found_.push_back({std::move(text), {}});
    std::vector<uint32_t>& pes = found_[it->second].second;
    if (pes.empty() || pes.back() != pe) pes.push_back(pe);
  }
  std::vector<std::string> Sentences() const {
    std::vector<std::string> out;
    for (const auto& [text, pes] : found_) {
      std::string where = "PE " + pe::PeName(machine_, pes.front());
      if (pes.size() > 1) where += fmt::format(" and {} more", pes.size() - 1);
      out.push_back(where + ": " + text);
    }
    return out;
  }

 private:
  const pe::Machine& machine_;
  std::vector<std::pair<std::string, std::vector<uint32_t>>> found_;
  std::map<std::string, size_t> place_of_;
};

std::string_view SideName(router::Side side) {
  static constexpr std::string_view kNames[] = {"west",  "east",     "south",
                                                "north", "the ramp", "the host"};
  return kNames[static_cast<size_t>(side)];
}

bool TakesColor(const pe::PeState& pe, int color) {
  return std::any_of(pe.channels.begin(), pe.channels.end(),
                     [&](const pe::Channel& channel) { return channel.color == color; });
}

// Wavelets of messages. The color has no other meaning where any PE has a message router.
void LookAtMessages(const StuckProgram& program, const engine::WaitingWavelets& waiting,
                    Mistakes* mistakes) {
  const pe::PeState* pe = program.engine->FindPe(waiting.pe);
  if (pe == nullptr || !pe::HasMessageRouter(*pe)) {
    mistakes->Add(waiting.pe,
                  "messages wait for the PE's message router, which is not enabled; every PE must "
                  "call init of <message_passing>");
  } else if (!TakesColor(*pe, router::kReceivedColor)) {
    mistakes->Add(waiting.pe,
                  "messages wait in the PE's message router, and no input queue of the PE takes "
                  "messages; does the program import <message_passing>?");
  }
}

// Wavelets that wait in a router for a reason that its configuration shows.
void LookAtRouter(const StuckProgram& program, const engine::WaitingWavelets& waiting,
                  Mistakes* mistakes) {
  const image::ColorConfig config = program.engine->GetColor(waiting.pe, waiting.color);
  const image::Route& route = config.positions[config.current_position];
  if (config.teardown) {
    mistakes->Add(waiting.pe, fmt::format("color {} is in teardown there; its wavelets wait until "
                                          "the teardown ends",
                                          waiting.color));
  } else if (route.rx == 0 && route.tx == 0) {
    mistakes->Add(waiting.pe, fmt::format("wavelets of color {} from {} reach a router without a "
                                          "route for it; is a @set_color_config missing?",
                                          waiting.color, SideName(waiting.side)));
  } else if ((route.rx >> static_cast<int>(waiting.side) & 1) == 0) {
    mistakes->Add(
        waiting.pe,
        fmt::format("the route of color {} takes nothing from {}, where wavelets wait; its switch "
                    "is in position {} of {}",
                    waiting.color, SideName(waiting.side), config.current_position,
                    config.num_positions));
  } else if ((route.tx & image::kRamp) != 0) {
    const pe::PeState* pe = program.engine->FindPe(waiting.pe);
    if (pe != nullptr && TakesColor(*pe, waiting.color)) return;
    mistakes->Add(waiting.pe,
                  fmt::format("color {} is routed to the ramp, but no queue or task takes it; is "
                              "an @initialize_queue missing?",
                              waiting.color));
  }
}

void LookAtQueues(const StuckProgram& program, const pe::PeState& pe, Mistakes* mistakes) {
  if (program.machine->arch != isa::Arch::kWse3) return;
  for (const pe::OutputQueue& queue : pe.outputs) {
    if (queue.words.empty() || queue.color != isa::kNoColor) continue;
    mistakes->Add(pe.index, fmt::format("output queue {} is used, but no @initialize_queue gives "
                                        "it a color",
                                        queue.number));
  }
  for (const pe::Channel& channel : pe.channels) {
    if (channel.color != isa::kNoColor || !IsRead(pe, channel.number)) continue;
    mistakes->Add(pe.index, fmt::format("input queue {} is read, but no @initialize_queue gives "
                                        "it a color",
                                        channel.number));
  }
}

void LookAtThreads(const StuckProgram& program, const pe::PeState& pe, Mistakes* mistakes) {
  if (pe.command != pe::kNoCommand && pe.main_run != nullptr) {
    mistakes->Add(pe.index,
                  "a host command waits for the main thread, which waits in a synchronous "
                  "operation; an asynchronous one (.async = true) would let it come");
  }
  const bool launched =
      program.command != nullptr && program.command->is_launch() && pe.command_stream_blocked;
  if (launched && !pe::InTask(pe) && pe.microthreads_active == 0 && pe.visible == 0 &&
      pe.tasks.active == 0) {
    mistakes->Add(pe.index,
                  "nothing is left that could call unblock_cmd_stream for the launch; every PE "
                  "must call it, in the function or in a task after it");
  }
}

void LookAtCommands(const StuckProgram& program, std::vector<std::string>* out) {
  if (program.command == nullptr || program.next_command == nullptr) return;
  if (program.command->kind != pe::HostCommand::Kind::kStreamIn) return;
  const bool takes_results = program.next_command->kind == pe::HostCommand::Kind::kStreamOut;
  out->push_back(fmt::format(
      "commands run one after the other: {} starts only when all wavelets of color {} were taken; "
      "a smaller transfer, or a FIFO in the PE, takes what comes before",
      takes_results ? fmt::format("memcpy_d2h of color {}", program.next_command->color)
                    : "the command behind this stream",
      program.command->color));
}

}  // namespace

std::vector<std::string> LikelyMistakes(const StuckProgram& program) {
  Mistakes mistakes(*program.machine);
  const uint32_t num_pes = static_cast<uint32_t>(program.machine->program_of_pe.size());
  bool has_messages = false;
  for (uint32_t i = 0; i < num_pes && !has_messages; ++i) {
    const pe::PeState* pe = program.engine->FindPe(i);
    has_messages = pe != nullptr && pe::HasMessageRouter(*pe);
  }
  for (const engine::WaitingWavelets& waiting : program.engine->ListWaiting()) {
    if (has_messages && router::IsMessageColor(waiting.color)) {
      LookAtMessages(program, waiting, &mistakes);
    } else {
      LookAtRouter(program, waiting, &mistakes);
    }
  }
  for (uint32_t i = 0; i < num_pes; ++i) {
    const pe::PeState* pe = program.engine->FindPe(i);
    if (pe == nullptr) continue;
    LookAtQueues(program, *pe, &mistakes);
    LookAtThreads(program, *pe, &mistakes);
  }
  std::vector<std::string> out = mistakes.Sentences();
  LookAtCommands(program, &out);
  return out;
}

}  // namespace csl::fabric
