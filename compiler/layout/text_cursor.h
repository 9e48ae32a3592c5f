// SPDX-License-Identifier: Apache-2.0
// Reads the words of one line of a layout document. The first thing that is not as it should be is
// reported, with its place; what was asked for then is absent, and the caller continues to the next
// line.
#ifndef COMPILER_LAYOUT_TEXT_CURSOR_H_
#define COMPILER_LAYOUT_TEXT_CURSOR_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "compiler/diagnostics/engine.h"
#include "compiler/source/sources.h"

namespace csl::layout {

class TextCursor {
 public:
  TextCursor(const source::File& file, diagnostics::Engine* diagnostics)
      : file_(file), diagnostics_(diagnostics) {}

  // Moves to the next line that holds more than a comment; false at the end of the text.
  bool NextLine();
  bool is_indented() const { return is_indented_; }  // the line began with a blank

  // Nothing is left but a comment.
  bool AtEnd();
  // Reports what is left.
  bool ExpectEnd();
  // Takes `text` if it comes next; a word only whole.
  bool Take(std::string_view text);
  bool Expect(std::string_view text);
  bool NextIs(char c);
  // [A-Za-z_][A-Za-z0-9_]*; `what` is what messages call it.
  std::optional<std::string> Name(std::string_view what);
  // Digits, a decimal number from 0 to `most`.
  std::optional<uint32_t> Number(std::string_view what, uint32_t most);
  // The characters of a number as CSL writes it: sign, digits, point, exponent; "inf", "nan".
  std::optional<std::string> NumberText(std::string_view what);
  // "..." with the escapes \" \\ \n \xNN.
  std::optional<std::string> Quoted(std::string_view what);
  // All that is left of the line, without the blanks around it.
  std::string Rest();

  // Reports "expected ..., found ..."; always false.
  bool Fail(std::string_view expected);
  // The place of the next word, or of the one that starts at an earlier position().
  source::Span Here();
  source::Span SpanFrom(size_t position) const;
  size_t position();
  void Rewind(size_t position) { at_ = position; }

 private:
  void SkipBlanks();
  std::string_view Left() const;

  const source::File& file_;
  diagnostics::Engine* const diagnostics_;
  size_t next_line_ = 0;  // offset of the line after this one
  size_t at_ = 0;
  size_t end_ = 0;  // of this line
  bool is_indented_ = false;
};

}  // namespace csl::layout

#endif  // COMPILER_LAYOUT_TEXT_CURSOR_H_
