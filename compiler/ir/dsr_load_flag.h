// SPDX-License-Identifier: Apache-2.0
// What dsr_load can say in its flags beside isa::DsrLoadFlag.
#ifndef COMPILER_IR_DSR_LOAD_FLAG_H_
#define COMPILER_IR_DSR_LOAD_FLAG_H_

#include <cstdint>

namespace csl::ir {

// Of a constant descriptor and a register that one operation owns: the register holds it when the
// program starts, and no instruction loads it.
inline constexpr int64_t kLoadBeforeStart = 4;
// The DSD is one of memory, whose registers ignore how operations end.
inline constexpr int64_t kLoadOfMemory = 8;
// Nothing needs what the register holds but the operation that the load was made for.
inline constexpr int64_t kLoadForOperation = 16;
// Flags that the machine does not know.
inline constexpr int64_t kCompilerLoadFlags = kLoadOfMemory | kLoadForOperation;

}  // namespace csl::ir

#endif  // COMPILER_IR_DSR_LOAD_FLAG_H_
