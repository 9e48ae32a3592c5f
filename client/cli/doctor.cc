// SPDX-License-Identifier: Apache-2.0
#include "client/cli/doctor.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <system_error>

#include "base/archive/beneath.h"
#include "base/digest/sha256.h"
#include "base/file.h"
#include "client/cli/doctor_suite.h"
#include "client/native/fields.h"
#include "client/native/pack.h"
#include "client/native/session.h"

namespace csl::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Little, so that the check of its limit takes no time, and so that it fits beside other jobs.
constexpr int64_t kMemBytes = int64_t{256} << 20;
constexpr int64_t kCpuMilli = 500;
constexpr int64_t kTimeLimitS = 120;
constexpr int64_t kEventWaitMs = 5'000;
constexpr int kMostWaits = 24;  // two minutes for a worker that is busy

StatusOr<std::string> UploadFrom(client::Service& service, const fs::path& folder) {
  std::error_code error;
  fs::create_directory(folder, error);
  fs::create_directory(folder / "suite", error);
  if (error) return Unavailable("cannot make a folder for the suite: " + error.message());
  RETURN_IF_ERROR(WriteFileAtomic(folder / "suite" / "doctor.py", std::string_view(kDoctorSuite)));
  RETURN_IF_ERROR(client::PackFolder(folder / "suite", "doctor", folder / "suite.tar.gz"));
  return service.UploadFile(folder / "suite.tar.gz", "job-operator");
}

// The suite as an artifact that the service has.
StatusOr<std::string> UploadSuite(client::Service& service) {
  std::error_code error;
  const fs::path folder = fs::temp_directory_path(error) / ("csctl-doctor-" + RandomHex(8));
  auto digest = UploadFrom(service, folder);
  (void)archive::RemoveTree(folder);
  return digest;
}

Status AwaitRunning(client::Service& service, const std::string& job) {
  int64_t after = 0;
  for (int waits = 0; waits < kMostWaits; ++waits) {
    ASSIGN_OR_RETURN(const std::string text, service.Get("/v1/jobs/" + job));
    ASSIGN_OR_RETURN(const json view, client::ParseObject(text));
    const std::string state = client::TextField(view, "state");
    if (state == "RUNNING") return OkStatus();
    if (client::NumberField(view, "finished_ms") != 0) {
      return FailedPrecondition("the session is " + state + ": " +
                                client::TextField(view, "message"));
    }
    ASSIGN_OR_RETURN(const std::string events, service.Events(job, after, kEventWaitMs, nullptr));
    ASSIGN_OR_RETURN(const json answer, client::ParseObject(events));
    after = client::NumberField(answer, "last");
  }
  return Unavailable("the worker has no room for a session");
}

// The service as this client reaches it: a job must not.
std::string AddressOf(const std::string& url) {
  const size_t start = url.find("//");
  return url.starts_with("unix:") || start == std::string::npos ? "" : url.substr(start + 2);
}

StatusOr<client::CommandResult> RunSuite(client::Service& service, const std::string& job) {
  RETURN_IF_ERROR(AwaitRunning(service, job));
  return client::RunCommand(service, job,
                            "python3 doctor.py " + std::to_string(kMemBytes) + " " +
                                std::to_string(kCpuMilli) + " " +
                                AddressOf(service.endpoint().url) + " 2>&1",
                            {});
}

}  // namespace

std::vector<Finding> ParseFindings(const std::string& worker, const std::string& text) {
  std::vector<Finding> findings;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const size_t first = line.find('\t');
    const size_t second = first == std::string::npos ? first : line.find('\t', first + 1);
    if (second == std::string::npos) {
      findings.push_back({worker, "suite", false, line});
      continue;
    }
    std::string detail = line.substr(second + 1);
    std::replace(detail.begin(), detail.end(), '\t', ' ');
    findings.push_back({worker, line.substr(0, first),
                        line.substr(first + 1, second - first - 1) == "ok", std::move(detail)});
  }
  return findings;
}

StatusOr<std::vector<Finding>> Examine(client::Service& service, const std::string& worker) {
  ASSIGN_OR_RETURN(const std::string digest, UploadSuite(service));
  const json request = {
      {"kind", "launch"},
      {"name", "doctor"},
      {"cpu_milli", kCpuMilli},
      {"mem_bytes", kMemBytes},
      {"job_time_sec", kTimeLimitS},
      {"launch", {{"artifact", digest}, {"simulator", true}, {"worker", worker}}}};
  ASSIGN_OR_RETURN(const std::string answer, service.Post("/v1/jobs", request.dump()));
  ASSIGN_OR_RETURN(const json made, client::ParseObject(answer));
  const std::string job = client::TextField(made, "id");
  const auto result = RunSuite(service, job);
  (void)service.Post("/v1/jobs/" + job + (result.ok() ? "/finish" : "/cancel"), "{}");
  RETURN_IF_ERROR(result.status());
  auto findings = ParseFindings(worker, result->out);
  if (result->exit_code != 0 || findings.empty()) {
    findings.push_back(
        {worker, "suite", false, "ended with exit code " + std::to_string(result->exit_code)});
  }
  return findings;
}

}  // namespace csl::cli
