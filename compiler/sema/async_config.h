// SPDX-License-Identifier: Apache-2.0
// The configuration struct behind the operands of a DSD operation: `.{ .async = true, ... }`.
#ifndef COMPILER_SEMA_ASYNC_CONFIG_H_
#define COMPILER_SEMA_ASYNC_CONFIG_H_

#include <span>

#include "compiler/sema/handler.h"

namespace csl::sema {

// Reads argument n of the call into `args`. False if reported.
bool ReadAsyncConfig(Frame& f, const BuiltinCall& call, size_t n, std::span<const Operand> operands,
                     ir::DsdArgs* args);

// The id that a task, or an id of one of the kinds, stands for; an i16 value. nullopt if reported.
// `what` names the field in messages.
std::optional<Operand> TaskIdOf(Frame& f, const Operand& o,
                                std::initializer_list<types::Kind> allowed, std::string_view what,
                                source::Span span);

}  // namespace csl::sema

#endif  // COMPILER_SEMA_ASYNC_CONFIG_H_
