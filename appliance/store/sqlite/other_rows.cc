// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "appliance/store/sqlite/rows.h"

namespace csl::appliance::rows {
namespace {

using nlohmann::json;

// Every row of the query through `read`.
template <typename T, typename Reader>
StatusOr<std::vector<T>> ReadAll(Query query, const Reader& read) {
  std::vector<T> all;
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, query.Step());
    if (!more) return all;
    ASSIGN_OR_RETURN(T one, read(query));
    all.push_back(std::move(one));
  }
}

template <typename T>
std::optional<T> FirstOf(std::vector<T> all) {
  return all.empty() ? std::nullopt : std::optional<T>(std::move(all.front()));
}

StatusOr<Worker> ReadWorker(const Query& row) {
  Worker worker;
  worker.id = row.Text(0);
  worker.name = row.Text(1);
  worker.total = {row.Int(2), row.Int(3), row.Int(4)};
  worker.endpoint = row.Text(5);
  worker.sandbox = row.Text(6);
  worker.version = row.Text(7);
  worker.state = static_cast<WorkerState>(row.Int(8));
  worker.lease_until_ms = row.Int(9);
  worker.missing = row.Text(10);
  worker.lost_ms = row.Int(11);
  return worker;
}

StatusOr<Attempt> ReadAttempt(const Query& row) {
  Attempt attempt;
  attempt.id = attempt.fence = row.Int(0);
  attempt.job = row.Text(1);
  attempt.worker = row.Text(2);
  attempt.secret = row.Text(3);
  attempt.is_live = row.Int(4) != 0;
  attempt.cancel_wanted = row.Int(5) != 0;
  attempt.end_state = row.Text(6);
  return attempt;
}

StatusOr<Command> ReadCommand(const Query& row) {
  Command command;
  command.job = row.Text(0);
  command.index = row.Int(1);
  command.key = row.Text(2);
  command.text = row.Text(3);
  ASSIGN_OR_RETURN(command.state, ParseCommandState(row.Text(4)));
  if (!row.IsNull(5)) command.exit_code = static_cast<int>(row.Int(5));
  command.created_ms = row.Int(6);
  command.user = row.Text(7);
  command.failure = row.Text(8);
  command.message = row.Text(9);
  return command;
}

StatusOr<Principal> ReadPrincipal(const Query& row) {
  Principal principal;
  ASSIGN_OR_RETURN(principal.role, ParseRole(row.Text(0)));
  principal.user = row.Text(1);
  const json namespaces = json::parse(row.Text(2), nullptr, false);
  if (!namespaces.is_array()) return DataLoss("a token's row holds damaged JSON");
  principal.namespaces = namespaces.get<std::vector<std::string>>();
  return principal;
}

constexpr char kSelectAttempts[] =
    "SELECT id, job, worker, secret, is_live, cancel_wanted, end_state FROM attempts ";
constexpr char kSelectCommands[] =
    "SELECT job, number, key, text, state, exit_code, created_ms, user, failure, message FROM "
    "commands ";

}  // namespace

Status PutWorker(Database& db, const Worker& worker) {
  return db.Do(
      "INSERT INTO workers VALUES (?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET "
      "name = excluded.name, cpu_milli = excluded.cpu_milli, mem_bytes = excluded.mem_bytes, "
      "systems = excluded.systems, endpoint = excluded.endpoint, sandbox = excluded.sandbox, "
      "version = excluded.version, state = excluded.state, lease_until_ms = "
      "excluded.lease_until_ms, missing = excluded.missing, lost_ms = excluded.lost_ms",
      {worker.id, worker.name, worker.total.cpu_milli, worker.total.mem_bytes, worker.total.systems,
       worker.endpoint, worker.sandbox, worker.version, static_cast<int64_t>(worker.state),
       worker.lease_until_ms, worker.missing, worker.lost_ms});
}

StatusOr<std::optional<Worker>> GetWorker(Database& db, std::string_view id) {
  ASSIGN_OR_RETURN(Query query, db.Run("SELECT * FROM workers WHERE id = ?", {SqlText(id)}));
  ASSIGN_OR_RETURN(auto all, ReadAll<Worker>(std::move(query), ReadWorker));
  return FirstOf(std::move(all));
}

StatusOr<std::vector<Worker>> ListWorkers(Database& db) {
  ASSIGN_OR_RETURN(Query query, db.Run("SELECT * FROM workers ORDER BY name, id"));
  return ReadAll<Worker>(std::move(query), ReadWorker);
}

Status InsertAttempt(Database& db, const Attempt& attempt) {
  return db.Do(
      "INSERT INTO attempts (job, worker, secret, is_live, cancel_wanted, end_state) "
      "VALUES (?,?,?,?,?,?)",
      {attempt.job, attempt.worker, attempt.secret, int64_t{attempt.is_live},
       int64_t{attempt.cancel_wanted}, attempt.end_state});
}

