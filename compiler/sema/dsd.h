// SPDX-License-Identifier: Apache-2.0
// What the builtins about DSDs share.
#ifndef COMPILER_SEMA_DSD_H_
#define COMPILER_SEMA_DSD_H_

#include "compiler/sema/handler.h"

namespace csl::sema {

// Size of what a pointer's tensor is made of: an array's element, else the pointee.
uint32_t ElementBytes(const types::TypeStore& s, types::TypeId pointer);

// pointer + count (i16) elements, known or emitted.
Operand AdvancePointer(Frame& f, const Operand& pointer, const Operand& count,
                       uint32_t element_bytes, source::Span span);

// @get_dsd(fabin_dsd or fabout_dsd, ...).
Operand FabricDsd(Frame& f, const BuiltinCall& call, types::TypeId type);

// The register that an operand of a DSR type names; nullopt if reported. `is_dest`: as a
// destination.
std::optional<ir::DsrRef> DsrOf(Frame& f, const Operand& o, bool is_dest, source::Span span);

// @get_dsd(circbuf_dsd, ...).
Operand CircularDsd(Frame& f, const BuiltinCall& call);

}  // namespace csl::sema

#endif  // COMPILER_SEMA_DSD_H_
