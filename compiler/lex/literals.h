// SPDX-License-Identifier: Apache-2.0
// The values of literal tokens, from their texts. The texts come from the lexer, which has reported
// what is wrong with them; a faulty one gives some value, never a failure.
#ifndef COMPILER_LEX_LITERALS_H_
#define COMPILER_LEX_LITERALS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace csl::lex {

// "0xff_00" -> 65280. Nothing when the value needs more than 64 bits: see PlainInteger.
std::optional<uint64_t> IntegerValue(std::string_view text);
// The text without `_`, for integers of any size.
std::string PlainInteger(std::string_view text);
// The nearest double; infinity when there is none.
double FloatValue(std::string_view text);
// The bytes of a "string" after escapes.
std::string StringValue(std::string_view text);
// 'a' -> 97. The code point when it is beyond ASCII.
uint32_t CharacterValue(std::string_view text);

}  // namespace csl::lex

#endif  // COMPILER_LEX_LITERALS_H_
