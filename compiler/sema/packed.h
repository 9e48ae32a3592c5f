// SPDX-License-Identifier: Apache-2.0
// Fields of packed structs and unions at run time.
#ifndef COMPILER_SEMA_PACKED_H_
#define COMPILER_SEMA_PACKED_H_

#include "compiler/sema/handler.h"

namespace csl::sema {

// `p.is_bits()`: a field of the packed type that p's address designates.
Operand LoadBits(Frame& f, const Place& p);
void StoreBits(Frame& f, const Place& p, const Operand& o, source::Span span);

// A packed struct in parts (kFields) to memory.
void StorePackedFields(Frame& f, ir::ValueId address, int32_t offset, const Operand& o,
                       source::Span span);

}  // namespace csl::sema

#endif  // COMPILER_SEMA_PACKED_H_
