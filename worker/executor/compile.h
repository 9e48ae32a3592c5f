// SPDX-License-Identifier: Apache-2.0
// One compile job: the compiler in a sandbox over a staged source folder, and the archive of what
// it made.
#ifndef WORKER_EXECUTOR_COMPILE_H_
#define WORKER_EXECUTOR_COMPILE_H_

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "worker/sandbox/sandbox.h"

namespace csl::worker {

struct CompileRequest {
  std::string job;
  std::filesystem::path folder;  // of the job: root/ holds the sources; more is made beside it
  std::string source_digest;
  std::string csl_main;
  std::vector<std::string> args;
  CgroupLimits limits;
  int64_t time_limit_ms = 0;  // 0: none; for the message
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
};

enum class CompileEnd {
  kArtifact,
  kCompilationFailed,
  kOutOfMemory,
  kTimeLimit,
  kCancelled,
  kDiskFull
};

struct CompileOutcome {
  CompileEnd end = CompileEnd::kCompilationFailed;
  int exit_code = 0;
  std::filesystem::path archive;  // of kArtifact
  std::string message;            // a sentence for people
};

// Runs to the end. `on_output` gets what the compiler prints, stdout and stderr in their order;
// `cancelled` is looked at while it runs. The archive has one top folder, named by a digest of the
// sources and arguments, with the sources and what the compiler wrote.
StatusOr<CompileOutcome> RunCompile(const CompileRequest& request, const Sandbox& sandbox,
                                    const std::atomic<bool>& cancelled,
                                    const std::function<void(std::string_view)>& on_output);

// kInvalidArgument for arguments that would read or write outside of the job's folder.
Status CheckCompileArguments(const std::string& csl_main, const std::vector<std::string>& args);

}  // namespace csl::worker

#endif  // WORKER_EXECUTOR_COMPILE_H_
