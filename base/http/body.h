// SPDX-License-Identifier: Apache-2.0
// The body of the request that this thread's handler serves, read into the handler's own memory:
// for large ones, whose pieces the library would copy once more and hand over 4 KiB at a time.
#ifndef BASE_HTTP_BODY_H_
#define BASE_HTTP_BODY_H_

#include <sys/types.h>

#include <cstddef>

namespace csl::http {

// What comes next, `size` bytes at most; 0 at the body's end, -1 where it broke off. A handler
// reads all of its body so, or none. For handlers of a Server alone, on the thread that calls them.
ssize_t ReadBody(char* data, size_t size);

}  // namespace csl::http

#endif  // BASE_HTTP_BODY_H_
