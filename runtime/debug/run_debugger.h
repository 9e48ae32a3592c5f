// SPDX-License-Identifier: Apache-2.0
// RunDebugger: breakpoints, steps and watches of a run.
//
// The simulator shows it every cycle in which something happened (DebugView); where a condition
// holds it asks its prompt, during which time stands still. It never changes what the program does.
//
// Used from the thread that runs the program.
#ifndef RUNTIME_DEBUG_RUN_DEBUGGER_H_
#define RUNTIME_DEBUG_RUN_DEBUGGER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "fabric/sim/simulator.h"
#include "runtime/debug/program_info.h"
#include "runtime/device/device.h"

namespace csl::runtime {

class RunDebugger {
 public:
  using Pe = std::pair<int, int>;  // by coordinates of the fabric

  // Why the run stands still.
  struct Stop {
    int64_t cycle = 0;
    Pe pe = {0, 0};
    std::string reason;
  };
  // Asked where the run stands; an error ends it.
  using Prompt = std::function<Status(const Stop& stop, const DebugTarget& target)>;

  RunDebugger(std::shared_ptr<ProgramInfo> info, Prompt prompt)
      : shared_info_(std::move(info)), info_(*shared_info_), prompt_(std::move(prompt)) {}

  const std::shared_ptr<ProgramInfo>& info() const { return shared_info_; }

  // ---- What ends the next stretch of the run. Numbers name breakpoints and watches.

  // `pe`: that one alone.
  StatusOr<int> BreakAtLine(const std::string& file, uint32_t line, std::optional<Pe> pe);
  // A function that a task runs, by name, or the id of a task.
  StatusOr<int> BreakAtTask(const std::string& task, std::optional<Pe> pe);
  // The bytes of a variable change.
  StatusOr<int> Watch(Pe pe, const std::string& variable);
  bool Delete(int number);
  // "1: task start (hit 2 times)" and so on.
  std::vector<std::string> List() const;

  // Once: the PE is about to execute its next instruction, or its next source line.
  void Step(Pe pe, bool whole_line);
  // Once: that cycle is over.
  void Until(int64_t cycle) { until_ = cycle; }
  // The first stop is before the first cycle.
  void StopAtOnce() { at_once_ = true; }

  // Called by the simulator.
  Status Visit(const DebugTarget& target, const fabric::DebugView& view);

 private:
  struct Breakpoint {
    std::string what;
    std::optional<Pe> pe;
    std::string file;  // a line
    uint32_t line = 0;
    std::optional<int> task;  // a task
    std::string function;
    bool is_watch = false;
    std::string variable;
    std::vector<uint8_t> value;
    int hits = 0;
  };
  // Where a PE's main thread stands: before the instruction that issues in that cycle.
  struct Place {
    uint32_t position = 0;
    int64_t issue_cycle = -1;
    friend bool operator==(const Place&, const Place&) = default;
  };

  StatusOr<int> Add(Breakpoint breakpoint);
  bool IsHit(const Breakpoint& breakpoint, const fabric::DebugPe& pe, bool is_new) const;
  std::optional<Stop> CheckWatch(int number, Breakpoint* watch, const DebugTarget& target,
                                 int64_t cycle);
  std::optional<Stop> CheckPe(const fabric::DebugPe& pe, int64_t cycle);
  std::string PlaceText(const fabric::DebugPe& pe) const;
  Status Ask(const Stop& stop, const DebugTarget& target);

  const std::shared_ptr<ProgramInfo> shared_info_;
  const ProgramInfo& info_;
  const Prompt prompt_;
  std::map<int, Breakpoint> breakpoints_;
  int next_number_ = 1;
  std::map<Pe, Place> places_;
  bool at_once_ = false;
  std::optional<int64_t> until_;
  std::optional<Pe> step_;
  bool step_line_ = false;
  std::string step_from_;  // the line
};

}  // namespace csl::runtime

#endif  // RUNTIME_DEBUG_RUN_DEBUGGER_H_
