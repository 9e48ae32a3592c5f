// SPDX-License-Identifier: Apache-2.0
// What IR operations mean, written plainly on 128-bit integers: no code shared with the passes. The
// rounding of floats is fabric/isa/arith's, which has an oracle of its own.
#ifndef TESTS_OPTIMISER_REFERENCE_ARITHMETIC_H_
#define TESTS_OPTIMISER_REFERENCE_ARITHMETIC_H_

#include "compiler/ir/ir.h"

namespace csl::optimiser {

using Word = unsigned __int128;  // bits of a value, zero above its width

Word Masked(Word bits, uint32_t width);

// `count` has the width of its own type; both operands are masked.
Word IntegerOperation(ir::Op op, Word a, Word b, uint32_t width);
bool IntegerComparison(ir::Op op, Word a, Word b, uint32_t width);
Word FloatOperation(ir::Op op, Word a, Word b, ir::Type type, isa::Fp16Format format);
Word Conversion(ir::Op op, Word a, ir::Type from, ir::Type to, isa::Fp16Format format);

}  // namespace csl::optimiser

#endif  // TESTS_OPTIMISER_REFERENCE_ARITHMETIC_H_
