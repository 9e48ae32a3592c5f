// SPDX-License-Identifier: Apache-2.0
// What must hold of the tasks of a program once all top-level blocks have run.
#ifndef COMPILER_SEMA_TASK_CHECKS_H_
#define COMPILER_SEMA_TASK_CHECKS_H_

#include "compiler/sema/analyzer.h"

namespace csl::sema {

// Keeps the list sorted by id, bindings of one id in the order they were made.
void AddTask(TileConfig& config, const TaskBinding& task);
// Whether a task, or the dispatcher of handlers, is bound to the local task id; reports it if not.
bool CheckActivated(Analyzer& a, uint16_t id, source::Span span, const Frame* user);
// Ids bound twice, handlers beside a task for the same id, activated ids without a task, tables
// that rotating tasks would share.
void CheckTasks(Analyzer& a);

}  // namespace csl::sema

#endif  // COMPILER_SEMA_TASK_CHECKS_H_
