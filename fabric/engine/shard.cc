// SPDX-License-Identifier: Apache-2.0
#include "fabric/engine/shard.h"

#include <algorithm>
#include <functional>

#include "fabric/image/manifest.h"
#include "fabric/pe/channels.h"
#include "fabric/pe/stream.h"

namespace csl::fabric::engine {
namespace {

constexpr size_t kLineBytes = 64;

void PrefetchLines(const void* from, int lines) {
  for (int i = 0; i < lines; ++i) {
    __builtin_prefetch(static_cast<const char*>(from) + static_cast<size_t>(i) * kLineBytes, 1);
  }
  // The compiler takes a function that does nothing else for one without effect, and drops its
  // calls.
  asm volatile("");
}

int LowestBit(uint32_t bits) { return __builtin_ctz(bits); }

bool StartsByItself(const pe::Program& program) {
  return program.ActiveAtStart() || !program.image.configuration.words.empty();
}

}  // namespace

Shard::Shard(const pe::Machine& machine, const router::ShardPlace& place)
    : place_(place),
      routers_(place),
      context_(static_cast<size_t>(place.width) * static_cast<size_t>(place.height) *
               kExpectedPeBytes),
      pes_(static_cast<size_t>(place.width) * static_cast<size_t>(place.height)),
      wheel_(static_cast<uint32_t>(pes_.size())),
      ramp_cycles_(machine.costs().ramp_cycles),
      prefetches_(pes_.size() >= kFewPes) {
  context_.machine = &machine;
  context_.router = &routers_;
  Trace(machine);
  Configure(machine);
}

void Shard::Trace(const pe::Machine& machine) {
  context_.logs_tasks = machine.log_tasks || (machine.trace & kTraceTasks) != 0;
  if (machine.trace == 0) return;
  context_.tracer = {machine.trace,    machine.width,    machine.height,
                     machine.offset_x, machine.offset_y, &context_.log};
  if ((machine.trace & (kTraceLandings | kTraceRoutes)) != 0) routers_.SetTracer(&context_.tracer);
  if ((machine.trace & kTraceInstructions) == 0) return;
  context_.steps = std::make_unique<pe::StepTrace>(&context_.tracer, pes_.size());
  context_.may_run_ahead = false;
}

void Shard::Configure(const pe::Machine& machine) {
  if (machine.manifest != nullptr) {
    for (const image::ColorRun& run : machine.manifest->color_runs) {
      const int x_end = std::min<int>(run.x + run.width, place_.x + place_.width);
      const int y_end = std::min<int>(run.y + run.height, place_.y + place_.height);
      for (int y = std::max<int>(run.y, place_.y); y < y_end; ++y) {
        for (int x = std::max<int>(run.x, place_.x); x < x_end; ++x) {
          routers_.SetColor(LocalIndex(x, y), run.color,
                            machine.manifest->color_configs[run.config]);
        }
      }
    }
  }
  for (uint32_t local = 0; local < pes_.size(); ++local) {
    const pe::Program& program = machine.BaseProgram(GlobalIndex(local));
    pe::ConfigureRouter(program, local, routers_);
    if (StartsByItself(program)) wheel_.Schedule(local, 0);
  }
}

uint32_t Shard::GlobalIndex(uint32_t local) const {
  const auto width = static_cast<uint32_t>(place_.width);
  return (static_cast<uint32_t>(place_.y) + local / width) *
             static_cast<uint32_t>(context_.machine->width) +
         static_cast<uint32_t>(place_.x) + local % width;
}

pe::PeState& Shard::Make(uint32_t local) {
  PePtr& slot = pes_[local];
  slot.reset(context_.arena.New<pe::PeState>());
  slot->local = local;
  pe::InitPe(*slot, context_, GlobalIndex(local));
  return *slot;
}

// A busy fabric does not fit into the nearer caches: what a step reads is asked for some steps
// ahead, first the PE itself, then the operation of its microthread, then what that points to.
[[gnu::always_inline]] inline void Shard::Prefetch(uint32_t local, int stage) const {
  const pe::PeState* const pe = pes_[local].get();
  if (pe == nullptr) return;
  if (stage == 0) {
    PrefetchLines(pe, 1);
    return;
  }
  const pe::VectorRun* const run = pe->lone;
  if (stage == 1) {
    if (run != nullptr) {
      PrefetchLines(run, 2);
      return;
    }
    PrefetchLines(reinterpret_cast<const char*>(pe) + kLineBytes, 5);
    return;
  }
  if (run == nullptr) {
    if (pe->visible != 0) PrefetchLines(pe->FindChannel(LowestBit(pe->visible)), 1);
    if (pe->output_words != 0) {
      PrefetchLines(&pe->outputs[static_cast<size_t>(LowestBit(pe->output_words))], 1);
    }
    PrefetchLines(pe->thread.regs.data(), 1);
    return;
  }
  if (run->queue != nullptr) PrefetchLines(run->queue, 1);
  if ((pe->visible & run->inputs) != 0 && !run->has_arrived) PrefetchLines(run->channel, 1);
  if (run->read_page_number != pe::kNoPage) {
    PrefetchLines(run->read_page + (run->one_src1.value & (pe::kPageBytes - 1)), 1);
  }
}

int64_t Shard::NextCycle() const {
  // Routers that have work at once name no future cycle.
  int64_t next = std::min(wheel_.Next(), std::max(routers_.NextStepCycle(), last_cycle_ + 1));
  if (!commands_.empty()) next = std::min(next, commands_.front().cycle);
  for (int64_t cycle = wheel_.now(); cycle < wheel_.now() + kArrivalSlots; ++cycle) {
    if (cycle >= next) break;
    if (!arrivals_[cycle & (kArrivalSlots - 1)].empty()) next = cycle;
  }
  return next;
}

bool Shard::HasOutgoing(int64_t cycle) const {
  if (last_step_ != cycle) return false;
  for (const auto side :
       {router::Side::kWest, router::Side::kEast, router::Side::kSouth, router::Side::kNorth}) {
    if (routers_.HasOutgoing(side)) return true;
  }
  return false;
}

void Shard::Deliver(int x, int y, int64_t cycle, uint32_t command) {
  commands_are_new_ = true;
  commands_.push_back({cycle, LocalIndex(x, y), command});
  std::push_heap(commands_.begin(), commands_.end(), std::greater<>());
}

void Shard::EndStream(int x, int y, uint32_t command) {
  pe::EndStream(Get(LocalIndex(x, y)), context_, command);
}

// First the PE, then its lone microthread or what else leads to the channel, then the channel.
[[gnu::always_inline]] inline void Shard::PrefetchLanding(const router::Landing& landing,
                                                          int stage) const {
  const pe::PeState* const pe = pes_[landing.pe].get();
  if (pe == nullptr) return;
  if (stage == 0) {
    PrefetchLines(pe, 1);
  } else if (stage == 1) {
    if (pe->lone != nullptr) {
      PrefetchLines(pe->lone, 1);
    } else {
      PrefetchLines(reinterpret_cast<const char*>(pe) + kLineBytes, 1);
    }
  } else if (pe->lone == nullptr) {
    if (const pe::Channel* channel = pe->FindChannel(landing.channel)) PrefetchLines(channel, 1);
  }
}

// Landings from `landed` on at PEs before `end`. Returns where the rest begins.
size_t Shard::TakeLandings(std::span<const router::Landing> landings, size_t landed, uint32_t end) {
  for (; landed < landings.size() && landings[landed].pe < end; ++landed) {
    if (prefetches_) {
      for (int stage = 0; stage < 3; ++stage) {
        const size_t ahead = landed + static_cast<size_t>(3 - stage) * kLandingsAhead;
        if (ahead < landings.size()) PrefetchLanding(landings[ahead], stage);
      }
    }
    const router::Landing& landing = landings[landed];
    pe::PeState& pe = Get(landing.pe);
    pe::Arrive(pe, landing.channel, landing.wavelet);
    if (pe.lone != nullptr || !pe.is_deaf) wheel_.AddDue(landing.pe);
  }
  return landed;
}

// The PEs that commands will reach, in their order: neighbours lie beside each other in memory.
void Shard::MakeCommanded() {
  commands_are_new_ = false;
  std::vector<uint32_t> missing;
  for (const Command& command : commands_) {
    if (pes_[command.pe] == nullptr) missing.push_back(command.pe);
  }
  std::sort(missing.begin(), missing.end());
  for (const uint32_t pe : missing) (void)Get(pe);
}

// All but landings.
void Shard::TakeArrivals(int64_t cycle) {
  Arrivals& arrivals = ArrivalsOf(cycle);
  for (const router::RoomEvent& room : arrivals.rooms) {
    if (room.io) {
      pe::RoomForStream(Get(room.pe), room.color);
    } else {
      pe::RoomIsThere(Get(room.pe), room.color);
    }
    wheel_.ScheduleNow(room.pe);
  }
  for (const router::Teardown& teardown : arrivals.teardowns) {
    pe::TornDown(Get(teardown.pe), teardown.color);
    wheel_.ScheduleNow(teardown.pe);
  }
  arrivals.rooms.clear();
  arrivals.teardowns.clear();
  if (commands_are_new_ && commands_.front().cycle <= cycle) MakeCommanded();
  while (!commands_.empty() && commands_.front().cycle <= cycle) {
    const Command command = commands_.front();
    std::pop_heap(commands_.begin(), commands_.end(), std::greater<>());
    commands_.pop_back();
    pe::PeState& pe = Get(command.pe);
    if (context_.machine->command(command.number).port >= 0) {
      pe::OpenStream(pe, context_, command.number, command.cycle);
    } else {
      pe.command = command.number;
      pe.command_cycle = command.cycle;
    }
    pe.touched = true;
    pe.lone = nullptr;
    wheel_.ScheduleNow(command.pe);
  }
}

// Landings and CE steps, some blocks of PEs after the other, so that a PE is still in the nearer
// caches when it is stepped, and there are enough to look ahead among. Landings are in the order of
// PEs.
void Shard::StepPes(int64_t cycle) {
  constexpr uint32_t kGroup = DueBits::kGroupPes;
  constexpr uint32_t kBlock = DueBits::kBlockPes;
  std::vector<router::Landing>& landings = ArrivalsOf(cycle).landings;
  const auto count = static_cast<uint32_t>(pes_.size());
  num_steps_ = 0;
  size_t landed = 0;
  wheel_.BeginTaking();
  for (uint32_t group = 0; group < count; group += kGroup) {
    const bool lands = landed < landings.size() && landings[landed].pe < group + kGroup;
    if (!lands && wheel_.GroupIsEmpty(group / kGroup)) continue;
    const uint32_t end = std::min(group + kGroup, count);
    for (uint32_t first = group; first < end; first += kBlock) {
      landed = TakeLandings(landings, landed, first + kBlock);
      wheel_.TakeBlock(first / kBlock);
      if (wheel_.taken().size() >= EventWheel::kBatchPes) StepTaken(cycle, 4 * kAhead);
    }
  }
  StepTaken(cycle, 0);
  landings.clear();
}

// Steps the PEs taken, but leaves the last `rest`, which are being prefetched.
void Shard::StepTaken(int64_t cycle, size_t rest) {
  const std::span<const uint32_t> due = wheel_.taken();
  const size_t count = due.size();
  const size_t end = count - std::min(count, rest);
  num_steps_ += static_cast<int>(end);
  for (size_t i = 0; i < end; ++i) {
    if (prefetches_) {
      if (i + 4 * kAhead < count) {
        __builtin_prefetch(&pes_[due[i + 4 * kAhead]]);
        wheel_.Prefetch(due[i + 4 * kAhead]);
      }
      if (i + 3 * kAhead < count) Prefetch(due[i + 3 * kAhead], 0);
      if (i + 2 * kAhead < count) Prefetch(due[i + 2 * kAhead], 1);
      if (i + kAhead < count) Prefetch(due[i + kAhead], 2);
    }
    const uint32_t local = due[i];
    wheel_.Forget(local);
    const int64_t next = pe::Step(Get(local), context_, cycle);
    if (next != pe::kNever) wheel_.Schedule(local, next);
  }
  wheel_.DropTaken(end);
}

void Shard::RunCycle(int64_t cycle, int64_t run_ahead_cycles) {
  context_.run_ahead_cycles = run_ahead_cycles;
  last_cycle_ = cycle;
  routers_.Exchange(cycle);
  wheel_.AdvanceTo(cycle);
  TakeArrivals(cycle);
  StepPes(cycle);
  if (routers_.NextStepCycle() > cycle) return;
  routers_.Step(cycle, &results_);
  last_step_ = cycle;
  TakeResults(cycle);
}

void Shard::TakeResults(int64_t cycle) {
  // Nothing else fills the landings of that cycle, which were empty.
  results_.landings.swap(ArrivalsOf(cycle + ramp_cycles_).landings);
  for (const router::RoomEvent& room : results_.rooms) ArrivalsOf(room.cycle).rooms.push_back(room);
  for (const router::Teardown& teardown : results_.teardowns) {
    ArrivalsOf(cycle + 1).teardowns.push_back(teardown);
  }
  for (const router::Departure& departure : results_.departures) {
    pe::PeState& pe = Get(departure.pe);
    pe::StreamDeparted(pe, context_, departure.color, departure.wavelet, cycle);
    wheel_.Schedule(departure.pe, cycle + 1);
  }
  for (const router::Collision& collision : results_.collisions) {
    pe::Collide(Get(collision.pe), context_, collision);
  }
  results_.rooms.clear();
  results_.teardowns.clear();
  results_.departures.clear();
  results_.collisions.clear();
}

int64_t Shard::IdleSince() const {
  return std::max({context_.idle_since, context_.acted_until, routers_.last_move_cycle() + 1});
}

void Shard::AddTo(EngineTotals* totals) const {
  totals->idle_since = std::max(totals->idle_since, IdleSince());
  totals->last_move_cycle = std::max(totals->last_move_cycle, routers_.last_move_cycle());
  for (const auto& pe : pes_) {
    if (pe == nullptr) continue;
    totals->pes_touched += pe->touched ? 1 : 0;
    totals->footprint_bytes += static_cast<int64_t>(pe::FootprintBytes(*pe));
    const pe::PeCounters& from = pe->counters;
    pe::PeCounters& to = totals->counters;
    to.instructions += from.instructions;
    to.busy_cycles += from.busy_cycles;
    to.vector_elements += from.vector_elements;
    to.tasks_started += from.tasks_started;
    to.last_active_cycle = std::max(to.last_active_cycle, from.last_active_cycle);
  }
  totals->hops += routers_.num_hops();
  totals->pages += static_cast<int64_t>(context_.pages.num_pages());
  totals->footprint_bytes += static_cast<int64_t>(
      pes_.capacity() * sizeof(pes_[0]) + wheel_.FootprintBytes() + routers_.FootprintBytes());
}

}  // namespace csl::fabric::engine
