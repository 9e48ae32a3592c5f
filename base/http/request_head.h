// SPDX-License-Identifier: Apache-2.0
// The request line and header fields of an HTTP/1.1 request, read strictly (RFC 9112).
//
// Whatever two readers could understand differently is refused: bare line ends, folded fields,
// spaces around names, several lengths, a length that is not plain digits. A body has a
// Content-Length or there is none: transfer codings are not taken, so that where a request ends is
// never a matter of opinion.
#ifndef BASE_HTTP_REQUEST_HEAD_H_
#define BASE_HTTP_REQUEST_HEAD_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace csl::http {

struct RequestHead {
  std::string method;
  std::string target;                                        // path and query as they were sent
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  size_t size_bytes = 0;                                     // with the empty line at its end
  uint64_t content_length = 0;
  bool expects_continue = false;
  bool wants_close = false;
  bool is_old = false;  // HTTP/1.0

  // The value of the first field of this lower-case name; empty if there is none.
  std::string Header(std::string_view name) const;
  // The target without its query, escapes resolved.
  std::string Path() const;
};

// Each of these bounds what a stranger can make us keep.
inline constexpr size_t kMaxTargetBytes = 8000;
inline constexpr size_t kMaxFieldBytes = 8000;  // of one line: the library behind us takes 8,192
inline constexpr size_t kMaxFields = 100;

// Why a head is refused.
struct HeadRefusal {
  int status = 400;
  std::string why;
};

// Reads the head at the start of `bytes`, which holds it to its empty line. False: refused.
bool ParseRequestHead(std::string_view bytes, RequestHead& head, HeadRefusal& refusal);

// Makes a field invisible to whoever reads the head after us, by another first letter: "Range"
// becomes "_ange". Field names that begin so are refused in requests.
void HideField(std::string& bytes, size_t head_bytes, std::string_view lower_name);

}  // namespace csl::http

#endif  // BASE_HTTP_REQUEST_HEAD_H_
