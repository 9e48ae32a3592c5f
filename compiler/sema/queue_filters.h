// SPDX-License-Identifier: Apache-2.0
// Which input queues filter: those whose color has a filter, given by the layout or by the program.
#ifndef COMPILER_SEMA_QUEUE_FILTERS_H_
#define COMPILER_SEMA_QUEUE_FILTERS_H_

#include <cstdint>
#include <map>

#include "compiler/layout/layout.h"
#include "compiler/sema/tile_config.h"
#include "compiler/source/location.h"

namespace csl::sema {

class QueueFilters {
 public:
  explicit QueueFilters(const layout::Layout& layout);

  // Sets image::InputQueue::filter_enable where the queue's color has a filter on some tile that
  // runs a program of the file. On a tile whose color has none the bit changes nothing.
  void Enable(source::FileId file, TileConfig* config) const;

 private:
  std::map<uint32_t, uint32_t> filtered_;  // by file: bit c: the layout gives color c a filter
};

}  // namespace csl::sema

#endif  // COMPILER_SEMA_QUEUE_FILTERS_H_
