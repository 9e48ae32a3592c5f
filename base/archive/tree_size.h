// SPDX-License-Identifier: Apache-2.0
// How much of a disk a tree takes in which somebody else writes meanwhile.
#ifndef BASE_ARCHIVE_TREE_SIZE_H_
#define BASE_ARCHIVE_TREE_SIZE_H_

#include <cstdint>
#include <filesystem>
#include <functional>

#include "base/status.h"

namespace csl::archive {

inline constexpr uint64_t kBytesOfAnEntry =
    1024;  // counted beside its blocks: entries cost something too

// The blocks of all entries below `root`, a file of several names once. Links are not followed, and
// nothing that moves meanwhile leads out of the tree. Counting ends above `limit`. kOutOfRange:
// more deep folders than can be counted. `stop`, if set, ends it with kCancelled.
StatusOr<uint64_t> TreeBytes(const std::filesystem::path& root, uint64_t limit,
                             const std::function<bool()>& stop = nullptr);

}  // namespace csl::archive

#endif  // BASE_ARCHIVE_TREE_SIZE_H_
