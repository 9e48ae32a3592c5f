// SPDX-License-Identifier: Apache-2.0
// Queues for fabric inputs that name only a color (WSE-2).
#ifndef COMPILER_SEMA_QUEUE_CHOICE_H_
#define COMPILER_SEMA_QUEUE_CHOICE_H_

#include "compiler/sema/analyzer.h"

namespace csl::sema {

// Binds a free input queue, with a warning, to each color that some fabin_dsd reads and no queue is
// bound to. At run time such a DSD takes the queue of its color.
void ChooseInputQueues(Analyzer& a);

}  // namespace csl::sema

#endif  // COMPILER_SEMA_QUEUE_CHOICE_H_
