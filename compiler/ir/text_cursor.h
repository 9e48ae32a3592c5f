// SPDX-License-Identifier: Apache-2.0
// Reads one line of IR text from left to right. The first failure is kept; later reads give empty
// values.
#ifndef COMPILER_IR_TEXT_CURSOR_H_
#define COMPILER_IR_TEXT_CURSOR_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "compiler/ir/type.h"

namespace csl::ir {

class TextCursor {
 public:
  explicit TextCursor(std::string_view line) : rest_(line) {}

  bool ok() const { return error_.empty(); }
  const std::string& error() const { return error_; }
  void Fail(std::string message) {
    if (error_.empty()) error_ = std::move(message);
  }

  bool AtEnd();                       // nothing but blanks follows
  bool Take(std::string_view token);  // skips blanks; a word must end where the token does
  void Expect(std::string_view token);
  std::string Word();  // letters, digits, '_', '.', '$'
  std::string Name();  // a word or a quoted string
  std::string Quoted();
  uint64_t Number();
  int64_t SignedNumber();
  Type TypeName();
  // One operand in its text form, unresolved: %3, 5:i16, undef:i16, @x+4, &f.
  std::string OperandText();
  bool PeekIs(char c);

 private:
  void SkipBlanks();
  std::string_view rest_;
  std::string error_;
};

}  // namespace csl::ir

#endif  // COMPILER_IR_TEXT_CURSOR_H_
