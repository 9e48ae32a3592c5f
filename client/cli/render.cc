// SPDX-License-Identifier: Apache-2.0
#include "client/cli/render.h"

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

#include "client/cli/escape.h"

namespace csl::cli {
namespace {

using nlohmann::json;

constexpr int64_t kMinute = 60;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;

std::string Text(const json& object, const char* name) {
  if (!object.is_object()) return "";
  const auto it = object.find(name);
  if (it == object.end() || it->is_null()) return "";
  return it->is_string() ? it->get<std::string>()
                         : it->dump(-1, ' ', false, json::error_handler_t::replace);
}

int64_t Number(const json& object, const char* name) {
  if (!object.is_object()) return 0;
  const auto it = object.find(name);
  return it != object.end() && it->is_number_integer() ? it->get<int64_t>() : 0;
}

std::string Labels(const json& job) {
  std::string text;
  if (!job.is_object() || !job.contains("labels")) return text;
  for (const auto& [key, value] : job["labels"].items()) {
    text +=
        (text.empty() ? "" : ",") + key + "=" + (value.is_string() ? value.get<std::string>() : "");
  }
  return text;
}

std::string Duration(const json& job, int64_t now_ms) {
  const int64_t started = Number(job, "started_ms");
  const int64_t finished = Number(job, "finished_ms");
  if (started == 0) return "";
  return ShortDuration((finished == 0 ? now_ms : finished) - started);
}

std::string UtcTime(int64_t ms) {
  const std::time_t seconds = ms / 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::string Quoted(const json& value) {
  return value.dump(-1, ' ', true, json::error_handler_t::replace);
}

void AppendYaml(const json& value, const std::string& indent, std::string& out);

void AppendEntry(const json& value, const std::string& indent, std::string& out) {
  if (value.is_structured() && !value.empty()) {
    out += "\n";
    AppendYaml(value, indent + "  ", out);
  } else {
    out += " " + Quoted(value) + "\n";
  }
}

// JSON's quoted strings, numbers and empty collections are YAML as they stand.
void AppendYaml(const json& value, const std::string& indent, std::string& out) {
  if (value.is_object() && !value.empty()) {
    for (const auto& [key, entry] : value.items()) {
      const bool plain = !key.empty() && std::all_of(key.begin(), key.end(), [](unsigned char c) {
        return std::isalpha(c) != 0 || c == '_';
      });
      out += indent + (plain ? key : Quoted(key)) + ":";
      AppendEntry(entry, indent, out);
    }
  } else if (value.is_array() && !value.empty()) {
    for (const json& entry : value) {
      out += indent + "-";
      AppendEntry(entry, indent, out);
    }
  } else {
    out += indent + Quoted(value) + "\n";
  }
}

}  // namespace

std::string Table(const std::vector<std::string>& heading,
                  const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::vector<std::string>> cells = {heading};
  for (const auto& row : rows) {
    auto& escaped = cells.emplace_back();
    for (const std::string& cell : row) escaped.push_back(EscapeLine(cell));
  }
  std::vector<size_t> widths(heading.size());
  for (const auto& row : cells) {
    for (size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : cells) {
    std::string line;
    for (size_t i = 0; i < widths.size(); ++i) {
      line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string ShortDuration(int64_t ms) {
  const int64_t s = std::max<int64_t>(ms, 0) / 1000;
  if (s < kMinute) return std::to_string(s) + "s";
  if (s < kHour) return std::to_string(s / kMinute) + "m" + std::to_string(s % kMinute) + "s";
  if (s < kDay) return std::to_string(s / kHour) + "h" + std::to_string(s % kHour / kMinute) + "m";
  return std::to_string(s / kDay) + "d" + std::to_string(s % kDay / kHour) + "h";
}

std::string JobTable(const json& jobs, int64_t now_ms, const std::string& base) {
  std::vector<std::vector<std::string>> rows;
  for (const json& job : jobs) {
    const std::string id = Text(job, "id");
    rows.push_back({Text(job, "namespace"), id, Text(job, "kind"), Text(job, "priority"),
                    ShortDuration(now_ms - Number(job, "created_ms")), Duration(job, now_ms),
                    Text(job, "state"), Text(job, "systems"), Text(job, "user"), Labels(job),
                    Text(job, "workflow"), base + "/v1/jobs/" + id});
  }
  return Table({"SESSION", "NAME", "TYPE", "PRIORITY", "AGE", "DURATION", "PHASE", "SYSTEMS",
                "USER", "LABELS", "WORKFLOW", "DASHBOARD"},
               rows);
}

std::string WorkerTable(const json& workers) {
  std::vector<std::vector<std::string>> rows;
  for (const json& worker : workers) {
    rows.push_back({Text(worker, "name"), Text(worker, "state"), Text(worker, "cpu_milli"),
                    std::to_string(Number(worker, "mem_bytes") >> 20) + " MiB",
                    Text(worker, "systems"), Text(worker, "version"), Text(worker, "sandbox")});
  }
  return Table({"NAME", "STATE", "MILLI-CPU", "MEMORY", "SYSTEMS", "VERSION", "SANDBOX"}, rows);
}

std::string ClusterTables(const json& cluster) {
  const auto of = [](const json& object, const char* name) {
    return object.is_object() ? object.value(name, json::object()) : json::object();
  };
  const auto share = [&of](const json& row, const char* what, int shift) {
    return std::to_string(Number(of(row, "used"), what) >> shift) + "/" +
           std::to_string(Number(of(row, "total"), what) >> shift);
  };
  const auto resources = [&share](const json& row) {
    return std::vector<std::string>{share(row, "cpu_milli", 0),
                                    share(row, "mem_bytes", 20) + " MiB", share(row, "systems", 0)};
  };
  std::vector<std::vector<std::string>> states;
  const json by_state = of(cluster, "states");
  for (const auto& [state, row] : by_state.items()) {
    states.push_back({state, Text(row, "workers")});
    for (std::string& cell : resources(row)) states.back().push_back(std::move(cell));
  }
  std::vector<std::vector<std::string>> workers;
  const json all = cluster.is_object() ? cluster.value("workers", json::array()) : json::array();
  for (const json& worker : all) {
    workers.push_back({Text(worker, "name"), Text(worker, "state"), Text(worker, "jobs")});
    for (std::string& cell : resources(worker)) workers.back().push_back(std::move(cell));
  }
  std::string jobs;
  const json counts = of(cluster, "jobs");
  for (const auto& [state, count] : counts.items()) {
    jobs += (jobs.empty() ? "" : ", ") + EscapeLine(state) + " " + Quoted(count);
  }
  return Table({"STATE", "WORKERS", "MILLI-CPU", "MEMORY", "SYSTEMS"}, states) + "\n" +
         Table({"WORKER", "STATE", "JOBS", "MILLI-CPU", "MEMORY", "SYSTEMS"}, workers) +
         "\nJobs: " + jobs + "\n";
}

std::string TokenTable(const json& tokens, int64_t now_ms) {
  const auto ago = [now_ms](const json& token, const char* name) {
    const int64_t at = Number(token, name);
    return at == 0 ? std::string("-") : ShortDuration(now_ms - at);
  };
  std::vector<std::vector<std::string>> rows;
  for (const json& token : tokens) {
    std::string namespaces;
    const json list = token.is_object() ? token.value("namespaces", json::array()) : json::array();
    for (const json& one : list) {
      namespaces += (namespaces.empty() ? "" : ",") +
                    (one.is_string() ? one.get<std::string>() : Quoted(one));
    }
    const int64_t expires = Number(token, "expires_ms");
    rows.push_back({Text(token, "id"), Text(token, "state"), Text(token, "role"),
                    Text(token, "user"), namespaces, ago(token, "created_ms"),
                    ago(token, "last_used_ms"), expires == 0 ? "never" : UtcTime(expires)});
  }
  return Table({"ID", "STATE", "ROLE", "USER", "NAMESPACES", "AGE", "LAST-USED", "EXPIRES"}, rows);
}

std::string EventTable(const json& events) {
  std::vector<std::vector<std::string>> rows;
  for (const json& event : events) {
    rows.push_back({UtcTime(Number(event, "time_ms")), Text(event, "type"), Text(event, "from"),
                    Text(event, "to"), Text(event, "message")});
  }
  return Table({"TIME", "TYPE", "FROM", "TO", "MESSAGE"}, rows);
}

std::string Yaml(const json& value) {
  std::string out;
  AppendYaml(value, "", out);
  return out;
}

}  // namespace csl::cli
