// SPDX-License-Identifier: Apache-2.0
#include "runtime/debug/run_debugger.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace csl::runtime {
namespace {

constexpr int kNumTaskIds = 64;

std::string PeText(const RunDebugger::Pe& pe) { return fmt::format("P{}.{}", pe.first, pe.second); }

std::string BytesText(const std::vector<uint8_t>& bytes) {
  std::string text;
  for (const uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

// Without the column.
std::string LineOf(const std::string& location) { return location.substr(0, location.rfind(':')); }

}  // namespace

StatusOr<int> RunDebugger::Add(Breakpoint breakpoint) {
  if (breakpoint.pe) {
    RETURN_IF_ERROR(info_.ImageAt(breakpoint.pe->first, breakpoint.pe->second).status());
    breakpoint.what += " on " + PeText(*breakpoint.pe);
  }
  const int number = next_number_++;
  breakpoints_[number] = std::move(breakpoint);
  return number;
}

StatusOr<int> RunDebugger::BreakAtLine(const std::string& file, uint32_t line,
                                       std::optional<Pe> pe) {
  ASSIGN_OR_RETURN(const uint32_t resolved, info_.ResolveLine(file, line));
  Breakpoint breakpoint;
  breakpoint.what = fmt::format("line {}:{}", file, resolved);
  breakpoint.file = file;
  breakpoint.line = resolved;
  breakpoint.pe = pe;
  return Add(std::move(breakpoint));
}

StatusOr<int> RunDebugger::BreakAtTask(const std::string& task, std::optional<Pe> pe) {
  Breakpoint breakpoint;
  breakpoint.what = "task " + task;
  breakpoint.pe = pe;
  int id = 0;
  const auto [end, error] = std::from_chars(task.data(), task.data() + task.size(), id);
  if (error == std::errc() && end == task.data() + task.size()) {
    if (id < 0 || id >= kNumTaskIds) {
      return InvalidArgument(fmt::format("task {}: ids are 0 to {}", task, kNumTaskIds - 1));
    }
    breakpoint.task = id;
    return Add(std::move(breakpoint));
  }
  breakpoint.function = task;
  for (const image::ProgramImage& image : info_.text().images()) {
    const bool has = std::any_of(image.functions.begin(), image.functions.end(),
                                 [&](const image::Function& f) { return f.name == task; });
    if (has) return Add(std::move(breakpoint));
  }
  const image::Extent2 offset = info_.manifest().offset;
  return info_.Function(offset.width, offset.height, task).status();
}

StatusOr<int> RunDebugger::Watch(Pe pe, const std::string& variable) {
  RETURN_IF_ERROR(info_.Variable(pe.first, pe.second, variable).status());
  Breakpoint watch;
  watch.what = "watch " + variable;
  watch.pe = pe;
  watch.is_watch = true;
  watch.variable = variable;
  return Add(std::move(watch));
}

bool RunDebugger::Delete(int number) { return breakpoints_.erase(number) != 0; }

std::vector<std::string> RunDebugger::List() const {
  std::vector<std::string> list;
  for (const auto& [number, b] : breakpoints_) {
    list.push_back(
        fmt::format("{}: {}, {} {}", number, b.what, b.hits, b.hits == 1 ? "stop" : "stops"));
  }
  return list;
}

void RunDebugger::Step(Pe pe, bool whole_line) {
  step_ = pe;
  step_line_ = whole_line;
  const auto place = places_.find(pe);
  step_from_ = place == places_.end()
                   ? ""
                   : LineOf(info_.text().Location(pe.first, pe.second, place->second.position));
}

bool RunDebugger::IsHit(const Breakpoint& b, const fabric::DebugPe& pe, bool is_new) const {
  if (b.is_watch || (b.pe && *b.pe != Pe{pe.x, pe.y})) return false;
  if (b.line == 0) {
    if (!pe.task_starts) return false;
    if (b.task) return pe.task == *b.task;
    return info_.text().Function(pe.x, pe.y, pe.function) == b.function;
  }
  if (!is_new) return false;
  const image::ProgramImage* image = info_.text().ImageAt(pe.x, pe.y);
  if (image == nullptr) return false;
  const std::vector<uint32_t> starts = ProgramInfo::LineStarts(*image, b.file, b.line);
  return std::find(starts.begin(), starts.end(), pe.position) != starts.end();
}

std::string RunDebugger::PlaceText(const fabric::DebugPe& pe) const {
  return fmt::format("at {}", info_.text().Location(pe.x, pe.y, pe.position));
}

std::optional<RunDebugger::Stop> RunDebugger::CheckPe(const fabric::DebugPe& pe, int64_t cycle) {
  const Pe at = {pe.x, pe.y};
  const Place place = {pe.position, pe.issue_cycle};
  const bool is_new = pe.computes && places_[at] != place;
  if (pe.computes) places_[at] = place;
  for (auto& [number, b] : breakpoints_) {
    if (!IsHit(b, pe, is_new)) continue;
    ++b.hits;
    return Stop{cycle, at, fmt::format("breakpoint {}, {}, {}", number, b.what, PlaceText(pe))};
  }
  if (step_ != at || !is_new) return std::nullopt;
  const std::string line = LineOf(info_.text().Location(pe.x, pe.y, pe.position));
  if (step_line_ && line == step_from_ && !pe.task_starts) return std::nullopt;
  return Stop{cycle, at, PlaceText(pe)};
}

std::optional<RunDebugger::Stop> RunDebugger::CheckWatch(int number, Breakpoint* watch,
                                                         const DebugTarget& target, int64_t cycle) {
  const auto [x, y] = *watch->pe;
  const auto symbol = info_.Variable(x, y, watch->variable);
  if (!symbol.ok()) return std::nullopt;
  auto bytes = target.PeekMemory(x, y, (*symbol)->value, (*symbol)->size_bytes);
  if (!bytes.ok() || *bytes == watch->value) return std::nullopt;
  const bool first = watch->value.empty();
  const std::vector<uint8_t> before = std::exchange(watch->value, *std::move(bytes));
  if (first) return std::nullopt;
  ++watch->hits;
  size_t at = 0;
  while (at < before.size() && before[at] == watch->value[at]) ++at;
  constexpr size_t kShown = 4;
  const size_t from = at / kShown * kShown;
  const size_t count = std::min(kShown, before.size() - from);
  const auto part = [&](const std::vector<uint8_t>& all) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(from);
    return BytesText({begin, begin + static_cast<std::ptrdiff_t>(count)});
  };
  return Stop{cycle, *watch->pe,
              fmt::format("watch {}, {}: byte {} on was {} and is {}", number, watch->variable,
                          from, part(before), part(watch->value))};
}

Status RunDebugger::Ask(const Stop& stop, const DebugTarget& target) {
  step_.reset();
  until_.reset();
  at_once_ = false;
  // Watches that are new begin with what is there now.
  RETURN_IF_ERROR(prompt_(stop, target));
  for (auto& [number, b] : breakpoints_) {
    if (b.is_watch && b.value.empty()) (void)CheckWatch(number, &b, target, stop.cycle);
  }
  return OkStatus();
}

Status RunDebugger::Visit(const DebugTarget& target, const fabric::DebugView& view) {
  const image::Extent2 offset = info_.manifest().offset;
  if (!view.failure.empty()) {
    const std::string line = view.failure.substr(0, view.failure.find('\n'));
    return Ask({view.cycle, {offset.width, offset.height}, line}, target);
  }
  if (at_once_) {
    RETURN_IF_ERROR(Ask({view.cycle, {offset.width, offset.height}, "the run begins"}, target));
  }
  std::optional<Stop> stop;
  for (const fabric::DebugPe& pe : view.pes) {
    std::optional<Stop> found = CheckPe(pe, view.cycle);
    if (!stop) stop = std::move(found);
  }
  for (auto& [number, b] : breakpoints_) {
    if (!b.is_watch) continue;
    std::optional<Stop> found = CheckWatch(number, &b, target, view.cycle);
    if (!stop) stop = std::move(found);
  }
  if (!stop && until_ && view.cycle >= *until_) {
    stop = Stop{view.cycle, {offset.width, offset.height}, "that cycle is reached"};
  }
  return stop ? Ask(*stop, target) : OkStatus();
}

}  // namespace csl::runtime
