// SPDX-License-Identifier: Apache-2.0
// Texts in JSON that is written piece by piece, without a document in memory.
#ifndef BASE_JSON_TEXT_H_
#define BASE_JSON_TEXT_H_

#include <string>
#include <string_view>

namespace csl {

// A JSON string with its quotes. Bytes that are not ASCII pass as they are.
std::string JsonString(std::string_view text);

}  // namespace csl

#endif  // BASE_JSON_TEXT_H_
