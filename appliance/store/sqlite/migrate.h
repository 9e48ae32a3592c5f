// SPDX-License-Identifier: Apache-2.0
// Brings a database to the newest form. PRAGMA user_version counts the migrations it has had.
#ifndef APPLIANCE_STORE_SQLITE_MIGRATE_H_
#define APPLIANCE_STORE_SQLITE_MIGRATE_H_

#include "appliance/store/sqlite/database.h"
#include "base/status.h"

namespace csl::appliance {

int NewestVersion();
Status Migrate(Database& db, int to = NewestVersion());

}  // namespace csl::appliance

#endif  // APPLIANCE_STORE_SQLITE_MIGRATE_H_
