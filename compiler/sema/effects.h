// SPDX-License-Identifier: Apache-2.0
// Effects: which instructions may write memory that a value was read from.
//
// Aggregates are not copied when they are read: an operand designates the memory it came from. It
// is copied after all where something may write that memory before the operand is used, so that an
// operand has the value it had when it was evaluated.
#ifndef COMPILER_SEMA_EFFECTS_H_
#define COMPILER_SEMA_EFFECTS_H_

#include "compiler/sema/handler.h"

namespace csl::sema {

// The local at which a chain of members and elements starts; none: it starts elsewhere.
LocalId StartOfChain(const Frame& f, InstId at);

// Whether the instructions of `body` may write the memory that the value of instruction `source`
// (none: anything) was read from. Never says no wrongly.
bool MayChange(Frame& f, InstId source, lower::Body body);

// Copies the result of instruction i if the instructions of `behind` up to its user, which is among
// them, may change it.
void KeepUntilUsed(Frame& f, InstId i, lower::Body behind);

}  // namespace csl::sema

#endif  // COMPILER_SEMA_EFFECTS_H_
