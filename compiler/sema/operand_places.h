// SPDX-License-Identifier: Apache-2.0
// Which kinds of DSDs the operands of a vector operation may be, each in its place.
#ifndef COMPILER_SEMA_OPERAND_PLACES_H_
#define COMPILER_SEMA_OPERAND_PLACES_H_

#include <span>

#include "compiler/sema/handler.h"

namespace csl::sema {

// Reports fabric DSDs used against their direction, and FIFOs and fabric inputs in places or
// numbers that the operation cannot serve. `operands` begin with the destination; `sources` is how
// many sources the operation has, scalars among them. False if reported.
bool CheckOperandPlaces(Frame& f, const BuiltinCall& call, std::span<const Operand> operands,
                        int sources);

}  // namespace csl::sema

#endif  // COMPILER_SEMA_OPERAND_PLACES_H_
