// SPDX-License-Identifier: Apache-2.0
#include "worker/agent/running_attempt.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "base/archive/extract.h"
#include "base/failure_point.h"
#include "base/file.h"
#include "worker/executor/compile.h"

namespace csl::worker {
namespace {

namespace fs = std::filesystem;

// What a sandbox of one job may start; builds with many parallel processes fit.
constexpr int64_t kMaxPids = 4096;
constexpr uint64_t kLoggedOutputBytes = 1 << 20;  // of each stream of a command, in the job's log

constexpr uintmax_t kQuickBytes = 1 << 20;  // archives up to this size are extracted in no time

// What the service hears of each end of a compile.
struct CompileEndRow {
  CompileEnd end;
  JobState state;
  EndReason reason;
};
constexpr CompileEndRow kCompileEnds[] = {
    {CompileEnd::kArtifact, JobState::kSucceeded, EndReason::kNone},
    {CompileEnd::kCompilationFailed, JobState::kFailed, EndReason::kCompilationFailed},
    {CompileEnd::kOutOfMemory, JobState::kFailed, EndReason::kOutOfMemory},
    {CompileEnd::kTimeLimit, JobState::kFailed, EndReason::kTimeLimit},
    {CompileEnd::kCancelled, JobState::kCancelled, EndReason::kCancelledBy},
    {CompileEnd::kDiskFull, JobState::kFailed, EndReason::kDiskFull},
};
static_assert(std::size(kCompileEnds) == static_cast<size_t>(CompileEnd::kDiskFull) + 1);

const CompileEndRow& RowOf(CompileEnd end) {
  return *std::ranges::find(kCompileEnds, end, &CompileEndRow::end);
}

messages::ReportRequest Failed(EndReason reason, const std::string& message) {
  return {.to = JobState::kFailed, .reason = reason, .message = message};
}

messages::ReportRequest Cancelled() {
  return {.to = JobState::kCancelled, .reason = EndReason::kCancelledBy};
}

std::chrono::steady_clock::time_point DeadlineOf(const Attempt& attempt) {
  if (attempt.job.time_limit_ms == 0) return std::chrono::steady_clock::time_point::max();
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(attempt.job.time_limit_ms);
}

std::string TooLong(const Attempt& attempt) {
  return "the job took longer than " + std::to_string(attempt.job.time_limit_ms / 1000) + " s";
}

// The session's log holds each command with what it printed.
std::string Transcript(Session& session, const CommandRecord& record) {
  std::string text = "$ " + record.text + "\n";
  for (const OutputKind kind : {OutputKind::kStdout, OutputKind::kStderr}) {
    const auto piece = session.Read(record.index, kind, 0, kLoggedOutputBytes, 0);
    if (!piece.ok() || piece->bytes.empty()) continue;
    text += piece->bytes;
    if (!text.ends_with('\n')) text += '\n';
  }
  return text + "[exit code " + std::to_string(record.exit_code) + "]\n";
}

}  // namespace

RunningAttempt::RunningAttempt(AttemptWorld world, Attempt attempt)
    : world_(std::move(world)),
      attempt_(std::move(attempt)),
      folder_(world_.work_dir / (attempt_.job.id + "-" + std::to_string(attempt_.id))),
      deadline_(DeadlineOf(attempt_)) {}

CgroupLimits RunningAttempt::Limits() const {
  return {std::min(attempt_.job.resources.mem_bytes, world_.memory_bytes),
          attempt_.job.resources.cpu_milli, kMaxPids};
}

void RunningAttempt::Cancel(EndCause cause) {
  std::lock_guard lock(mutex_);
  if (cause == EndCause::kWorkerGoes) worker_goes_ = true;
  cancelled_ = true;
  changed_.notify_all();
}

void RunningAttempt::EndForDisk(const std::string& why) {
  std::lock_guard lock(mutex_);
  if (cancelled_) return;
  over_disk_ = why;
  cancelled_ = true;
  changed_.notify_all();
}

std::string RunningAttempt::OverDisk() {
  std::lock_guard lock(mutex_);
  return over_disk_;
}

void RunningAttempt::ReportState(JobState to) {
  const Status status =
      world_.service.Report(attempt_, {.to = to}, [this] { return MustStop() || IsOver(); });
  if (status.code() == StatusCode::kAborted) {
    fenced_ = true;
    Cancel(EndCause::kCancelled);
  }
}

void RunningAttempt::BeginToSayStarting() {
  starting_ = std::thread([this] { ReportState(JobState::kStarting); });
}

void RunningAttempt::AwaitStarting() {
  if (starting_.joinable()) starting_.join();
}

// A session's sandbox is made while its files come, if there is no spare one.
Status RunningAttempt::TakeSandbox() {
  idle_ = world_.spares.Take(folder_);
  if (idle_ != nullptr) return OkStatus();
  ASSIGN_OR_RETURN(idle_, IdleSandbox::Start(folder_, folder_.filename(), world_.sandbox));
  return OkStatus();
}

Status RunningAttempt::GetBlob(const fs::path& to) {
  std::error_code error;
  const bool is_here = world_.blobs.Link(attempt_.blob(), to);
  if (attempt_.is_compile() && !(is_here && fs::file_size(to, error) <= kQuickBytes))
    BeginToSayStarting();
  if (is_here) return OkStatus();
  RETURN_IF_ERROR(world_.service.FetchBlob(attempt_, to, [this] { return MustStop(); }));
  world_.blobs.Keep(attempt_.blob(), to);
  return OkStatus();
}

Status RunningAttempt::Stage() {
  std::error_code error;
  fs::create_directories(folder_ / "root", error);
  if (error) return DiskFailure("cannot make a job's folder", error.value());
  RETURN_IF_ERROR(GetBlob(folder_ / "blob"));
  PassFailurePoint("worker.before_extract");
  ASSIGN_OR_RETURN(const auto summary,
                   csl::archive::ExtractInto(folder_ / "blob", folder_ / "root",
                                             {.stop = [this] { return MustStop(); }}));
  fs::remove(folder_ / "blob", error);
  if (summary.top_level.size() == 1 &&
      fs::is_directory(fs::symlink_status(folder_ / "root" / summary.top_level[0], error))) {
    working_ = summary.top_level[0];
  }
  return OkStatus();
}

messages::ReportRequest RunningAttempt::Compile() {
  CompileRequest request;
  request.job = attempt_.job.id;
  request.folder = folder_;
  request.source_digest = attempt_.blob();
  request.csl_main = attempt_.job.compile->csl_main;
  request.args = attempt_.job.compile->args;
  request.limits = Limits();
  request.deadline = deadline_;
  request.time_limit_ms = attempt_.job.time_limit_ms;
  const auto outcome = RunCompile(request, world_.sandbox, cancelled_,
                                  [this](std::string_view text) { log_->Append(text); });
  log_->Close();
  if (!outcome.ok()) return NotStarted(outcome.status(), EndReason::kBadRequest);
  const CompileEndRow& end = RowOf(outcome->end);
  messages::ReportRequest report{
      .to = end.state, .reason = end.reason, .message = outcome->message};
  report.result.exit_code = outcome->exit_code;
  if (outcome->end != CompileEnd::kArtifact) return report;
  PassFailurePoint("worker.before_result");
  const auto digest =
      world_.service.PutBlob(attempt_, outcome->archive, [this] { return MustStop(); });
  if (!digest.ok()) {
    if (MustStop()) return NotStarted({StatusCode::kCancelled, ""}, EndReason::kWorkerError);
    return Failed(EndReason::kWorkerError, digest.status().message());
  }
  world_.blobs.Keep(*digest, outcome->archive);
  report.result.artifact = *digest;
  PassFailurePoint("worker.before_report");
  return report;
}

// kNone: cancelled. Else kTimeLimit, or why the session cannot continue.
EndReason RunningAttempt::WaitForEnd() {
  std::unique_lock lock(mutex_);
  const auto ended = [this] { return cancelled_ || !lost_.empty(); };
  if (attempt_.job.time_limit_ms == 0) {
    changed_.wait(lock, ended);
  } else if (!changed_.wait_until(lock, deadline_, ended)) {
    return EndReason::kTimeLimit;
  }
  return lost_reason_;
}

messages::ReportRequest RunningAttempt::Serve() {
  SessionSpec spec;
  spec.job = attempt_.job.id;
  spec.folder = folder_;
  spec.working = working_;
  spec.simulator = attempt_.job.launch->simulator;
  spec.limits = Limits();
  spec.stop = [this] { return MustStop(); };
  PassFailurePoint("worker.before_sandbox");
  auto started = Session::Start(spec, world_.sandbox, std::move(idle_));
  if (!started.ok()) return NotStarted(started.status(), EndReason::kWorkerError);
  const std::shared_ptr<Session> session = std::move(started).value();
  session->OnLost([this](EndReason reason, const std::string& why) {
    std::lock_guard lock(mutex_);
    lost_ = why;
    lost_reason_ = reason;
    changed_.notify_all();
  });
  session->OnExit([this, raw = session.get()](const CommandRecord& record) {
    log_->Append(Transcript(*raw, record));
  });
  session->OnNews([this] { world_.api.Wake(attempt_.job.id); });
  world_.api.Open(attempt_.job.id, attempt_.ticket, session);
  served_ = true;
  AwaitStarting();
  ReportState(JobState::kRunning);
  world_.spares.Refill();
  const EndReason why = WaitForEnd();
  if (const std::string over = OverDisk(); !over.empty()) session->Lose(EndReason::kDiskFull, over);
  const bool out_of_memory = session->had_out_of_memory();
  const int64_t peak = session->peak_memory_bytes();
  session->Stop();
  log_->Close();
  if (why == EndReason::kNone) return Cancelled();
  if (why == EndReason::kTimeLimit) return Failed(why, TooLong(attempt_));
  if (out_of_memory) {
    return Failed(EndReason::kOutOfMemory, "the session used " + std::to_string(peak) + " bytes, " +
                                               std::to_string(Limits().mem_bytes) +
                                               " were allowed");
  }
  return Failed(why, lost_);
}

messages::ReportRequest RunningAttempt::NotStarted(const Status& why, EndReason invalid) {
  if (cancelled_) return Cancelled();
  switch (why.code()) {
    case StatusCode::kCancelled:
      return Failed(EndReason::kTimeLimit, TooLong(attempt_));
    case StatusCode::kInvalidArgument:
      return Failed(invalid, why.message());
    case StatusCode::kResourceExhausted:
      return Failed(EndReason::kDiskFull, why.message());
    default:
      return Failed(EndReason::kWorkerError, why.message());
  }
}

messages::ReportRequest RunningAttempt::Work() {
  if (!attempt_.is_compile()) {
    if (const Status taken = TakeSandbox(); !taken.ok())
      return NotStarted(taken, EndReason::kWorkerError);
  }
  if (const Status staged = Stage(); !staged.ok()) {
    log_->Append(staged.message() + "\n");
    return NotStarted(staged, EndReason::kBadArchive);
  }
  if (cancelled_) return Cancelled();
  if (!attempt_.is_compile()) return Serve();
  AwaitStarting();
  ReportState(JobState::kRunning);
  return Compile();
}

void RunningAttempt::Run() {
  PassFailurePoint("worker.after_assign");
  log_ = std::make_unique<JobLog>(world_.service, attempt_, [this] { return IsOver(); });
  if (!attempt_.is_compile()) BeginToSayStarting();
  world_.disk.Watch(folder_, [this](const std::string& why) { EndForDisk(why); });
  messages::ReportRequest report = Work();
  AwaitStarting();
  if (std::exchange(idle_, nullptr) != nullptr) world_.spares.Refill();  // its job never began
  world_.disk.Forget(folder_);
  const std::string over = OverDisk();
  if (!over.empty()) report = Failed(EndReason::kDiskFull, over);
  log_->Close();
  if (served_ && !fenced_ && over.empty()) {  // what took too much is not kept
    world_.kept.Keep(attempt_.job.id, folder_);
  } else {
    world_.api.Close(attempt_.job.id);
    world_.disposal.Remove(folder_);
  }
  // The job is named as running until the service has heard of its end.
  if (!IsOver()) (void)world_.service.Report(attempt_, report, [this] { return IsOver(); });
}

}  // namespace csl::worker
