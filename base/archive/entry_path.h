// SPDX-License-Identifier: Apache-2.0
// What a path inside an archive, or inside a session's folder, may look like.
#ifndef BASE_ARCHIVE_ENTRY_PATH_H_
#define BASE_ARCHIVE_ENTRY_PATH_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace csl::archive {

// The components of a relative path. Leading `./` and one trailing `/` are accepted, as tar writes
// them; the root itself
// (`.` or `./`) gives no component. Everything else that is not a plain name is an error naming the
// path.
StatusOr<std::vector<std::string>> SplitEntryPath(std::string_view path, uint32_t max_depth,
                                                  uint32_t max_bytes);

// The components that a link at `link` (components of its own path) with text `target` points to,
// if it stays inside.
StatusOr<std::vector<std::string>> ResolveLink(const std::vector<std::string>& link,
                                               std::string_view target);

bool IsUtf8(std::string_view text);

// A text safe to print: control characters and bytes that are not UTF-8 escaped as \xNN.
std::string Printable(std::string_view text);

}  // namespace csl::archive

#endif  // BASE_ARCHIVE_ENTRY_PATH_H_