Status UpdateAttempt(Database& db, const Attempt& attempt) {
  return db.Do(
      "UPDATE attempts SET is_live = ?, cancel_wanted = ?, end_state = ? WHERE id = ?",
      {int64_t{attempt.is_live}, int64_t{attempt.cancel_wanted}, attempt.end_state, attempt.id});
}

StatusOr<std::optional<Attempt>> GetAttempt(Database& db, int64_t id) {
  ASSIGN_OR_RETURN(Query query, db.Run(std::string(kSelectAttempts) + "WHERE id = ?", {id}));
  ASSIGN_OR_RETURN(auto all, ReadAll<Attempt>(std::move(query), ReadAttempt));
  return FirstOf(std::move(all));
}

StatusOr<std::vector<Attempt>> LiveAttempts(Database& db) {
  ASSIGN_OR_RETURN(Query query,
                   db.Run(std::string(kSelectAttempts) + "WHERE is_live = 1 ORDER BY id"));
  return ReadAll<Attempt>(std::move(query), ReadAttempt);
}

Status PutToken(Database& db, std::string_view hash, const Token& token) {
  return db.Do(
      "INSERT OR REPLACE INTO tokens (hash, role, user, namespaces, id, created_ms, expires_ms, "
      "last_used_ms, revoked_ms) VALUES (?,?,?,?,?,?,?,?,?)",
      {SqlText(hash), SqlText(RoleText(token.principal.role)), token.principal.user,
       json(token.principal.namespaces).dump(), token.id, token.created_ms, token.expires_ms,
       token.last_used_ms, token.revoked_ms});
}

StatusOr<std::map<std::string, Token>> AllTokens(Database& db) {
  ASSIGN_OR_RETURN(Query query,
                   db.Run("SELECT role, user, namespaces, hash, id, created_ms, expires_ms, "
                          "last_used_ms, revoked_ms FROM tokens"));
  std::map<std::string, Token> all;
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, query.Step());
    if (!more) return all;
    Token& token = all[query.Text(3)];
    ASSIGN_OR_RETURN(token.principal, ReadPrincipal(query));
    token.id = query.Text(4);
    token.created_ms = query.Int(5);
    token.expires_ms = query.Int(6);
    token.last_used_ms = query.Int(7);
    token.revoked_ms = query.Int(8);
  }
}

StatusOr<bool> HasBlobReference(Database& db, std::string_view digest,
                                const std::vector<std::string>& namespaces) {
  const bool all = Principal{Role::kUser, "", namespaces}.MaySee("*");
  ASSIGN_OR_RETURN(Query query,
                   db.Run("SELECT 1 FROM blob_references WHERE digest = ?1 AND (?2 = 1 OR "
                          "namespace IN (SELECT value FROM json_each(?3))) LIMIT 1",
                          {SqlText(digest), int64_t{all}, json(namespaces).dump()}));
  return query.Step();
}

Status InsertCommand(Database& db, Command& command) {
  ASSIGN_OR_RETURN(
      Query query,
      db.Run("SELECT COALESCE(MAX(number) + 1, 0) FROM commands WHERE job = ?", {command.job}));
  ASSIGN_OR_RETURN(const bool row, query.Step());
  command.index = row ? query.Int(0) : 0;
  return db.Do("INSERT INTO commands VALUES (?,?,?,?,?,?,?,?,?,?)",
               {command.job, command.index, SqlTextOrNull(command.key), command.text,
                SqlText(CommandStateText(command.state)),
                command.exit_code ? SqlValue(int64_t{*command.exit_code}) : SqlValue(),
                command.created_ms, command.user, command.failure, command.message});
}

Status UpdateCommand(Database& db, const Command& command) {
  return db.Do(
      "UPDATE commands SET state = ?, exit_code = ?, failure = ?, message = ? WHERE job = ? AND "
      "number = ?",
      {SqlText(CommandStateText(command.state)),
       command.exit_code ? SqlValue(int64_t{*command.exit_code}) : SqlValue(), command.failure,
       command.message, command.job, command.index});
}

StatusOr<std::optional<Command>> OneCommand(Database& db, const std::string& where,
                                            std::initializer_list<SqlValue> values) {
  ASSIGN_OR_RETURN(Query query, db.Run(kSelectCommands + where, values));
  ASSIGN_OR_RETURN(auto all, ReadAll<Command>(std::move(query), ReadCommand));
  return FirstOf(std::move(all));
}

StatusOr<std::vector<Command>> ListCommands(Database& db, std::string_view job) {
  ASSIGN_OR_RETURN(
      Query query,
      db.Run(std::string(kSelectCommands) + "WHERE job = ? ORDER BY number", {SqlText(job)}));
  return ReadAll<Command>(std::move(query), ReadCommand);
}

}  // namespace csl::appliance::rows
