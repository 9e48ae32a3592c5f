// SPDX-License-Identifier: Apache-2.0
// Which input queues filter. Both the layout and the tile's program may give a color its filter, in
// any order, so this is known only when all have been evaluated.
#ifndef COMPILER_SEMA_QUEUE_FILTERS_H_
#define COMPILER_SEMA_QUEUE_FILTERS_H_

#include "compiler/sema/sema.h"

namespace csl::sema {

// Sets image::InputQueue::filter_enable where the queue's color has a filter on a tile that runs
// the program. On a tile whose color has none the bit changes nothing.
void EnableFilters(const layout::Layout& layout, TilePrograms* tiles);

}  // namespace csl::sema

#endif  // COMPILER_SEMA_QUEUE_FILTERS_H_
