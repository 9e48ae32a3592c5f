// SPDX-License-Identifier: Apache-2.0
// SQLite with our error type: a connection, and statements that bind and read by position.
// One thread at a time.
#ifndef APPLIANCE_STORE_SQLITE_DATABASE_H_
#define APPLIANCE_STORE_SQLITE_DATABASE_H_

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/status.h"

namespace csl::appliance {

// What can be bound: a number, a text, or nothing (NULL).
using SqlValue = std::variant<std::monostate, int64_t, std::string>;

inline SqlValue SqlText(std::string_view text) { return std::string(text); }
inline SqlValue SqlTextOrNull(std::string_view text) {
  return text.empty() ? SqlValue() : SqlValue(std::string(text));
}

// One running query; reset when it goes. Step moves to the next row.
class Query {
 public:
  Query(sqlite3* db, sqlite3_stmt* statement) : db_(db), statement_(statement) {}
  ~Query();
  Query(Query&& other) noexcept : db_(other.db_), statement_(other.statement_) {
    other.statement_ = nullptr;
  }
  Query& operator=(Query&&) = delete;

  // Whether there is a row.
  StatusOr<bool> Step();
  int64_t Int(int column) const { return sqlite3_column_int64(statement_, column); }
  std::string Text(int column) const;
  bool IsNull(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

 private:
  sqlite3* db_;
  sqlite3_stmt* statement_;
};

class Database {
 public:
  // WAL, foreign keys; the file has mode 0600.
  static StatusOr<std::unique_ptr<Database>> Open(const std::filesystem::path& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Prepares (once per text), binds and returns the query before its first row.
  StatusOr<Query> Run(const std::string& sql, std::initializer_list<SqlValue> values = {});
  // Runs to the end.
  Status Do(const std::string& sql, std::initializer_list<SqlValue> values = {});
  // Several statements without values.
  Status Script(const std::string& sql);
  int64_t LastRowId() const { return sqlite3_last_insert_rowid(db_); }
  int64_t ChangedRows() const { return sqlite3_changes(db_); }
  // Since it was opened.
  int64_t AllChangedRows() const { return sqlite3_total_changes64(db_); }

 private:
  explicit Database(sqlite3* db) : db_(db) {}
  Status Failure(std::string_view doing) const;

  sqlite3* db_;
  std::map<std::string, sqlite3_stmt*> prepared_;
};

}  // namespace csl::appliance

#endif  // APPLIANCE_STORE_SQLITE_DATABASE_H_
