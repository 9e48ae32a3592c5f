// SPDX-License-Identifier: Apache-2.0
// Where run-time values of a type lie in PE memory: sizes and alignments in bytes, little endian.
//
//   bool, integers up to 8 bits  1 byte
//   up to 16 bits, 16-bit floats, pointers, function pointers, machine ids, direction   2 bytes
//   up to 32 bits, f32           4 bytes, aligned to 4
//   wider integers               the next multiple of 4, aligned to 4
//   enum                         as its underlying type
//   array                        elements, row-major, aligned as one element
//   struct, union                C rules, in the order of the fields; a packed one as its backing
//   integer DSDs                         the descriptors of fabric/isa, aligned to 2
//
// The machine itself only needs 32-bit values at even 16-bit words; alignment to 4 keeps a 32-bit
// access in one pair of memory banks. Programs may rely on 2 where they reinterpret 16-bit data.
#ifndef COMPILER_TYPES_TYPE_LAYOUT_H_
#define COMPILER_TYPES_TYPE_LAYOUT_H_

#include <cstdint>

#include "compiler/types/type_store.h"

namespace csl::types {

// HasRuntimeBits(t) is required. Sizes are multiples of the alignment.
uint64_t SizeOf(const TypeStore& s, TypeId t);
uint32_t AlignOf(const TypeStore& s, TypeId t);

// Byte offset of a field of a struct or union that is not packed.
uint64_t FieldOffset(const TypeStore& s, TypeId t, uint32_t field);

// A packed struct or union is one integer of PackedBits bits; a field's bits start at
// PackedFieldBit.
uint32_t PackedBits(const TypeStore& s, TypeId t);
uint32_t PackedFieldBit(const TypeStore& s, TypeId t, uint32_t field);
// Of a field of that type.
uint32_t BitsInPacked(const TypeStore& s, TypeId t);

}  // namespace csl::types

#endif  // COMPILER_TYPES_TYPE_LAYOUT_H_
