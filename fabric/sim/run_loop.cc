// SPDX-License-Identifier: Apache-2.0
// How time advances.
#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "fabric/isa/arith/float_mode.h"
#include "fabric/pe/core.h"
#include "fabric/sim/fabric_simulator.h"

namespace csl::fabric {
namespace {

constexpr auto kInterruptCheckPeriod = std::chrono::milliseconds(100);
// Words of a stream without an end are passed on in the middle of a call from so many on.
constexpr size_t kWordsPassedOn = size_t{1} << 16;

}  // namespace

void FabricSimulator::LogLines(int64_t cycle, LogLevel level, std::string_view text) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    log_.Add(cycle, level, std::string(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

Status FabricSimulator::Fail(Status status) {
  failure_ = std::move(status);
  if (options_.debugger) (void)options_.debugger(*this, {clock_, {}, failure_.message()}).ok();
  log_.FlushBefore(clock_ + 1);  // what PEs said comes first
  LogLines(clock_, LogLevel::kError, failure_.message());
  log_.FlushBefore(pe::kNever);
  return failure_;
}

bool FabricSimulator::InterruptRequested(int64_t next_event) {
  if (options_.check_interrupt) {
    const WallClock::time_point now = WallClock::now();
    if (now - last_interrupt_check_ >= kInterruptCheckPeriod) {
      last_interrupt_check_ = now;
      if (options_.check_interrupt()) interrupted_ = true;
    }
  }
  interrupting_ |= interrupted_.exchange(false);
  if (!interrupting_ || next_event < ahead_until_) return false;
  interrupting_ = false;
  fabric_cycle_ = std::max(fabric_cycle_, ahead_until_);
  return true;
}

bool FabricSimulator::IssueCommand(int64_t next_event) {
  const auto deliver = [this](uint32_t pe, int64_t cycle, uint32_t command) {
    engine_->Deliver(pe, cycle, command);
  };
  const std::optional<uint32_t> number = io_.TryIssue(next_event, engine_->IdleSince(), deliver);
  if (!number) return false;
  log_.Add(io_.state(*number).start_cycle, LogLevel::kInfo, CommandName(*number) + ": issued");
  return true;
}

void FabricSimulator::TakeMessages() {
  messages_.clear();
  engine_->TakeMessages(&messages_);
  for (const pe::PeMessage& message : messages_) {
    if (message.kind == pe::PeMessage::Kind::kFault) {
      if (!fault_.has_value()) fault_ = message;
      continue;
    }
    uint32_t number = message.command;
    if (number == pe::kNoCommand) {
      const std::optional<uint32_t> memcpy = io_.MemcpyInFlight();
      CHECK(memcpy.has_value()) << "PE " << message.pe << " finished a command that does not exist";
      number = *memcpy;
    }
    if (io_.PeFinished(number, message.pe, message.cycle)) {
      warn_cycles_.erase(number);
      log_.Add(io_.state(number).done_cycle, LogLevel::kInfo, CommandName(number) + ": done");
    }
  }
  engine_->TakeLog(&log_);
  if (!endless_.empty()) PassWordsOn(kWordsPassedOn);
}

void FabricSimulator::PassWordsOn(size_t least) {
  for (auto& [number, endless] : endless_) {
    const size_t words = endless.taken->size();
    if (words < least) continue;
    endless.words += static_cast<int64_t>(words);
    endless.sink(*endless.taken);
    endless.taken->clear();
  }
}

bool FabricSimulator::EndStreamFor(std::optional<uint32_t> target) {
  if (fault_.has_value() || !target.has_value()) return false;
  if (io_.state(*target).phase == io::CommandState::Phase::kDone) return false;
  const uint32_t front = io_.FrontOfLane(*target);
  if (!io_.command(front).is_endless()) return false;
  EndStream(front, engine_->IdleSince());
  return true;
}

void FabricSimulator::EndStream(uint32_t number, int64_t cycle) {
  const pe::HostCommand& command = io_.command(number);
  const std::string name = CommandName(number);
  engine_->EndStream(static_cast<uint32_t>(command.y * geometry_.width + command.x), number);
  PassWordsOn(1);
  io_.EndStream(number, cycle, endless_.at(number).words);
  endless_.erase(number);
  log_.Add(io_.state(number).done_cycle, LogLevel::kInfo, name + ": done");
}

int64_t FabricSimulator::CheckPatience(int64_t next_event) {
  int64_t cut = pe::kNever;
  for (const uint32_t number : io_.InFlight()) {
    cut = std::min(cut, CheckPatience(number, next_event));
  }
  return cut;
}

int64_t FabricSimulator::CheckPatience(uint32_t number, int64_t next_event) {
  if (io_.command(number).is_endless()) return pe::kNever;
  const int64_t start = io_.state(number).start_cycle;
  // The fabric may already be this much past the start when it becomes known.
  const int64_t least = io_.MinLatency();
  int64_t cut = pe::kNever;
  if (options_.warn_after_cycles > 0) {
    const int64_t patience = std::max(least, options_.warn_after_cycles);
    int64_t& warn_cycle = warn_cycles_.try_emplace(number, start + patience).first->second;
    if (next_event >= warn_cycle) warn_cycle = WithoutProgressSince(number) + patience;
    if (next_event >= warn_cycle) {
      LogLines(warn_cycle, LogLevel::kWarning,
               fmt::format("{} has run for {} cycles, the last {} without progress, and is not "
                           "done\n{}",
                           CommandName(number), warn_cycle - start, patience, ListPes()));
      warn_cycle = pe::kNever;
    }
    cut = warn_cycle;
  }
  if (options_.command_limit_cycles > 0) {
    const int64_t limit = start + std::max(least, options_.command_limit_cycles);
    if (next_event >= limit && failure_.ok()) {
      clock_ = std::max(clock_, limit);
      failure_ = ResourceExhausted(fmt::format("{} is not done after {} cycles (the limit set)\n{}",
                                               CommandName(number), options_.command_limit_cycles,
                                               ListPes()));
    }
    cut = std::min(cut, limit);
  }
  return cut;
}

int64_t FabricSimulator::WithoutProgressSince(uint32_t number) const {
  int64_t since = std::max(io_.state(number).start_cycle, io_.last_part_cycle());
  for (const uint32_t other : io_.InFlight()) {
    const pe::HostCommand& command = io_.command(other);
    if (!command.is_stream()) continue;
    for (int row = 0; row < command.height; ++row) {
      for (int column = 0; column < command.width; ++column) {
        const int index = command.PeY(row) * geometry_.width + command.PeX(column);
        const pe::PeState* pe = engine_->FindPe(static_cast<uint32_t>(index));
        if (pe == nullptr) continue;
        for (const pe::StreamState& stream : pe->streams) {
          if (stream.command == other) since = std::max(since, stream.moved_cycle);
        }
      }
    }
  }
  return since;
}

Status FabricSimulator::Run(std::optional<uint32_t> target, int64_t limit) {
  const isa::arith::ScopedFloatMode float_mode;
  const int64_t latency = io_.MinLatency();
  const int64_t period = FaultPeriodCycles(int64_t{geometry_.width} * geometry_.height);
  const auto end_of_period = [period](int64_t cycle) { return (cycle / period + 1) * period; };
  for (;;) {
    int64_t stop = limit;
    const bool target_done =
        target.has_value() && io_.state(*target).phase == io::CommandState::Phase::kDone;
    if (target_done) stop = std::min(stop, io_.state(*target).done_cycle + latency);
    if (fault_.has_value()) stop = std::min(stop, end_of_period(fault_->cycle));

    const int64_t next = engine_->NextEventCycle();
    // Nothing more happens before this cycle. Not beyond the cut, nor beyond a fault: engines that
    // look less far ahead know no more than that.
    int64_t known = next == pe::kNever ? next : std::min(next, stop);
    if (fault_.has_value()) known = std::min(known, fault_->cycle);
    if (IssueCommand(known)) continue;
    int64_t cut = pe::kNever;
    if (!fault_.has_value() && next != pe::kNever) cut = CheckPatience(known);
    if (!failure_.ok()) return Fail(failure_);
    if (next == pe::kNever && EndStreamFor(target)) continue;
    if (next == pe::kNever || next >= stop) return EndOfRun(next, target, target_done);
    // Records still to come carry the clock the host will see, the fault's cycle, or a later one.
    int64_t settled = next;
    if (target_done) settled = std::min(settled, io_.state(*target).done_cycle);
    if (fault_.has_value()) settled = std::min(settled, fault_->cycle);
    log_.FlushBefore(settled);
    if (InterruptRequested(next)) return Aborted("interrupted");
    const int64_t last = std::min({stop, cut, end_of_period(next)});
    fabric_cycle_ = std::min(next + (options_.debugger ? 1 : latency), last);
    const bool may_be_done = target.has_value() && !target_done;
    engine_->RunWindow(fabric_cycle_, {last, may_be_done ? fabric_cycle_ : last});
    ahead_until_ = std::max(ahead_until_, last);
    TakeMessages();
    if (options_.debugger) RETURN_IF_ERROR(ShowDebugger(next));
  }
}

bool FabricSimulator::HostMayHelp() {
  if (!polls_ || ++quiet_polls_ > kMaxQuietPolls) return false;
  const std::vector<uint32_t> numbers = io_.InFlight();
  return std::any_of(numbers.begin(), numbers.end(), [this](uint32_t number) {
    const pe::HostCommand& command = io_.command(number);
    return command.port >= 0 && !command.is_endless();
  });
}

Status FabricSimulator::EndOfRun(int64_t next_event, std::optional<uint32_t> target,
                                 bool target_done) {
  if (fault_.has_value()) {
    clock_ = std::max(clock_, fault_->cycle);
    return Fail(Aborted(pe::DescribeFault(*machine_, *engine_->FindPe(fault_->pe))));
  }
  if (next_event == pe::kNever && target.has_value() && !target_done && !HostMayHelp()) {
    clock_ = std::max(clock_, engine_->IdleSince());
    return Fail(FailedPrecondition(StuckReport()));
  }
  return OkStatus();
}

Status FabricSimulator::RunTimed(std::optional<uint32_t> target, int64_t limit) {
  if (!failure_.ok()) return failure_;
  const WallClock::time_point begin = WallClock::now();
  Status status = Run(target, limit);
  PassWordsOn(1);
  sim_time_ += WallClock::now() - begin;
  return status;
}

Status FabricSimulator::Wait(CommandId id) {
  if (id.index >= io_.num_commands()) return InvalidArgument("no such command");
  RETURN_IF_ERROR(RunTimed(id.index, pe::kNever));
  clock_ = std::max(clock_, io_.state(id.index).done_cycle);
  io_.Forget(clock_);
  log_.FlushBefore(clock_);
  return OkStatus();
}

StatusOr<bool> FabricSimulator::Poll(CommandId id) {
  if (id.index >= io_.num_commands()) return InvalidArgument("no such command");
  if (IsDone(id)) return true;
  const int64_t limit = clock_ + std::max<int64_t>(1, options_.poll_slice_cycles);
  polls_ = true;
  const Status run = RunTimed(id.index, limit);
  polls_ = false;
  RETURN_IF_ERROR(run);
  // Known to be done, but the host sees it only when the clock gets there.
  const io::CommandState& state = io_.state(id.index);
  const bool done = state.phase == io::CommandState::Phase::kDone && state.done_cycle <= limit;
  clock_ = std::max(clock_, done ? state.done_cycle : limit);
  io_.Forget(clock_);
  log_.FlushBefore(clock_);
  return done;
}

bool FabricSimulator::IsDone(CommandId id) const {
  if (id.index >= io_.num_commands()) return false;
  const io::CommandState& state = io_.state(id.index);
  return state.phase == io::CommandState::Phase::kDone && state.done_cycle <= clock_;
}

Status FabricSimulator::FinishCommands(int64_t bound) {
  for (;;) {
    // Streams of ports are done in any order.
    while (const std::optional<uint32_t> number = io_.OldestNotDone()) {
      RETURN_IF_ERROR(Wait(CommandId(*number)));
    }
    if (io_.all_done()) break;
    // Streams without an end, and what waits behind them.
    const int64_t limit = clock_ + std::max(bound, io_.MaxLatency());
    if (Status status = RunTimed(std::nullopt, limit); !status.ok()) {
      if (failure_.ok()) clock_ = std::max(clock_, std::min(fabric_cycle_, limit));
      return status;
    }
    const bool is_quiet = engine_->NextEventCycle() == pe::kNever;
    for (const uint32_t number : io_.InFlight()) {
      EndStream(number, is_quiet ? engine_->IdleSince() : limit);
      clock_ = std::max(clock_, io_.state(number).done_cycle);
    }
  }
  if (io_.num_commands() > 0) RETURN_IF_ERROR(Wait(CommandId(io_.num_commands() - 1)));
  return OkStatus();
}

Status FabricSimulator::Drain() {
  if (drained_) return OkStatus();
  const bool is_limited = options_.command_limit_cycles > 0;
  const int64_t bound = is_limited ? options_.command_limit_cycles : options_.drain_bound_cycles;
  RETURN_IF_ERROR(FinishCommands(bound));
  const int64_t limit = clock_ + bound;
  if (Status status = RunTimed(std::nullopt, limit); !status.ok()) {
    // Interrupted: what is submitted next cannot reach PEs in their past.
    if (failure_.ok()) clock_ = std::max(clock_, std::min(fabric_cycle_, limit));
    return status;
  }
  if (engine_->NextEventCycle() != pe::kNever) {
    clock_ = limit;
    const std::string report =
        fmt::format("the fabric did not come to rest in {} cycles after the last command{}\n{}",
                    bound, is_limited ? " (the limit set)" : "", ListPes());
    if (is_limited) return Fail(ResourceExhausted(report));
    LogLines(clock_, LogLevel::kWarning, report);
  } else {
    clock_ = std::max(clock_, engine_->IdleSince());
  }
  log_.Add(clock_, LogLevel::kInfo, LastLogLine(clock_, engine_->Totals().last_move_cycle));
  log_.FlushBefore(pe::kNever);
  drained_ = true;
  return OkStatus();
}

}  // namespace csl::fabric
