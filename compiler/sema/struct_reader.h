// SPDX-License-Identifier: Apache-2.0
// StructReader: the optional fields of a configuration struct, with the errors users get for wrong
// ones. After an error ok() is false, and every further call yields defaults and stays silent.
#ifndef COMPILER_SEMA_STRUCT_READER_H_
#define COMPILER_SEMA_STRUCT_READER_H_

#include <initializer_list>
#include <string>
#include <string_view>

#include "compiler/sema/handler.h"

namespace csl::sema {

class StructReader {
 public:
  // `what`: "the configuration of a queue". Poison operands make it not ok, silently.
  StructReader(Frame& f, Operand value, source::Span span, std::string what);

  bool ok() const { return ok_; }
  source::Span span() const { return span_; }
  // Reports fields that are not in the list.
  void Allow(std::initializer_list<std::string_view> names);
  bool Has(std::string_view name);
  // Reports the field's absence.
  Operand Required(std::string_view name);
  // kNone if there is no such field.
  Operand Get(std::string_view name);
  // Comptime-known fields.
  bool Bool(std::string_view name, bool otherwise = false);
  int64_t Int(std::string_view name, int64_t lowest, int64_t highest, int64_t otherwise);
  // A struct such as .{ .high = true }: the position of its true field in `names`, or -1 where the
  // field is absent or nothing is true.
  int Choice(std::string_view name, std::initializer_list<std::string_view> names);
  // A nested struct; reading it when absent yields defaults.
  StructReader Nested(std::string_view name);
  // Reports that this field does not exist on the architecture.
  void Refuse(std::string_view name, std::string_view why);
  // After an error that was reported elsewhere.
  void Poison() { ok_ = false; }
  Operand Error(diagnostics::Kind kind, std::initializer_list<diagnostics::Argument> arguments);

 private:
  Frame& f_;
  Operand value_;
  source::Span span_;
  std::string what_;
  bool ok_ = true;
  bool absent_ = false;
};

}  // namespace csl::sema

#endif  // COMPILER_SEMA_STRUCT_READER_H_
