// SPDX-License-Identifier: Apache-2.0
// Whether a database with a write-ahead log may lie in a folder.
#ifndef BASE_DATABASE_FOLDER_H_
#define BASE_DATABASE_FOLDER_H_

#include <cstdint>
#include <filesystem>

#include "base/status.h"

namespace csl {

// What a new database and its log need at the least.
inline constexpr uint64_t kDatabaseBytes = 8 << 20;

// Tries what SQLite's write-ahead log asks of a file system: that files can be made there, mapped
// as shared memory and locked, and that no other machine writes there too. The folder must exist.
// kFailedPrecondition names what cannot be had and, of a network file system, its kind;
// kResourceExhausted: less than kDatabaseBytes are free; kUnavailable: no file can be made.
Status CheckHoldsDatabase(const std::filesystem::path& folder);

// The name of the network file system that a path lies on; empty: on none that is known.
std::string NetworkFileSystem(const std::filesystem::path& path);

}  // namespace csl

#endif  // BASE_DATABASE_FOLDER_H_
