// SPDX-License-Identifier: Apache-2.0
#include "compiler/sema/task_checks.h"

#include <algorithm>

namespace csl::sema {

using diagnostics::Kind;

namespace {

constexpr uint16_t kTeardownTaskId = 29;

// Control tasks may have a table of their own.
bool SharesTable(const TileConfig& config, TaskKind a, TaskKind b) {
  return !config.separate_control_table || (a == TaskKind::kControl) == (b == TaskKind::kControl);
}

void CheckIds(Analyzer& a) {
  const std::vector<TaskBinding>& tasks = a.config.tasks;
  for (size_t n = 0; n < tasks.size(); ++n) {
    for (size_t m = 0; m < n; ++m) {
      if (tasks[m].id != tasks[n].id || !SharesTable(a.config, tasks[m].kind, tasks[n].kind)) {
        continue;
      }
      a.Report(nullptr, tasks[n].span, Kind::kTaskAgain, {tasks[n].id})
          .Note(Kind::kNotePreviousHere, tasks[m].span);
      break;
    }
  }
}

void CheckHandlers(Analyzer& a) {
  if (a.config.handlers.empty()) return;
  for (const TaskBinding& task : a.config.tasks) {
    if (task.id != kTeardownTaskId || !SharesTable(a.config, task.kind, TaskKind::kLocal)) continue;
    a.Report(nullptr, task.span, Kind::kHandlerTaskId, {kTeardownTaskId});
  }
}

const image::InputQueue* FindQueue(const TileConfig& config, uint16_t number) {
  for (const image::InputQueue& queue : config.input_queues) {
    if (queue.queue == number) return &queue;
  }
  return nullptr;
}

// The alternative of a pair is control task 0 in the table of its queue.
void CheckRotating(Analyzer& a) {
  const std::vector<RotatingTasks>& pairs = a.config.rotating_tasks;
  if (pairs.size() < 2) return;
  const image::InputQueue* first = FindQueue(a.config, pairs[0].data_id);
  const image::InputQueue* second = FindQueue(a.config, pairs[1].data_id);
  const int first_table = first != nullptr ? first->control_table : 0;
  const int second_table = second != nullptr ? second->control_table : 0;
  if (first_table != second_table) return;
  a.Report(nullptr, pairs[1].span, Kind::kRotatingTables, {});
}

// On WSE-3 a data task is reached through its queue alone.
void CheckQueues(Analyzer& a) {
  if (a.context.options.arch != Arch::kWse3) return;
  for (const TaskBinding& task : a.config.tasks) {
    if (task.kind != TaskKind::kData || FindQueue(a.config, task.id) != nullptr) continue;
    a.Report(nullptr, task.span, Kind::kDataTaskWithoutQueue, {task.id});
  }
}

}  // namespace

void AddTask(TileConfig& config, const TaskBinding& task) {
  const auto at =
      std::upper_bound(config.tasks.begin(), config.tasks.end(), task,
                       [](const TaskBinding& x, const TaskBinding& y) { return x.id < y.id; });
  config.tasks.insert(at, task);
}

bool CheckActivated(Analyzer& a, uint16_t id, source::Span span, const Frame* user) {
  const bool is_bound =
      std::any_of(a.config.tasks.begin(), a.config.tasks.end(),
                  [&](const TaskBinding& t) { return t.id == id && t.kind == TaskKind::kLocal; });
  if (is_bound || (id == kTeardownTaskId && !a.config.handlers.empty())) return true;
  a.Report(user, span, Kind::kTaskNotBound, {id});
  return false;
}

void CheckTasks(Analyzer& a) {
  CheckIds(a);
  if (a.top_level_failed) return;
  CheckHandlers(a);
  for (const auto& [id, span] : a.activated_at) CheckActivated(a, id, span, nullptr);
  CheckRotating(a);
  CheckQueues(a);
}

}  // namespace csl::sema
