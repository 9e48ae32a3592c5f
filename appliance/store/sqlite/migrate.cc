// SPDX-License-Identifier: Apache-2.0
#include "appliance/store/sqlite/migrate.h"

#include <iterator>

#include "appliance/domain/job.h"

namespace csl::appliance {
namespace {

// In order; never edited once released, since databases out there have had them.
constexpr const char* kMigrations[] = {
#include "appliance/store/sqlite/migrations.inc"
};

std::string FillIn(std::string sql) {
  static constexpr std::string_view kMark = "{job_states}";
  std::string states;
  for (const JobState state : AllJobStates()) {
    states += (states.empty() ? "'" : ", '") + std::string(JobStateText(state)) + "'";
  }
  // The first mark stands in a comment, where the list does no harm.
  for (size_t at = 0; (at = sql.find(kMark, at)) != std::string::npos; at += states.size()) {
    sql.replace(at, kMark.size(), states);
  }
  return sql;
}

}  // namespace

int NewestVersion() { return static_cast<int>(std::size(kMigrations)); }

Status Migrate(Database& db, int to) {
  int64_t version = 0;
  {
    ASSIGN_OR_RETURN(Query query, db.Run("PRAGMA user_version"));
    ASSIGN_OR_RETURN(const bool row, query.Step());
    if (row) version = query.Int(0);
  }
  if (version > NewestVersion()) {
    return FailedPrecondition("the database has version " + std::to_string(version) +
                              ", this program knows up to " + std::to_string(NewestVersion()));
  }
  for (; version < to; ++version) {
    RETURN_IF_ERROR(db.Script("BEGIN IMMEDIATE;" + FillIn(kMigrations[version]) +
                              "PRAGMA user_version = " + std::to_string(version + 1) +
                              "; COMMIT;"));
  }
  return OkStatus();
}

}  // namespace csl::appliance
