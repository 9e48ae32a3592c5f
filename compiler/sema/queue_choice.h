// SPDX-License-Identifier: Apache-2.0
// Queues for fabric DSDs that name only a color.
#ifndef COMPILER_SEMA_QUEUE_CHOICE_H_
#define COMPILER_SEMA_QUEUE_CHOICE_H_

#include <optional>
#include <string_view>

#include "compiler/sema/analyzer.h"

namespace csl::sema {

// SDK 1.x, WSE-2: binds the queue of a fabin_dsd to the color beside it: of every one that the tile
// evaluates, and of the others in the files of the program whose queue and color have names at the
// top, where nothing else binds them. A queue that gets several colors so, or several queues of one
// color, are bound while operations run (fabric/image/shared_queues.h). A parameter whose initial
// value is a color that no route carries stands for none where the layout does not give it; nor
// does such a color count beside a queue that @initialize_queue binds. Branches of constants and
// variables that the tile does not take bind nothing. Then, in every language, binds the deepest
// free input queue, or else one that it shares with others, with a warning, to each color that some
// fabin_dsd reads and no queue is bound to. At run time such a DSD takes the queue of its color.
void ChooseInputQueues(Analyzer& a);

// WSE-2: the output queue of all fabout_dsds of a color that name none, so that what they send
// stays in order: that of the first one that names one, else the deepest that no other color has
// and the program does not name; where none is left, one that other colors were given. Colors that
// only run time knows (kNoId) have one queue together.
uint16_t OutputQueueForColor(Analyzer& a, uint16_t color);

// WSE-3: the number of the queue that the program has bound to the color, or of a free one, which
// is bound to it now (then not `is_bound`). nullopt if none is left: reported.
std::optional<uint16_t> QueueOfColor(Analyzer& a, bool is_output, uint16_t color, source::Span span,
                                     bool* is_bound);

// WSE-2, SDK 1.0: a known number as the queue with that number; anything else as it is. `fact` is
// noted for rewriting it. Poison if reported.
Operand QueueOfNumber(Frame& f, const Operand& o, bool is_input, source::Span span,
                      std::string_view fact);

}  // namespace csl::sema

#endif  // COMPILER_SEMA_QUEUE_CHOICE_H_
