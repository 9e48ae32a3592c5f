// SPDX-License-Identifier: Apache-2.0
// Resources of a PE that belong to the system or, with --memcpy, to memcpy.
#ifndef COMPILER_SEMA_RESERVED_H_
#define COMPILER_SEMA_RESERVED_H_

#include "compiler/sema/frame.h"

namespace csl::sema {

enum class Resource : uint8_t { kLocalTask, kControlTask, kColor, kInputQueue, kOutputQueue };

// Warns where the program itself uses a resource that is not its own; the library may.
void WarnIfReserved(const Frame& f, Resource resource, uint64_t number, source::Span span);

}  // namespace csl::sema

#endif  // COMPILER_SEMA_RESERVED_H_
