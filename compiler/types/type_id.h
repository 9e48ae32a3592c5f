// SPDX-License-Identifier: Apache-2.0
// TypeId, the kinds of types, and the constant ids of the types without parts.
#ifndef COMPILER_TYPES_TYPE_ID_H_
#define COMPILER_TYPES_TYPE_ID_H_

#include <cstdint>

#include "base/strong_id.h"

namespace csl::types {

struct TypeTag;
// Names one type of a TypeStore. Two ids of one store are equal iff the types are the same type.
using TypeId = StrongId<TypeTag>;

enum class Kind : uint8_t {
  kVoid,
  kBool,
  kComptimeInt,
  kComptimeFloat,
  kComptimeString,
  kComptimeStruct,
  kType,
  kF16,
  kBf16,
  kCb16,
  kF32,
  kAnyopaque,
  kImportedModule,
  kDirection,
  kColor,
  kDataTaskId,
  kLocalTaskId,
  kControlTaskId,
  kInputQueue,
  kOutputQueue,
  kUtId,
  kMem1dDsd,
  kMem4dDsd,
  kCircbufDsd,
  kFabinDsd,
  kFaboutDsd,
  kFifoDsd,
  kDsrDest,
  kDsrSrc0,
  kDsrSrc1,
  kDsrFifoDest,
  kDsrFifoSrc1,
  kXdsr,
  kSr,
  kNoreturn,
  kAnytype,
#define COMPOSITE_KIND(Kind) Kind,
#include "compiler/types/type_kinds.def"
};

namespace internal {
enum SimpleIndex : uint32_t {
#define SIMPLE_TYPE(Name, spelling, Kind) k##Name##Index,
#include "compiler/types/type_kinds.def"
  kSimpleCount
};
}  // namespace internal

// kVoidType, kBoolType, kF32Type, kI16Type ...: the same in every store.
#define SIMPLE_TYPE(Name, spelling, Kind) \
  inline constexpr TypeId k##Name##Type = TypeId(internal::k##Name##Index);
#include "compiler/types/type_kinds.def"

}  // namespace csl::types

#endif  // COMPILER_TYPES_TYPE_ID_H_
