// SPDX-License-Identifier: Apache-2.0
// Questions about types: what they are for, whether they can exist at run time, what may be
// exported.
#ifndef COMPILER_TYPES_PREDICATES_H_
#define COMPILER_TYPES_PREDICATES_H_

#include <optional>

#include "compiler/types/type_store.h"

namespace csl::types {

inline bool IsInt(const TypeStore& s, TypeId t) { return s.kind(t) == Kind::kInt; }
bool IsAnyInt(const TypeStore& s, TypeId t);      // fixed width or comptime_int
bool IsFixedFloat(const TypeStore& s, TypeId t);  // f16 bf16 cb16 f32
bool IsFloat16(const TypeStore& s, TypeId t);     // f16 bf16 cb16
bool IsAnyFloat(const TypeStore& s, TypeId t);    // fixed or comptime_float
bool IsNumeric(const TypeStore& s, TypeId t);     // IsAnyInt or IsAnyFloat
bool IsSigned(const TypeStore& s, TypeId t);      // iN, comptime_int, floats
bool IsMachineId(const TypeStore& s, TypeId t);   // color, task ids, queues, ut_id
bool IsDsd(const TypeStore& s, TypeId t);
bool IsMemoryDsd(const TypeStore& s, TypeId t);  // mem1d, mem4d, circbuf
bool IsFabricDsd(const TypeStore& s, TypeId t);  // fabin, fabout
bool IsDsr(const TypeStore& s, TypeId t);        // dsr_*; not xdsr, sr
bool IsFnPointer(const TypeStore& s, TypeId t);  // *const fn

// Bits of a number, bool, enum, pointer or machine id (@bitcast); nullopt for other types.
std::optional<uint32_t> ScalarBits(const TypeStore& s, TypeId t);

// True when a value of the type cannot exist at run time: comptime numbers and strings, `type`,
// modules, functions, DSR ids, 16-bit floats other than TypeStore::fp16, FIFO DSDs, and whatever
// contains or points to one (pointers to functions excepted). void and noreturn are not
// comptime-only: they have no bits.
bool IsComptimeOnly(const TypeStore& s, TypeId t);

// A type whose values occupy memory or a register.
bool HasRuntimeBits(const TypeStore& s, TypeId t);

// 16 or 32 bits: what task parameters and DSD operations take. Integers, enabled floats, pointers,
// machine ids, enums.
bool IsAbiSized(const TypeStore& s, TypeId t);

// What `export` and `extern` variables, and fields of extern structs, may have as type.
bool IsExportCompatible(const TypeStore& s, TypeId t);

// What @export_name allows: run-time types but no arrays, structs or enums; functions of at most 15
// such parameters.
bool IsHostVisible(const TypeStore& s, TypeId t);

}  // namespace csl::types

#endif  // COMPILER_TYPES_PREDICATES_H_
