// SPDX-License-Identifier: Apache-2.0
// The initial bytes of a run-time variable from its comptime-known value.
#ifndef COMPILER_TYPES_ENCODE_H_
#define COMPILER_TYPES_ENCODE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "compiler/diagnostics/problem.h"
#include "compiler/types/type_store.h"
#include "compiler/types/value.h"

namespace csl::types {

using diagnostics::ProblemOr;

// The 16-bit word at `offset` is to hold an address or a function index; the bytes there hold zero.
struct ValueRelocation {
  uint32_t offset = 0;  // bytes from the start of the encoding
  // Address: symbol's + addend. The symbol is invalid for a function.
  SymbolId symbol;
  int32_t addend = 0;
  InstanceId instance;
  DeclId decl;
};

struct EncodedValue {
  std::vector<uint8_t> bytes;                // SizeOf(type) of them, little endian
  std::vector<ValueRelocation> relocations;  // ascending offsets
  bool all_zero() const;                     // no bit set and no relocation
};

// kNotSupportedYet for what cannot be encoded yet; HasRuntimeBits(v.type()) is required.
ProblemOr<EncodedValue> Encode(const TypeStore& s, const Value& v);

// The value that these bytes, at least SizeOf(t) of them, encode. kNotSupportedYet for types whose
// bytes do not say all, such as DSDs; of a union its first field.
ProblemOr<Value> Decode(const TypeStore& s, TypeId t, std::span<const uint8_t> bytes);

}  // namespace csl::types

#endif  // COMPILER_TYPES_ENCODE_H_
