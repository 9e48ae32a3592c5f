// SPDX-License-Identifier: Apache-2.0
// The one extractor of archives, for client, service and worker. It trusts nothing in the archive:
// it rejects, it never repairs, and it writes only below the folder it makes.
//
// Rejected: absolute paths, `..`, empty or `.` components, NUL, paths that are not UTF-8, a path
// given twice, anything but files, folders, symbolic and hard links; a link that leaves the folder,
// passes through another link, or names a file the archive has not given before; whatever exceeds
// the limits, counted after decompression and by logical size. Modes are kept without setuid,
// setgid and sticky bits; owners, times and attributes are not restored. Links are made last.
#ifndef BASE_ARCHIVE_EXTRACT_H_
#define BASE_ARCHIVE_EXTRACT_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/status.h"

namespace csl::archive {

// Each limit is a bound on what one archive may cost; reaching it is fine, passing it an error that
// names it.
struct ExtractLimits {
  uint64_t max_total_bytes = uint64_t{64} << 30;  // a wafer's worth of images and data, with room
  uint64_t max_entries = 1'000'000;               // inodes are shared with the neighbours
  uint64_t max_ratio = 2000;  // zeros compress about 1030:1 with gzip; a bomb nests
  uint64_t ratio_free_bytes = uint64_t{64} << 20;  // below this any ratio is harmless
  uint32_t max_depth = 64;                         // folders below the root
  uint32_t max_path_bytes = 1024;                  // of one entry; PATH_MAX is 4096 with the prefix
  std::function<bool()> stop;  // asked at every entry and block; ends it with kCancelled
};

struct ExtractSummary {
  uint64_t files = 0;
  uint64_t folders = 0;
  uint64_t links = 0;
  uint64_t bytes = 0;
  std::vector<std::string> top_level;  // sorted names in the root of the archive
};

// Extracts the tar (plain, gzip, zstd, xz, bzip2) at `archive` into `target`, which must not exist
// yet and whose parent must. All or nothing: it works in a private folder beside the target and
// renames it at the end. Thread safe.
StatusOr<ExtractSummary> Extract(const std::filesystem::path& archive,
                                 const std::filesystem::path& target,
                                 const ExtractLimits& limits = {});

// The same into a folder that is there and empty. After an error it holds what came before it.
StatusOr<ExtractSummary> ExtractInto(const std::filesystem::path& archive,
                                     const std::filesystem::path& folder,
                                     const ExtractLimits& limits = {});

}  // namespace csl::archive

#endif  // BASE_ARCHIVE_EXTRACT_H_
