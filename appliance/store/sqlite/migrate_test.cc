// SPDX-License-Identifier: Apache-2.0
// A database of each earlier version, full of rows, becomes one of today that has lost nothing.
#include "appliance/store/sqlite/migrate.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "appliance/store/sqlite/sqlite_store.h"
#include "base/digest/sha256.h"
#include "base/file.h"

namespace csl::appliance {
namespace {

namespace fs = std::filesystem;
using Rows = std::vector<std::string>;

fs::path FreshPath(const std::string& name) {
  const fs::path path = fs::path(::testing::TempDir()) / (name + ".db");
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(path.string() + suffix);
  return path;
}

Rows All(Database& db, const std::string& sql) {
  Query query = std::move(db.Run(sql)).value();
  Rows rows;
  while (*query.Step()) rows.push_back(query.Text(0));
  return rows;
}

Rows Tables(Database& db) {
  return All(db,
             "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
             "ORDER BY name");
}

Rows Columns(Database& db, const std::string& table) {
  return All(db, "SELECT name FROM pragma_table_info('" + table + "') ORDER BY cid");
}

// Each row as one text, of these columns.
Rows Dump(Database& db, const std::string& table, const Rows& columns) {
  std::string list;
  for (const std::string& column : columns) {
    list += (list.empty() ? "quote(" : " || ',' || quote(") + column + ")";
  }
  return All(db, "SELECT " + list + " AS row FROM " + table + " ORDER BY row");
}

std::map<std::string, Rows> Schema(Database& db) {
  std::map<std::string, Rows> schema;
  for (const std::string& table : Tables(db)) {
    schema[table] = All(db,
                        "SELECT name || ' ' || type || ' ' || [notnull] || ' ' || "
                        "ifnull(dflt_value, '-') || ' ' || pk FROM pragma_table_info('" +
                            table + "') ORDER BY cid");
  }
  schema["indexes"] =
      All(db,
          "SELECT name || ': ' || ifnull(sql, '') FROM sqlite_master WHERE type = 'index' "
          "ORDER BY name");
  return schema;
}

// A value that the column takes; differs from row to row.
std::string ValueFor(const std::string& table, const std::string& column, int row) {
  const std::string n = std::to_string(row);
  static const std::map<std::string, std::string> kFixed = {
      {"jobs.kind", "'compile'"},
      {"jobs.labels", R"('{"k":"v"}')"},
      {"jobs.spec", R"('{"source":"abc","csl_main":"l.csl","args":["-o","x y"]}')"},
      {"jobs.result", R"('{"artifact":"def","exit_code":3}')"},
      {"jobs.state", "'RUNNING'"},
      {"jobs.priority", "150"},
      {"events.from_state", "'QUEUED'"},
      {"events.to_state", "'RUNNING'"},
      {"workers.state", "1"},
      {"attempts.is_live", "1"},
      {"tokens.role", "'user'"},
      {"tokens.namespaces", R"('["team-a"]')"},
      {"quotas.kind", "'user'"},
      {"quotas.most", "7"},
      {"commands.state", "'exited'"},
      {"commands.exit_code", "NULL"}};
  if (const auto it = kFixed.find(table + "." + column); it != kFixed.end()) return it->second;
  if (column == "job") return "'id-" + n + "'";
  if (table == "attempts" && column == "worker") return "'id-" + n + "'";
  const bool is_number = column.ends_with("_ms") || column.ends_with("_bytes") ||
                         column.ends_with("_milli") || column == "systems" ||
                         column == "sequence" || column == "number" || column == "attempt" ||
                         column == "cancel_wanted" || (table == "attempts" && column == "id");
  return is_number ? std::to_string(1000 + row) : "'" + column + "-" + n + "'";
}

void Fill(Database& db) {
  Rows tables = Tables(db);
  // What others refer to comes first.
  std::stable_partition(tables.begin(), tables.end(), [](const std::string& table) {
    return table == "jobs" || table == "workers";
  });
  for (const std::string& table : tables) {
    for (int row = 0; row < 5; ++row) {
      std::string names;
      std::string values;
      for (const std::string& column : Columns(db, table)) {
        names += (names.empty() ? "" : ", ") + column;
        values += (values.empty() ? "" : ", ") + ValueFor(table, column, row);
      }
      ASSERT_EQ(db.Do("INSERT INTO " + table + " (" + names + ") VALUES (" + values + ")"),
                OkStatus());
    }
  }
}

class MigrateTest : public ::testing::TestWithParam<int> {};

TEST_P(MigrateTest, NothingIsLostAndTheFormIsThatOfAFreshOne) {
  const fs::path path = FreshPath("version-" + std::to_string(GetParam()));
  std::map<std::string, Rows> columns;
  std::map<std::string, Rows> before;
  {
    auto db = std::move(Database::Open(path)).value();
    ASSERT_EQ(Migrate(*db, GetParam()), OkStatus());
    ASSERT_NO_FATAL_FAILURE(Fill(*db));
    for (const std::string& table : Tables(*db)) {
      columns[table] = Columns(*db, table);
      before[table] = Dump(*db, table, columns[table]);
      ASSERT_EQ(before[table].size(), 5u) << table;
    }
  }
  {
    const auto store = OpenSqliteStore(path);
    ASSERT_TRUE(store.ok()) << store.status().message();
    if (columns.contains("jobs")) {  // version 0 has nothing
      const auto job = *(*store)->GetJob("id-2");
      ASSERT_TRUE(job.has_value());
      EXPECT_EQ(job->compile.args, (std::vector<std::string>{"-o", "x y"}));
      EXPECT_EQ(job->result.exit_code, 3);
      EXPECT_EQ((*store)->ActiveJobs()->size(), 5u);
      EXPECT_EQ((*store)->ListWorkers()->size(), 5u);
      EXPECT_EQ((*store)->LiveAttempts()->size(), 5u);
      EXPECT_EQ((*store)->AllTokens()->size(), 5u);
      EXPECT_EQ((*store)->EventsAfter("id-2", 0, 10)->size(), 1u);
      EXPECT_EQ((*store)->ListCommands("id-2")->size(), 1u);
      EXPECT_TRUE(*(*store)->HasBlobReference("digest-2", {"*"}));
    }
  }
  auto db = std::move(Database::Open(path)).value();
  for (const auto& [table, rows] : before) {
    const Rows after = Dump(*db, table, columns[table]);
    // A drain by name came with the second version: it is taken from the workers that there were.
    if (table == "drained_workers") continue;
    EXPECT_EQ(after, rows) << table;
  }
  EXPECT_EQ(All(*db, "PRAGMA integrity_check"), Rows{"ok"});
  EXPECT_EQ(All(*db, "PRAGMA foreign_key_check"), Rows());
  EXPECT_EQ(All(*db, "PRAGMA user_version"), Rows{std::to_string(NewestVersion())});
  auto fresh = std::move(Database::Open(FreshPath("fresh"))).value();
  ASSERT_EQ(Migrate(*fresh), OkStatus());
  EXPECT_EQ(Schema(*db), Schema(*fresh));
}

INSTANTIATE_TEST_SUITE_P(EachVersion, MigrateTest, ::testing::Range(0, NewestVersion() + 1));

TEST(MigrateTest, AWorkerThatWasDrainedStaysSo) {
  const fs::path path = FreshPath("drained");
  {
    auto db = std::move(Database::Open(path)).value();
    ASSERT_EQ(Migrate(*db, 1), OkStatus());
    ASSERT_NO_FATAL_FAILURE(Fill(*db));
  }
  const auto store = OpenSqliteStore(path);
  EXPECT_TRUE(*(*store)->IsDrained("name-2"));
}

// Databases out there have had these: a change would make two forms of one version.
TEST(MigrateTest, WhatWasReleasedIsNotEdited) {
  const std::map<std::string, std::string> kDigests = {
      {"0001_initial.sql", "a0217d9650ed9e0ae2347e7c3f8727b50fd85b75979546bf98c31dd54ac10c68"},
      {"0002_bound_requests.sql",
       "a5f07974d216a8197796df157414541aff16172811e039255db381742d0cbb68"}};
  for (const auto& [name, digest] : kDigests) {
    const auto text = ReadTextFile(fs::path("appliance/store/sqlite/migrations") / name);
    ASSERT_TRUE(text.ok()) << text.status().message();
    EXPECT_EQ(Sha256Hex(*text), digest) << name;
  }
}

TEST(BackUpTest, ACopyIsWholeAndTheOriginalKeepsItsVersion) {
  const fs::path path = FreshPath("old");
  const fs::path copy = FreshPath("copy");
  auto db = std::move(Database::Open(path)).value();  // an older service that runs meanwhile
  ASSERT_EQ(Migrate(*db, 1), OkStatus());
  ASSERT_NO_FATAL_FAILURE(Fill(*db));
  ASSERT_EQ(BackUpDatabase(path, copy), OkStatus());
  EXPECT_EQ(All(*db, "PRAGMA user_version"), Rows{"1"});
  {
    auto copied = std::move(Database::Open(copy)).value();
    EXPECT_EQ(Schema(*copied), Schema(*db));
    for (const std::string& table : Tables(*db)) {
      EXPECT_EQ(Dump(*copied, table, Columns(*db, table)), Dump(*db, table, Columns(*db, table)));
    }
  }
  EXPECT_TRUE(OpenSqliteStore(copy).ok());
  EXPECT_FALSE(BackUpDatabase(path, copy).ok());  // it is there
}

TEST(BackUpTest, AFolderWithoutADatabaseGetsNone) {
  const fs::path path = FreshPath("none");
  EXPECT_EQ(BackUpDatabase(path, FreshPath("copy of none")).code(), StatusCode::kNotFound);
  EXPECT_FALSE(fs::exists(path));
}

}  // namespace
}  // namespace csl::appliance
