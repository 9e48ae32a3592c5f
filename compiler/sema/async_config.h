// SPDX-License-Identifier: Apache-2.0
// How a fabric operation runs and ends: `.{ .async = true, .activate = ... }` behind the operands
// of a DSD operation, or with the load of a DSR.
#ifndef COMPILER_SEMA_ASYNC_CONFIG_H_
#define COMPILER_SEMA_ASYNC_CONFIG_H_

#include <span>

#include "compiler/sema/handler.h"
#include "compiler/sema/struct_reader.h"
#include "fabric/isa/instruction.h"

namespace csl::sema {

// What follows when an operation ends. The id is known or not; a task named in a top-level block
// may be bound after it, and stands for the id of its only binding.
struct EndAction {
  ir::DsdAction action = ir::DsdAction::kNone;
  Operand id;

  bool has_id() const {
    return action == ir::DsdAction::kActivate || action == ir::DsdAction::kUnblock;
  }
};

struct AsyncConfig {
  bool is_async = false;
  EndAction completion;
  EndAction on_control;
  ir::DsdPriority priority = ir::DsdPriority::kDefault;
  int8_t microthread = -1;

  isa::AsyncSettings Settings() const;
};

// Fields that ReadAsyncFields reads.
inline constexpr std::string_view kAsyncFields[] = {"async",      "activate", "unblock",
                                                    "on_control", "priority", "ut_id"};

// False if reported.
bool ReadAsyncFields(Frame& f, StructReader& config, AsyncConfig* out);

// Reads argument n of the call into `args`. False if reported.
bool ReadAsyncConfig(Frame& f, const BuiltinCall& call, size_t n, std::span<const Operand> operands,
                     ir::DsdArgs* args);

// The id that a task, or an id of one of the kinds, stands for; an i16 value. nullopt if reported.
// `what` names the field in messages.
std::optional<Operand> TaskIdOf(Frame& f, const Operand& o,
                                std::initializer_list<types::Kind> allowed, std::string_view what,
                                source::Span span);

// WSE-2, SDK 1.x: a color in `field` is the id of the task with its number. Others as they are.
Operand ActivatedId(Frame& f, const Operand& id, std::string_view field, source::Span span);

}  // namespace csl::sema

#endif  // COMPILER_SEMA_ASYNC_CONFIG_H_
