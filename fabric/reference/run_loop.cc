// SPDX-License-Identifier: Apache-2.0
// How time advances.
#include <fmt/format.h>

#include <algorithm>

#include "fabric/isa/arith/float_mode.h"
#include "fabric/reference/reference_simulator.h"

namespace csl::fabric::reference {

void ReferenceSimulator::LogLines(int64_t cycle, LogLevel level, std::string_view text) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    log_.Add(cycle, level, std::string(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

Status ReferenceSimulator::Fail(Status status) {
  failure_ = std::move(status);
  log_.FlushBefore(clock_ + 1);  // what PEs said comes first
  LogLines(clock_, LogLevel::kError, failure_.message());
  log_.FlushBefore(kNever);
  return failure_;
}

bool ReferenceSimulator::InterruptRequested() {
  const WallClock::time_point now = WallClock::now();
  if (options_.check_interrupt && now - last_interrupt_check_ >= std::chrono::milliseconds(100)) {
    last_interrupt_check_ = now;
    if (options_.check_interrupt()) interrupted_ = true;
  }
  return interrupted_.exchange(false);
}

int64_t ReferenceSimulator::NextEvent() const {
  return machine_.CanDoSomething(now_) ? now_ : io_.NextArrival(now_);
}

bool ReferenceSimulator::StartCommand(int64_t next_event) {
  const std::optional<uint32_t> number = io_.TryStart(next_event);
  if (!number) return false;
  log_.Add(io_.state(*number).start_cycle, LogLevel::kInfo, CommandName(*number) + ": issued");
  return true;
}

// Warnings and limits of the commands under way.
void ReferenceSimulator::CheckPatience(int64_t next_event) {
  for (const uint32_t number : io_.InFlight()) {
    if (!io_.IsEndless(number)) CheckPatience(number, next_event);
  }
}

void ReferenceSimulator::CheckPatience(uint32_t number, int64_t next_event) {
  const int64_t start = io_.state(number).start_cycle;
  const int64_t least = io_.MinLatency();
  if (options_.warn_after_cycles > 0 && warned_.count(number) == 0) {
    const int64_t wait = std::max(least, options_.warn_after_cycles);
    const int64_t warn_cycle = std::max(start, io_.last_progress()) + wait;
    if (next_event >= warn_cycle) {
      warned_.insert(number);
      LogLines(warn_cycle, LogLevel::kWarning,
               fmt::format("{} has run for {} cycles, the last {} without progress, and is not "
                           "done\n{}",
                           CommandName(number), warn_cycle - start, wait, ListPes()));
    }
  }
  const int64_t limit = start + std::max(least, options_.command_limit_cycles);
  if (options_.command_limit_cycles > 0 && next_event >= limit && failure_.ok()) {
    clock_ = std::max(clock_, limit);
    failure_ = ResourceExhausted(fmt::format("{} is not done after {} cycles (the limit set)\n{}",
                                             CommandName(number), options_.command_limit_cycles,
                                             ListPes()));
  }
}

void ReferenceSimulator::Step() {
  io_.Step(now_);
  machine_.Step(now_);
  ++now_;
  for (const uint32_t number : io_.TakeDone()) {
    log_.Add(io_.state(number).done_cycle, LogLevel::kInfo, CommandName(number) + ": done");
  }
  if (options_.log_sink) log_.Take(&machine_.shared().log);
  machine_.shared().log.clear();
}

Status ReferenceSimulator::Run(std::optional<uint32_t> target, int64_t limit) {
  const isa::arith::ScopedFloatMode float_mode;
  const int64_t latency = io_.MinLatency();
  const int64_t period =
      FaultPeriodCycles(int64_t{manifest_.rectangle.width} * manifest_.rectangle.height);
  for (;;) {
    int64_t stop = limit;
    const bool target_done =
        target.has_value() && io_.state(*target).phase == CommandState::Phase::kDone;
    if (target_done) stop = std::min(stop, io_.state(*target).done_cycle + latency);
    const std::optional<uint32_t> fault = machine_.FirstFault();
    const int64_t fault_cycle = fault.has_value() ? machine_.ce(*fault).fault_cycle : kNever;
    if (fault.has_value()) stop = std::min(stop, fault_cycle - fault_cycle % period + period);

    const int64_t next = NextEvent();
    // Nothing more happens before this cycle.
    int64_t known = next == kNever ? next : std::min(next, stop);
    known = std::min(known, fault_cycle);
    if (StartCommand(known)) continue;
    if (!fault.has_value() && next != kNever) CheckPatience(known);
    if (!failure_.ok()) return Fail(failure_);
    if (next == kNever && !fault.has_value() && target.has_value()) {
      if (const std::optional<uint32_t> endless = io_.EndlessBefore(*target)) {
        EndPort(*endless, machine_.shared().idle_since);
        continue;
      }
    }
    if (next == kNever || next >= stop) {
      if (next != kNever) now_ = std::max(now_, std::min(next, stop));
      return EndOfRun(next == kNever, target, target_done);
    }
    int64_t settled = std::min(next, fault_cycle);
    if (target_done) settled = std::min(settled, io_.state(*target).done_cycle);
    log_.FlushBefore(settled);
    if (InterruptRequested()) return Aborted("interrupted");
    // Warnings and limits are looked at in their own cycle.
    now_ = next;
    Step();
  }
}

void ReferenceSimulator::PassWordsOn() {
  for (auto& [number, sink] : sinks_) {
    const std::vector<uint32_t> words = io_.TakeWords(number);
    if (!words.empty()) sink(words);
  }
}

void ReferenceSimulator::EndPort(uint32_t number, int64_t cycle) {
  PassWordsOn();
  sinks_.erase(number);
  io_.EndPort(number, cycle);
  log_.Add(io_.state(number).done_cycle, LogLevel::kInfo, CommandName(number) + ": done");
}

// A port that waits may be served by what the host submits after a poll.
bool ReferenceSimulator::HostMayHelp() {
  if (!polls_) return false;
  if (++polls_without_use_ > kMaxQuietPolls) return false;
  for (const uint32_t number : io_.InFlight()) {
    if (io_.command(number).port >= 0 && !io_.IsEndless(number)) return true;
  }
  return false;
}

Status ReferenceSimulator::EndOfRun(bool quiet, std::optional<uint32_t> target, bool target_done) {
  const std::optional<uint32_t> fault = machine_.FirstFault();
  if (fault.has_value()) {
    clock_ = std::max(clock_, machine_.ce(*fault).fault_cycle);
    return Fail(Aborted(FaultMessage(*fault)));
  }
  if (quiet && target.has_value() && !target_done && !HostMayHelp()) {
    clock_ = std::max(clock_, machine_.shared().idle_since);
    return Fail(FailedPrecondition(StuckReport()));
  }
  return OkStatus();
}

Status ReferenceSimulator::RunTimed(std::optional<uint32_t> target, int64_t limit) {
  if (!failure_.ok()) return failure_;
  const WallClock::time_point begin = WallClock::now();
  Status status = Run(target, limit);
  PassWordsOn();
  sim_time_ += WallClock::now() - begin;
  return status;
}

Status ReferenceSimulator::Wait(CommandId id) {
  if (id.index >= io_.num_commands()) return InvalidArgument("no such command");
  RETURN_IF_ERROR(RunTimed(id.index, kNever));
  clock_ = std::max(clock_, io_.state(id.index).done_cycle);
  log_.FlushBefore(clock_);
  return OkStatus();
}

StatusOr<bool> ReferenceSimulator::Poll(CommandId id) {
  if (id.index >= io_.num_commands()) return InvalidArgument("no such command");
  if (IsDone(id)) return true;
  const int64_t limit = clock_ + std::max<int64_t>(1, options_.poll_slice_cycles);
  polls_ = true;
  const Status run = RunTimed(id.index, limit);
  polls_ = false;
  RETURN_IF_ERROR(run);
  // Known to be done, but the host sees it only when the clock gets there.
  const CommandState& state = io_.state(id.index);
  const bool done = state.phase == CommandState::Phase::kDone && state.done_cycle <= limit;
  clock_ = std::max(clock_, done ? state.done_cycle : limit);
  log_.FlushBefore(clock_);
  return done;
}

bool ReferenceSimulator::IsDone(CommandId id) const {
  if (id.index >= io_.num_commands()) return false;
  const CommandState& state = io_.state(id.index);
  return state.phase == CommandState::Phase::kDone && state.done_cycle <= clock_;
}

Status ReferenceSimulator::FinishCommands(int64_t bound) {
  while (!io_.all_done()) {
    if (const std::optional<uint32_t> number = io_.OldestNotDone()) {
      RETURN_IF_ERROR(Wait(CommandId(*number)));
      continue;
    }
    // Only receives without an end are left, or hold up what is left.
    const int64_t limit = std::max(clock_ + bound, io_.LastArrival(clock_));
    RETURN_IF_ERROR(RunTimed(std::nullopt, limit));
    const int64_t end = NextEvent() == kNever ? machine_.shared().idle_since : limit;
    for (const uint32_t number : io_.InFlight()) {
      EndPort(number, end);
      clock_ = std::max(clock_, io_.state(number).done_cycle);
    }
  }
  if (io_.num_commands() > 0) RETURN_IF_ERROR(Wait(CommandId(io_.num_commands() - 1)));
  return OkStatus();
}

Status ReferenceSimulator::Drain() {
  if (drained_) return OkStatus();
  const bool is_limited = options_.command_limit_cycles > 0;
  const int64_t bound = is_limited ? options_.command_limit_cycles : options_.drain_bound_cycles;
  RETURN_IF_ERROR(FinishCommands(bound));
  const int64_t limit = clock_ + bound;
  RETURN_IF_ERROR(RunTimed(std::nullopt, limit));
  if (NextEvent() != kNever) {
    clock_ = limit;
    const std::string report =
        fmt::format("the fabric did not come to rest in {} cycles after the last command{}\n{}",
                    bound, is_limited ? " (the limit set)" : "", ListPes());
    if (is_limited) return Fail(ResourceExhausted(report));
    LogLines(clock_, LogLevel::kWarning, report);
  } else {
    clock_ = std::max(clock_, machine_.shared().idle_since);
  }
  log_.Add(clock_, LogLevel::kInfo, LastLogLine(clock_, machine_.shared().last_move_cycle));
  log_.FlushBefore(kNever);
  drained_ = true;
  return OkStatus();
}

}  // namespace csl::fabric::reference
