// SPDX-License-Identifier: Apache-2.0
// Programs in IR that nobody wrote: all operations on numbers of many widths, branches, loops,
// calls, variables in frame and memory. They end after few steps whatever they compute.
#ifndef TESTS_OPTIMISER_RANDOM_MODULE_H_
#define TESTS_OPTIMISER_RANDOM_MODULE_H_

#include <cstdint>

#include "compiler/ir/ir.h"

namespace csl::optimiser {

// What its function &main(i32, i16) leaves in its globals is its result. One seed, one program.
ir::Module RandomModule(uint64_t seed);

}  // namespace csl::optimiser

#endif  // TESTS_OPTIMISER_RANDOM_MODULE_H_
