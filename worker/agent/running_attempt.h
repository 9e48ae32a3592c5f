// SPDX-License-Identifier: Apache-2.0
// One attempt on this worker, from its files to its end. Runs on a thread of its own.
#ifndef WORKER_AGENT_RUNNING_ATTEMPT_H_
#define WORKER_AGENT_RUNNING_ATTEMPT_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/status.h"
#include "worker/agent/blob_cache.h"
#include "worker/agent/disk_keeper.h"
#include "worker/agent/job_log.h"
#include "worker/agent/kept_sessions.h"
#include "worker/agent/service_client.h"
#include "worker/executor/session.h"
#include "worker/executor/spare_sandboxes.h"
#include "worker/http/session_api.h"
#include "worker/sandbox/sandbox.h"

namespace csl::worker {

// What attempts share.
struct AttemptWorld {
  ServiceClient& service;
  SessionApi& api;
  const Sandbox& sandbox;
  std::filesystem::path work_dir;
  KeptSessions& kept;
  Disposal& disposal;
  DiskKeeper& disk;
  SpareSandboxes& spares;
  BlobCache& blobs;
  int64_t memory_bytes = 0;  // of the machine: no job gets more, whatever it asked for
};

// Why an attempt ends before its time: somebody wants it, or its worker stops or is cut off.
enum class EndCause { kCancelled, kWorkerGoes };

class RunningAttempt {
 public:
  RunningAttempt(AttemptWorld world, Attempt attempt);

  // To the end: files, sandbox, run, report, cleaning up. Never leaves a process, nor a folder but
  // for a session's, which is kept for a while.
  void Run();
  // Makes Run end soon. What becomes of the job the service knows or decides: a worker that goes
  // reports no end. Any thread.
  void Cancel(EndCause cause);
  const Attempt& attempt() const { return attempt_; }
  // Its files take more than a job may have: it ends. Any thread.
  void EndForDisk(const std::string& why);

 private:
  Status Stage();
  messages::ReportRequest Compile();
  messages::ReportRequest Serve();
  EndReason WaitForEnd();
  CgroupLimits Limits() const;
  // Whether a step that takes long must end: the job is cancelled, or its time is over.
  bool MustStop() const { return cancelled_ || std::chrono::steady_clock::now() > deadline_; }
  // Whether nobody wants to hear of the job from here.
  bool IsOver() const { return fenced_ || worker_goes_; }
  // Of a step before anything of the user's ran; `invalid` is the reason where he is at fault.
  messages::ReportRequest NotStarted(const Status& why, EndReason invalid);
  messages::ReportRequest Work();
  std::string OverDisk();
  void ReportState(JobState to);
  // STARTING is said beside the work: nothing of it waits for the answer but what is said next. A
  // compilation whose sources are cached reports only RUNNING, which implies STARTING.
  void BeginToSayStarting();
  void AwaitStarting();
  Status TakeSandbox();
  Status GetBlob(const std::filesystem::path& to);

  AttemptWorld world_;
  const Attempt attempt_;
  const std::filesystem::path folder_;
  std::filesystem::path working_;  // the session's, relative to root/
  std::unique_ptr<JobLog> log_;
  std::unique_ptr<IdleSandbox> idle_;  // of a session, until it begins
  std::thread starting_;
  std::atomic<bool> cancelled_{false};
  std::atomic<bool> worker_goes_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  // Time in STARTING counts: staging is the job's doing, too.
  const std::chrono::steady_clock::time_point deadline_;
  std::string over_disk_;  // what it has too much of; empty: nothing
  std::string lost_;       // why the session cannot continue
  EndReason lost_reason_ = EndReason::kNone;
  bool served_ = false;  // a session stood, and is open in the api until its folder goes
  std::atomic<bool> fenced_{false};  // the service has given the job to somebody else
};

}  // namespace csl::worker

#endif  // WORKER_AGENT_RUNNING_ATTEMPT_H_
