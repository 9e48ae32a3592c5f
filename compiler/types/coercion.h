// SPDX-License-Identifier: Apache-2.0
// Implicit conversions: whether a value of one type may become another without a cast, and how.
#ifndef COMPILER_TYPES_COERCION_H_
#define COMPILER_TYPES_COERCION_H_

#include <span>
#include <string>

#include "compiler/diagnostics/problem.h"
#include "compiler/types/type_store.h"
#include "compiler/types/value.h"

namespace csl::types {

using diagnostics::Problem;
using diagnostics::ProblemOr;

// What the caller does at run time to a value whose content it does not know.
enum class Conversion : uint8_t {
  kImpossible,
  kNone,        // same type
  kSignExtend,  // iN -> wider iM
  kZeroExtend,  // uN -> wider uM or iM
  kFloatWiden,  // enabled 16-bit float -> f32
  kPointer,     // another pointer type, same bits (const added, element of array, anyopaque, *T ->
                // *[1]T)
  kFunctionPointer,  // function value -> *const fn; the value itself must be known
  kFields,  // struct or tuple, field by field: ClassifyCoercion per field, matched by name (tuples:
            // place)
  kNever,   // from noreturn: nothing to do
};

struct Coercion {
  Conversion conversion = Conversion::kImpossible;
  // kImpossible: why, to follow "cannot convert ...: "; may be empty when the types say it all.
  std::string reason;
  bool ok() const { return conversion != Conversion::kImpossible; }
};

// For a value known only by its type.
Coercion ClassifyCoercion(const TypeStore& s, TypeId from, TypeId to);

enum class CoercionNote : uint8_t {
  kNone,
  kIntegralFloat,  // a comptime_float without fraction became an integer: deserves a warning
};

struct CoercedValue {
  Value value;
  CoercionNote note = CoercionNote::kNone;
};

// For a comptime-known value; knows more than ClassifyCoercion: any known integer fits where its
// number fits, comptime numbers become fixed ones. A problem, such as "300 does not
// fit in u8", when it cannot be.
ProblemOr<CoercedValue> CoerceValue(const TypeStore& s, const Value& v, TypeId to);

// One operand or branch for peer type resolution: its type, and its value when that is
// comptime-known.
struct Peer {
  TypeId type;
  const Value* known = nullptr;
};

// The type that all peers coerce to, or kNoCommonType naming the first two that do not agree.
// Comptime-only results (all peers comptime numbers) are possible: with a run-time condition that
// is the caller's error.
ProblemOr<TypeId> ResolvePeers(TypeStore& s, std::span<const Peer> peers);

// The value of a type without an initialiser: all bits zero (for a DSD: no descriptor at all, form
// kImmediate), strings empty. An invalid Value for types that have no such value (functions,
// modules, `type`, ranges, DSR ids, pointers to comptime).
Value ZeroValue(const TypeStore& s, TypeId t);

}  // namespace csl::types

#endif  // COMPILER_TYPES_COERCION_H_
