// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "appliance/store/sqlite/rows.h"

namespace csl::appliance::rows {
namespace {

using nlohmann::json;

constexpr char kColumns[] =
    "id, workflow, kind, name, namespace, user, labels, priority, cpu_milli, mem_bytes, systems, "
    "time_limit_ms, spec, state, reason, message, result, created_ms, scheduled_ms, started_ms, "
    "finished_ms, client_lease_until_ms, worker, attempt, sequence, "
    "unprotected, request_digest";

std::string Dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string SpecText(const Job& job) {
  if (job.kind == JobKind::kCompile) {
    return Dump({{"source", job.compile.source},
                 {"csl_main", job.compile.csl_main},
                 {"args", job.compile.args}});
  }
  return Dump({{"artifact", job.launch.artifact},
               {"simulator", job.launch.simulator},
               {"worker", job.launch.worker}});
}

std::string ResultText(const JobResult& result) {
  json value = {{"artifact", result.artifact}};
  if (result.exit_code) value["exit_code"] = *result.exit_code;
  return Dump(value);
}

StatusOr<Job> Read(const Query& row) {
  Job job;
  job.id = row.Text(0);
  job.workflow = row.Text(1);
  ASSIGN_OR_RETURN(job.kind, ParseJobKind(row.Text(2)));
  job.name = row.Text(3);
  job.name_space = row.Text(4);
  job.user = row.Text(5);
  const json labels = json::parse(row.Text(6), nullptr, false);
  const json spec = json::parse(row.Text(12), nullptr, false);
  const json result = json::parse(row.Text(16), nullptr, false);
  if (!labels.is_object() || !spec.is_object() || !result.is_object()) {
    return DataLoss("job " + job.id + ": its row holds damaged JSON");
  }
  job.labels = labels.get<std::map<std::string, std::string>>();
  job.priority = static_cast<int>(row.Int(7));
  job.wanted = {row.Int(8), row.Int(9), row.Int(10)};
  job.time_limit_ms = row.Int(11);
  job.compile.source = spec.value("source", "");
  job.compile.csl_main = spec.value("csl_main", "");
  job.compile.args = spec.value("args", std::vector<std::string>());
  job.launch.artifact = spec.value("artifact", "");
  job.launch.simulator = spec.value("simulator", false);
  job.launch.worker = spec.value("worker", "");
  ASSIGN_OR_RETURN(job.state, ParseJobState(row.Text(13)));
  // A worker of an older release could say anything.
  const auto reason = ParseEndReason(row.Text(14));
  job.reason = reason.ok() ? *reason : EndReason::kWorkerError;
  job.message = row.Text(15);
  job.result.artifact = result.value("artifact", "");
  if (result.contains("exit_code")) job.result.exit_code = result.value("exit_code", 0);
  job.created_ms = row.Int(17);
  job.scheduled_ms = row.Int(18);
  job.started_ms = row.Int(19);
  job.finished_ms = row.Int(20);
  job.client_lease_until_ms = row.Int(21);
  job.worker = row.Text(22);
  job.attempt = row.Int(23);
  job.sequence = row.Int(24);
  job.unprotected = row.Text(25);
  job.request_digest = row.Text(26);
  return job;
}

StatusOr<std::vector<Job>> ReadAll(Query query) {
  std::vector<Job> jobs;
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, query.Step());
    if (!more) return jobs;
    ASSIGN_OR_RETURN(Job job, Read(query));
    jobs.push_back(std::move(job));
  }
}

std::string NotEnded() {
  std::string ends;
  for (const JobState state : AllJobStates()) {
    if (IsEnd(state)) ends += (ends.empty() ? "'" : ", '") + std::string(JobStateText(state)) + "'";
  }
  return "state NOT IN (" + ends + ")";
}

StatusOr<std::vector<Event>> ReadEvents(Query query) {
  std::vector<Event> events;
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, query.Step());
    if (!more) return events;
    Event event{query.Int(0), query.Text(1), query.Int(2), query.Text(3), {}, {}, query.Text(6)};
    if (!query.IsNull(4)) {
      ASSIGN_OR_RETURN(const JobState from, ParseJobState(query.Text(4)));
      event.from = from;
    }
    if (!query.IsNull(5)) {
      ASSIGN_OR_RETURN(const JobState to, ParseJobState(query.Text(5)));
      event.to = to;
    }
    events.push_back(std::move(event));
  }
}

}  // namespace

