// SPDX-License-Identifier: Apache-2.0
// The Store in SQLite. Opening one brings an older database up to date by numbered migrations, each
// in a transaction of its own; a newer database is refused.
#ifndef APPLIANCE_STORE_SQLITE_SQLITE_STORE_H_
#define APPLIANCE_STORE_SQLITE_SQLITE_STORE_H_

#include <filesystem>
#include <memory>

#include "appliance/domain/store.h"
#include "base/status.h"

namespace csl::appliance {

StatusOr<std::unique_ptr<Store>> OpenSqliteStore(const std::filesystem::path& path);

// A copy of the database at `to`, which must not exist; consistent, whoever writes meanwhile. The
// database keeps its version: the service that uses it may be an older one.
Status BackUpDatabase(const std::filesystem::path& path, const std::filesystem::path& to);

}  // namespace csl::appliance

#endif  // APPLIANCE_STORE_SQLITE_SQLITE_STORE_H_
