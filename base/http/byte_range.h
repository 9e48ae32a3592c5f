// SPDX-License-Identifier: Apache-2.0
// Answering with a part of something: Range, If-Range, 206 and 416 as RFC 9110 has them.
#ifndef BASE_HTTP_BYTE_RANGE_H_
#define BASE_HTTP_BYTE_RANGE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace httplib {
struct Request;
struct Response;
}  // namespace httplib

namespace csl::http {

enum class RangeKind {
  kWhole,  // none was asked for, or none that must be understood
  kPart,
  kUnsatisfiable,  // it lies behind the end
};

struct ByteRange {
  uint64_t first = 0;
  uint64_t size = 0;
};

// `text`: the value of a Range field, for something of `size` bytes. Several ranges at once are
// answered with the whole, which is allowed.
RangeKind ParseRange(std::string_view text, uint64_t size, ByteRange& range);

// Gives a piece of at most `length` bytes from `offset` to `write`; false ends the response.
using PieceSource = std::function<bool(uint64_t offset, uint64_t length,
                                       const std::function<bool(const char*, size_t)>& write)>;

// Sets the whole answer of a GET for `size` bytes, or the part that the request asks for. `tag`
// changes when the bytes do; empty: parts cannot be made conditional.
void ServeBytes(const httplib::Request& request, httplib::Response& response, uint64_t size,
                const std::string& type, const std::string& tag, PieceSource source);

}  // namespace csl::http

#endif  // BASE_HTTP_BYTE_RANGE_H_
