// SPDX-License-Identifier: Apache-2.0
#include "worker/executor/compile.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/archive/entry_path.h"
#include "base/archive/owner.h"
#include "base/archive/pack.h"
#include "base/digest/sha256.h"
#include "base/failure_point.h"
#include "worker/executor/child_process.h"

namespace csl::worker {
namespace {

namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;

constexpr char kRoot[] = "/session";
constexpr int kCheckMs = 50;           // how soon a cancellation or the time limit is noticed
constexpr size_t kTopNameDigits = 32;  // of the digest that names the archive's top folder
constexpr uint32_t kMaxDepth = 64;
constexpr uint32_t kMaxPathBytes = 1024;
constexpr int kToolFailed = 3;         // of the compiler, in base/status_codes.def
constexpr size_t kEndOfOutput = 4096;  // where the compiler says why

// The value of `-o x`, `-o=x` or `-ox`; "out" if there is none.
std::string OutputName(const std::vector<std::string>& args) {
  std::string name = "out";
  for (size_t i = 0; i < args.size(); ++i) {
    if (args[i] == "-o" && i + 1 < args.size())
      name = args[i + 1];
    else if (args[i].starts_with("-o="))
      name = args[i].substr(3);
  }
  return name;
}

// Reads the pipe until nobody can write any more; ends the process when told to.
CompileEnd Watch(pid_t pid, int pipe, Steady::time_point deadline,
                 const std::atomic<bool>& cancelled,
                 const std::function<void(std::string_view)>& on_output) {
  CompileEnd end = CompileEnd::kArtifact;
  char buffer[64 * 1024];
  for (;;) {
    pollfd wait{pipe, POLLIN, 0};
    const int ready = ::poll(&wait, 1, kCheckMs);
    if (ready > 0) {
      const ssize_t got = ::read(pipe, buffer, sizeof buffer);
      if (got > 0) on_output(std::string_view(buffer, static_cast<size_t>(got)));
      if (got == 0 || (got < 0 && errno != EINTR)) return end;
    }
    // Its sandbox's outer process was ended while it made the sandbox: what it made waits for it.
    if (ready == 0 && HasEnded(pid)) ::kill(-pid, SIGKILL);
    if (end != CompileEnd::kArtifact) continue;
    if (cancelled) end = CompileEnd::kCancelled;
    if (Steady::now() > deadline) end = CompileEnd::kTimeLimit;
    if (end != CompileEnd::kArtifact) ::kill(-pid, SIGKILL);
  }
}

// Whether the compiler failed for want of disk, by what it said last.
bool SaysDiskFull(const std::string& output) {
  return output.find(std::strerror(ENOSPC)) != std::string::npos ||
         output.find(std::strerror(EDQUOT)) != std::string::npos;
}

// Sets what became of a compiler that ended with another exit code than 0.
void Explain(CompileOutcome& outcome, const CompileRequest& request, bool out_of_memory,
             const std::string& said) {
  if (out_of_memory) {
    outcome.end = CompileEnd::kOutOfMemory;
    outcome.message =
        "the compiler ran out of memory: " + std::to_string(request.limits.mem_bytes) +
        " bytes were allowed";
  } else if (outcome.exit_code == kToolFailed && SaysDiskFull(said)) {
    outcome.end = CompileEnd::kDiskFull;
    outcome.message = "the disk of the worker is full: the compiler cannot write what it made";
  } else {
    outcome.end = CompileEnd::kCompilationFailed;
    outcome.message = "cslc ended with exit code " + std::to_string(outcome.exit_code);
  }
}

StatusOr<fs::path> PackArtifact(const CompileRequest& request,
                                const csl::archive::BeneathFolder& root,
                                const std::function<bool()>& stop) {
  Sha256 name;
  name.Update(request.source_digest + "\n" + request.csl_main + "\n");
  for (const std::string& arg : request.args) name.Update(arg + "\n");
  fs::path archive = request.folder / "artifact.tar.gz";
  RETURN_IF_ERROR(csl::archive::PackBeneath(root, {}, archive,
                                            {.prefix = name.FinishHex().substr(0, kTopNameDigits),
                                             .keep = {},
                                             .limits = {.stop = stop}}));
  return archive;
}

Status PackInto(CompileOutcome& outcome, const CompileRequest& request,
                const csl::archive::BeneathFolder& root, const std::atomic<bool>& cancelled,
                const std::function<bool()>& stop) {
  auto archive = PackArtifact(request, root, stop);
  if (archive.status().code() == StatusCode::kCancelled) {
    outcome.end = cancelled ? CompileEnd::kCancelled : CompileEnd::kTimeLimit;
    outcome.message = "packing what the compile made was cut off";
    return OkStatus();
  }
  RETURN_IF_ERROR(archive.status());
  outcome.archive = *std::move(archive);
  return OkStatus();
}

}  // namespace

Status CheckCompileArguments(const std::string& csl_main, const std::vector<std::string>& args) {
  const auto inside = [](const std::string& what, const std::string& path) -> Status {
    const auto parts = csl::archive::SplitEntryPath(path, kMaxDepth, kMaxPathBytes);
    if (parts.ok() && !parts->empty()) return OkStatus();
    return InvalidArgument(what + " is '" + path + "'; must be a path inside the folder");
  };
  RETURN_IF_ERROR(inside("the CSL file", csl_main));
  if (csl_main.starts_with('-')) {
    return InvalidArgument("the CSL file is '" + csl_main + "', which looks like an option");
  }
  return inside("the output of -o", OutputName(args));
}

StatusOr<CompileOutcome> RunCompile(const CompileRequest& request, const Sandbox& sandbox,
                                    const std::atomic<bool>& cancelled,
                                    const std::function<void(std::string_view)>& on_output) {
  RETURN_IF_ERROR(CheckCompileArguments(request.csl_main, request.args));
  const fs::path root = request.folder / "root";
  std::error_code error;  // a name too long or a link to itself is an error, not an exception
  if (!fs::is_regular_file(root / request.csl_main, error)) {
    return InvalidArgument("the CSL file '" + request.csl_main + "' is not in the source folder");
  }
  fs::create_directories((root / OutputName(request.args)).parent_path(), error);
  // Opened before the compiler runs: what it does to its folder changes nothing for us.
  ASSIGN_OR_RETURN(const auto own_root, csl::archive::BeneathFolder::OpenOwn(root));
  const JobUser user = sandbox.protection() == Protection::kFull ? JobUser::Take() : JobUser();
  const auto stop = [&request, &cancelled] {
    return cancelled || Steady::now() > request.deadline;
  };
  if (user.id()) RETURN_IF_ERROR(csl::archive::GiveTree(root, *user.id(), stop));

  SandboxSpec spec;
  spec.user = user.id();
  spec.mounts = {{root, kRoot, true}};
  spec.working_folder = sandbox.Inside(spec, root);
  spec.environment = {{"PATH", (sandbox.prefix() / "bin").string() + ":/usr/bin:/bin"},
                      {"HOME", kHome},
                      {"LANG", "C.UTF-8"},
                      {"WSJOB_ID", request.job}};
  std::vector<std::string> args = {request.csl_main};
  args.insert(args.end(), request.args.begin(), request.args.end());
  Cgroup group = Cgroup::Create(request.folder.filename().string(), request.limits, request.folder);
  RETURN_IF_ERROR(sandbox.CheckLimits(group));
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) return Unavailable("no descriptors left");
  const auto pid = sandbox.StartTool(spec, "cslc", args, {.out = pipe[1], .err = pipe[1]}, group);
  ::close(pipe[1]);
  CompileOutcome outcome;
  std::string said;
  if (pid.ok()) {
    PassFailurePoint("worker.during_compile");
    outcome.end = Watch(*pid, pipe[0], request.deadline, cancelled, [&](std::string_view text) {
      on_output(text);
      said += text;
      if (said.size() > kEndOfOutput) said.erase(0, said.size() - kEndOfOutput);
    });
  }
  ::close(pipe[0]);
  RETURN_IF_ERROR(pid.status());
  int how = 0;
  ::waitpid(*pid, &how, 0);
  const bool out_of_memory = group.HadOutOfMemory();
  group.Remove();
  outcome.exit_code = WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
  if (outcome.end != CompileEnd::kArtifact) {
    outcome.message =
        outcome.end == CompileEnd::kCancelled
            ? "the compile was cancelled"
            : "the compile took longer than " + std::to_string(request.time_limit_ms / 1000) + " s";
    return outcome;
  }
  if (outcome.exit_code != 0) {
    Explain(outcome, request, out_of_memory, said);
    return outcome;
  }
  RETURN_IF_ERROR(PackInto(outcome, request, own_root, cancelled, stop));
  return outcome;
}

}  // namespace csl::worker
