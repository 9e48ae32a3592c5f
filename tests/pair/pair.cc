// SPDX-License-Identifier: Apache-2.0
#include "tests/pair/pair.h"

#include "appliance/store/sqlite/sqlite_store.h"
#include "base/check.h"
#include "base/digest/sha256.h"
#include "base/digest/ticket.h"
#include "base/file.h"

namespace csl::tests {
namespace {

namespace fs = std::filesystem;
using appliance::JobState;

constexpr int64_t kMemory = 1 << 30;

// Beside this program, wherever that lies.
fs::path StubRunner() {
  const fs::path beside = fs::read_symlink("/proc/self/exe").parent_path() / "stub_runner";
  return fs::exists(beside) ? beside : fs::canonical("tests/pair/stub_runner");
}

}  // namespace

Pair::Pair(fs::path folder, const http::ServerLimits& limits)
    : folder_(std::move(folder)), worker_api_(folder_ / "scratch"), front_(limits), back_(limits) {
  fs::remove_all(folder_);
  for (const char* part : {"scratch", "prefix/bin", "session/root/top"}) {
    fs::create_directories(folder_ / part);
  }
  fs::copy_file(StubRunner(), folder_ / "prefix/bin/cs-runner");
  store_ = std::move(appliance::OpenSqliteStore(folder_ / "jobs.db")).value();
  blobs_ = std::move(appliance::BlobStore::Open(folder_ / "blobs")).value();
  logs_ = std::move(appliance::LogStore::Open(folder_ / "logs")).value();
  service_ = std::make_unique<appliance::JobService>(*store_, clock_);
  CHECK(service_->AdmitToken(kUserToken, user_).ok()) << "no user";
  CHECK(service_->AdmitToken(kWorkerToken, as_worker_).ok()) << "no worker";
  api_ = std::make_unique<appliance::Api>(*service_, *blobs_, *logs_, appliance::ApiOptions{});
  StartServers();
  StartSession();
}

void Pair::StartServers() {
  api_->AddTo(front_);
  worker_api_.AddTo(back_);
  CHECK(front_.ListenUnix(service_socket()).ok() && front_.Start().ok()) << "no service";
  CHECK(back_.ListenUnix(worker_socket()).ok() && back_.Start().ok()) << "no worker";
}

void Pair::RegisterAnew() {
  appliance::Worker worker;
  worker.name = as_worker_.user;
  worker.total = {4000, kMemory, 4};
  worker.endpoint = "unix:" + worker_socket();
  const auto registered = service_->Register(as_worker_, worker);
  CHECK(registered.ok()) << registered.status().message();
  worker_id_ = registered->id;
}

void Pair::StartSession() {
  RegisterAnew();
  const std::string artifact = Sha256Hex("artifact");
  CHECK(service_->AddBlob(user_, "team-a", artifact, 8).ok()) << "no blob";
  appliance::JobRequest request;
  request.kind = appliance::JobKind::kLaunch;
  request.name_space = "team-a";
  request.wanted = {1000, kMemory / 4, 0};
  request.client_lease = false;
  request.launch.artifact = artifact;
  request.launch.simulator = true;
  const auto job = service_->Submit(user_, request, "");
  CHECK(job.ok()) << job.status().message();
  job_ = job->job.id;
  const auto poll = service_->Poll(as_worker_, worker_id_, {}, 0);
  CHECK(poll.ok() && poll->assignments.size() == 1) << "no assignment";
  attempt_ = poll->assignments[0].attempt;
  ticket_ = MakeTicket(attempt_.id, attempt_.secret);
  worker::SessionSpec spec;
  spec.job = job_;
  spec.prefix = folder_ / "prefix";
  spec.folder = folder_ / "session";
  spec.working = "top";
  spec.simulator = true;
  CHECK(WriteFileAtomic(folder_ / "session/root/top" / kCanaryName, kCanary).ok()) << "no canary";
  auto session = worker::Session::Start(
      spec,
      worker::Sandbox(spec.prefix, worker::Protection::kNone, worker::Limits::kAsFarAsPossible));
  CHECK(session.ok()) << session.status().message();
  session_ = std::move(session).value();
  session_->OnNews([this] { worker_api_.Wake(job_); });
  worker_api_.Open(job_, ticket_, session_);
  for (const JobState to : {JobState::kStarting, JobState::kRunning}) {
    appliance::Report report;
    report.attempt = attempt_.id;
    report.fence = attempt_.fence;
    report.to = to;
    CHECK(service_->Accept(as_worker_, report).ok()) << "not accepted";
  }
}

Pair::~Pair() {
  service_->Stop();
  front_.Stop();
  back_.Stop();
  worker_api_.Close(job_);
  session_->Stop();
  session_.reset();
  api_.reset();
  service_.reset();
  store_.reset();
  fs::remove_all(folder_);
}

bool Pair::SessionRuns() {
  const auto view = service_->Get(user_, job_);
  return view.ok() && view->job.state == JobState::kRunning && !session_->over();
}

}  // namespace csl::tests
