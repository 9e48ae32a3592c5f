// SPDX-License-Identifier: Apache-2.0
// Resources of a PE that belong to the system or, with --memcpy, to memcpy.
#ifndef COMPILER_SEMA_RESERVED_H_
#define COMPILER_SEMA_RESERVED_H_

#include "compiler/sema/frame.h"

namespace csl::sema {

enum class Resource : uint8_t { kLocalTask, kControlTask, kColor, kInputQueue, kOutputQueue };

// Warns where the program itself uses a resource that is not its own; the library may.
void WarnIfReserved(const Frame& f, Resource resource, uint64_t number, source::Span span);

// Whether wavelets can have the color.
bool IsRoutable(uint64_t color);
// False, and an error, if the color is one of SDK 1.0 that only numbers a task or stands for none.
bool CheckRoutable(Frame& f, uint64_t color, source::Span span);

}  // namespace csl::sema

#endif  // COMPILER_SEMA_RESERVED_H_