Status InsertJob(Database& db, const Job& job, std::string_view idempotency_key) {
  return db.Do(
      "INSERT INTO jobs (id, workflow, kind, name, namespace, user, labels, priority, cpu_milli, "
      "mem_bytes, systems, time_limit_ms, spec, state, reason, message, result, created_ms, "
      "scheduled_ms, started_ms, finished_ms, client_lease_until_ms, worker, attempt, "
      "idempotency_key, request_digest) VALUES "
      "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
      {job.id,
       job.workflow,
       SqlText(JobKindText(job.kind)),
       job.name,
       job.name_space,
       job.user,
       Dump(job.labels),
       int64_t{job.priority},
       job.wanted.cpu_milli,
       job.wanted.mem_bytes,
       job.wanted.systems,
       job.time_limit_ms,
       SpecText(job),
       SqlText(JobStateText(job.state)),
       SqlText(EndReasonText(job.reason)),
       job.message,
       ResultText(job.result),
       job.created_ms,
       job.scheduled_ms,
       job.started_ms,
       job.finished_ms,
       job.client_lease_until_ms,
       job.worker,
       job.attempt,
       SqlTextOrNull(idempotency_key),
       job.request_digest});
}

Status UpdateJob(Database& db, const Job& job) {
  RETURN_IF_ERROR(db.Do(
      "UPDATE jobs SET labels = ?, priority = ?, cpu_milli = ?, mem_bytes = ?, state = ?, reason = "
      "?, message = ?, result = ?, "
      "scheduled_ms = ?, started_ms = ?, finished_ms = ?, client_lease_until_ms = ?, worker = ?, "
      "attempt = ?, unprotected = ? WHERE id = ?",
      {Dump(job.labels), int64_t{job.priority}, job.wanted.cpu_milli, job.wanted.mem_bytes,
       SqlText(JobStateText(job.state)), SqlText(EndReasonText(job.reason)), job.message,
       ResultText(job.result), job.scheduled_ms, job.started_ms, job.finished_ms,
       job.client_lease_until_ms, job.worker, job.attempt, job.unprotected, job.id}));
  return db.ChangedRows() == 1 ? OkStatus() : NotFound("job '" + job.id + "' does not exist");
}

StatusOr<std::optional<Job>> OneJob(Database& db, const std::string& where,
                                    std::initializer_list<SqlValue> values) {
  ASSIGN_OR_RETURN(Query query,
                   db.Run("SELECT " + std::string(kColumns) + " FROM jobs " + where, values));
  ASSIGN_OR_RETURN(const bool found, query.Step());
  if (!found) return std::optional<Job>();
  ASSIGN_OR_RETURN(Job job, Read(query));
  return std::optional<Job>(std::move(job));
}

StatusOr<std::vector<Job>> ListJobs(Database& db, const JobFilter& filter) {
  // The namespaces travel as one JSON array, so that their number does not change the statement.
  std::string where =
      "WHERE ((?1 = 1) OR namespace IN (SELECT value FROM json_each(?2))) "
      "AND (?3 = 0 OR sequence < ?3) AND (?4 = '[]' OR state IN (SELECT value FROM json_each(?4)))";
  if (filter.only_active) where += " AND " + NotEnded();
  const bool all = Principal{Role::kUser, "", filter.namespaces}.MaySee("*");
  json states = json::array();
  for (const JobState state : filter.states) states.push_back(JobStateText(state));
  // Lists are long, and show no arguments.
  std::string columns = kColumns;
  const std::string spec = " spec,";
  columns.replace(columns.find(spec), spec.size(), " json_remove(spec, '$.args'),");
  ASSIGN_OR_RETURN(
      Query query,
      db.Run("SELECT " + columns + " FROM jobs " + where + " ORDER BY sequence DESC LIMIT ?5",
             {int64_t{all}, Dump(filter.namespaces), filter.before_sequence, Dump(states),
              int64_t{filter.limit}}));
  return ReadAll(std::move(query));
}

StatusOr<std::vector<Job>> ActiveJobs(Database& db) {
  ASSIGN_OR_RETURN(Query query, db.Run("SELECT " + std::string(kColumns) + " FROM jobs WHERE " +
                                       NotEnded() + " ORDER BY sequence"));
  return ReadAll(std::move(query));
}

