// SPDX-License-Identifier: Apache-2.0
// Makes the archives that artifacts travel in: gzip-compressed tar, the same bytes for the same
// contents.
//
// Entries are sorted by name; times, owners and the gzip header's time are zero; a file's mode
// keeps only whether its owner may execute it. Links are kept as links when they stay inside the
// folder, otherwise the pack fails; pipes, sockets and devices fail too.
#ifndef BASE_ARCHIVE_PACK_H_
#define BASE_ARCHIVE_PACK_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/archive/beneath.h"
#include "base/status.h"

namespace csl::archive {

// Each bounds what a folder that somebody else made may cost; none of them would be extracted
// again.
struct PackLimits {
  uint32_t max_depth = 64;
  uint64_t max_entries = 1'000'000;
  uint64_t max_bytes = uint64_t{64} << 30;
  std::function<bool()> stop;  // asked at every entry and piece; ends it with kCancelled
};

struct PackOptions {
  std::string prefix;  // every entry lies below this folder; empty: at the root
  // Whether to take the entry (path relative to the folder); a folder that is left out takes its
  // contents along.
  std::function<bool(std::string_view path, bool is_folder)> keep;
  PackLimits limits = {};
};

// Packs the contents of `folder` into the file `archive`, written whole or not at all.
Status Pack(const std::filesystem::path& folder, const std::filesystem::path& archive,
            const PackOptions& options = {});

// The same from a folder whose contents somebody else writes, for which no link is followed on the
// way to `path`.
Status PackBeneath(const BeneathFolder& root, const Components& path,
                   const std::filesystem::path& archive, const PackOptions& options = {});

}  // namespace csl::archive

#endif  // BASE_ARCHIVE_PACK_H_
