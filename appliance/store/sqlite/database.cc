// SPDX-License-Identifier: Apache-2.0
#include "appliance/store/sqlite/database.h"

#include "base/secret_file.h"

namespace csl::appliance {
namespace {

constexpr int kBusyTimeoutMs = 10'000;

Status FromSqlite(sqlite3* db, std::string_view doing) {
  const int code = sqlite3_errcode(db);
  std::string text = "database: " + std::string(doing) + ": " + sqlite3_errmsg(db);
  if (code == SQLITE_CONSTRAINT) return AlreadyExists(std::move(text));
  if (code == SQLITE_FULL) return ResourceExhausted(std::move(text));
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) return DataLoss(std::move(text));
  return Unavailable(std::move(text));
}

}  // namespace

Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

StatusOr<bool> Query::Step() {
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  return FromSqlite(db_, sqlite3_sql(statement_));
}

std::string Query::Text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (text == nullptr) return "";
  return std::string(text, static_cast<size_t>(sqlite3_column_bytes(statement_, column)));
}

Status Database::Failure(std::string_view doing) const { return FromSqlite(db_, doing); }

StatusOr<std::unique_ptr<Database>> Database::Open(const std::filesystem::path& path) {
  const OwnersOnly owners_only;
  sqlite3* raw = nullptr;
  const int result =
      sqlite3_open_v2(path.c_str(), &raw,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<Database> db(new Database(raw));
  Status status = result == SQLITE_OK ? OkStatus() : db->Failure("open '" + path.string() + "'");
  if (status.ok()) {
    sqlite3_busy_timeout(raw, kBusyTimeoutMs);
    status = db->Script(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
  }
  if (!status.ok()) return status;
  return db;
}

Database::~Database() {
  for (const auto& [sql, statement] : prepared_) sqlite3_finalize(statement);
  sqlite3_close(db_);
}

StatusOr<Query> Database::Run(const std::string& sql, std::initializer_list<SqlValue> values) {
  auto it = prepared_.find(sql);
  if (it == prepared_.end()) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) {
      return Failure(sql);
    }
    it = prepared_.emplace(sql, statement).first;
  }
  CHECK(sqlite3_bind_parameter_count(it->second) == static_cast<int>(values.size())) << sql;
  int position = 0;
  for (const SqlValue& value : values) {
    ++position;
    if (const auto* number = std::get_if<int64_t>(&value)) {
      sqlite3_bind_int64(it->second, position, *number);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      sqlite3_bind_text(it->second, position, text->data(), static_cast<int>(text->size()),
                        SQLITE_TRANSIENT);
    } else {
      sqlite3_bind_null(it->second, position);
    }
  }
  return Query(db_, it->second);
}

Status Database::Do(const std::string& sql, std::initializer_list<SqlValue> values) {
  ASSIGN_OR_RETURN(Query query, Run(sql, values));
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, query.Step());
    if (!more) return OkStatus();
  }
}

Status Database::Script(const std::string& sql) {
  char* error = nullptr;
  if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, &error) == SQLITE_OK) return OkStatus();
  sqlite3_free(error);
  return Failure("script");
}

}  // namespace csl::appliance