StatusOr<std::vector<PastUse>> UsesSince(Database& db, int64_t finished_after_ms) {
  // The second condition lets the index of ends be used.
  ASSIGN_OR_RETURN(Query query,
                   db.Run("SELECT namespace, cpu_milli, scheduled_ms, finished_ms FROM jobs WHERE "
                          "finished_ms > ? AND finished_ms > 0 AND scheduled_ms > 0 "
                          "ORDER BY finished_ms, sequence",
                          {finished_after_ms}));
  std::vector<PastUse> uses;
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, query.Step());
    if (!more) return uses;
    uses.push_back({query.Text(0), query.Int(1), query.Int(2), query.Int(3)});
  }
}

StatusOr<std::vector<std::string>> JobsEndedBefore(Database& db, int64_t ms, int limit) {
  ASSIGN_OR_RETURN(Query query,
                   db.Run("SELECT id FROM jobs WHERE finished_ms > 0 AND finished_ms < ? ORDER BY "
                          "finished_ms, sequence LIMIT ?",
                          {ms, int64_t{limit}}));
  std::vector<std::string> ids;
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, query.Step());
    if (!more) return ids;
    ids.push_back(query.Text(0));
  }
}

Status ForgetJob(Database& db, std::string_view id) {
  for (const char* what : {"DELETE FROM commands WHERE job = ?", "DELETE FROM events WHERE job = ?",
                           "DELETE FROM attempts WHERE job = ?", "DELETE FROM jobs WHERE id = ?"}) {
    RETURN_IF_ERROR(db.Do(what, {SqlText(id)}));
  }
  return OkStatus();
}

StatusOr<std::set<std::string>> BlobsOfJobs(Database& db) {
  ASSIGN_OR_RETURN(
      Query query,
      db.Run("SELECT json_extract(spec, '$.source'), json_extract(spec, '$.artifact'), "
             "json_extract(result, '$.artifact') FROM jobs"));
  std::set<std::string> digests;
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, query.Step());
    if (!more) return digests;
    for (int column = 0; column < 3; ++column) {
      if (std::string digest = query.Text(column); !digest.empty()) digests.insert(digest);
    }
  }
}

Status InsertEvent(Database& db, const Event& event) {
  return db.Do(
      "INSERT INTO events (job, time_ms, type, from_state, to_state, message) "
      "VALUES (?,?,?,?,?,?)",
      {event.job, event.time_ms, event.type,
       event.from ? SqlText(JobStateText(*event.from)) : SqlValue(),
       event.to ? SqlText(JobStateText(*event.to)) : SqlValue(), event.message});
}

StatusOr<std::vector<Event>> EventsAfter(Database& db, std::string_view job, int64_t sequence,
                                         int limit) {
  ASSIGN_OR_RETURN(Query query,
                   db.Run("SELECT sequence, job, time_ms, type, from_state, to_state, message FROM "
                          "events WHERE job = ? AND sequence > ? ORDER BY sequence LIMIT ?",
                          {SqlText(job), sequence, int64_t{limit}}));
  return ReadEvents(std::move(query));
}

StatusOr<std::vector<Event>> AllEventsAfter(Database& db,
                                            const std::vector<std::string>& namespaces,
                                            int64_t sequence, int limit) {
  const bool all = Principal{Role::kUser, "", namespaces}.MaySee("*");
  ASSIGN_OR_RETURN(
      Query query,
      db.Run("SELECT e.sequence, e.job, e.time_ms, e.type, e.from_state, e.to_state, e.message "
             "FROM events e JOIN jobs j ON j.id = e.job WHERE e.sequence > ?1 AND (?2 = 1 OR "
             "j.namespace IN (SELECT value FROM json_each(?3))) ORDER BY e.sequence LIMIT ?4",
             {sequence, int64_t{all}, json(namespaces).dump(), int64_t{limit}}));
  return ReadEvents(std::move(query));
}

StatusOr<int64_t> LastEvent(Database& db) {
  ASSIGN_OR_RETURN(Query query, db.Run("SELECT COALESCE(MAX(sequence), 0) FROM events"));
  ASSIGN_OR_RETURN(const bool row, query.Step());
  return row ? query.Int(0) : 0;
}

StatusOr<std::map<JobState, int64_t>> CountJobs(Database& db) {
  ASSIGN_OR_RETURN(Query query, db.Run("SELECT state, COUNT(*) FROM jobs GROUP BY state"));
  std::map<JobState, int64_t> counts;
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, query.Step());
    if (!more) return counts;
    ASSIGN_OR_RETURN(const JobState state, ParseJobState(query.Text(0)));
    counts[state] = query.Int(1);
  }
}

}  // namespace csl::appliance::rows
