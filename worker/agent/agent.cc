// SPDX-License-Identifier: Apache-2.0
#include "worker/agent/agent.h"

#include <algorithm>
#include <chrono>

#include "base/log.h"

namespace csl::worker {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int64_t kRegisterPatienceMs = 5'000;
constexpr milliseconds kRetryPause{200};
constexpr int64_t kIdlePollMs = 5'000;
constexpr int64_t kShortestTimeoutMs = 50;
constexpr std::chrono::seconds kComplaintPause{60};
constexpr std::chrono::hours kCertificateUse{24};

// Whether waiting cannot help.
bool SaysNo(const Status& status) {
  switch (status.code()) {
    case StatusCode::kUnauthenticated:
    case StatusCode::kPermissionDenied:
    case StatusCode::kInvalidArgument:
    case StatusCode::kUnimplemented:
      return true;
    default:
      return false;
  }
}

}  // namespace

void Agent::Complain(const Status& why) {
  const auto now = Steady::now();
  if (why.message() == complaint_ && now - complained_ < kComplaintPause) return;
  complaint_ = why.message();
  complained_ = now;
  Log(LogLevel::kInfo, "waiting for the service: " + complaint_);
}

Agent::~Agent() { EndAll(); }

void Agent::Stop() {
  stopping_ = true;
  world_.service.Stop();
}

void Agent::Start(Attempt attempt) {
  const int64_t id = attempt.id;
  auto slot = std::make_unique<Slot>();
  slot->attempt = std::make_unique<RunningAttempt>(world_, std::move(attempt));
  Slot* raw = slot.get();
  slot->thread = std::thread([raw] {
    raw->attempt->Run();
    raw->done = true;
  });
  slots_[id] = std::move(slot);
}

void Agent::Reap() {
  world_.kept.Sweep();
  for (auto it = slots_.begin(); it != slots_.end();) {
    if (it->second->done) {
      it->second->thread.join();
      it = slots_.erase(it);
    } else {
      ++it;
    }
  }
}

void Agent::EndAll() {
  for (const auto& [id, slot] : slots_) {
    slot->attempt->Cancel(EndCause::kWorkerGoes);
  }
  world_.service.Interrupt();
  for (const auto& [id, slot] : slots_) slot->thread.join();
  slots_.clear();
  // The service gives this worker up, or it goes: nobody will find what is kept here.
  world_.kept.Clear();
}

std::vector<int64_t> Agent::Running() const {
  std::vector<int64_t> ids;
  for (const auto& [id, slot] : slots_) ids.push_back(id);
  return ids;
}

Status Agent::Serve(const messages::Joined& own) {
  const milliseconds fence_after(own.lease_ms * 2 / 3);
  auto last_contact = Steady::now();
  while (!stopping_) {
    Reap();
    // An answer that takes longer than what is left comes too late to keep the jobs.
    const auto begin = Steady::now();
    const int64_t left_ms =
        std::chrono::duration_cast<milliseconds>(last_contact + fence_after - begin).count();
    const int64_t timeout_ms =
        std::max(slots_.empty() ? fence_after.count() : left_ms, kShortestTimeoutMs);
    auto result = world_.service.Poll(own.worker_id, Running(),
                                      std::min(kIdlePollMs, timeout_ms / 2), timeout_ms);
    if (result.ok()) {
      last_contact = begin;
      complaint_.clear();
      if (certify_ != nullptr && begin - certified_ > kCertificateUse) {
        if (const Status renewed = Certify(); !renewed.ok()) Complain(renewed);
      }
      for (Attempt& attempt : result->attempts) {
        if (!slots_.contains(attempt.id)) Start(std::move(attempt));
      }
      for (const int64_t id : result->cancel) {
        if (const auto it = slots_.find(id); it != slots_.end()) {
          it->second->attempt->Cancel(EndCause::kCancelled);
        }
      }
      // A job that is being ended is named by every poll until it has gone.
      if (!result->cancel.empty()) std::this_thread::sleep_for(milliseconds(5));
      continue;
    }
    // kAborted is how a service of 0.2 says it.
    if (result.status().code() == StatusCode::kAborted ||
        result.status().code() == StatusCode::kNotFound) {
      EndAll();
      return OkStatus();
    }
    if (SaysNo(result.status()) && !stopping_) return result.status();
    Complain(result.status());
    if (Steady::now() - last_contact >= fence_after && !slots_.empty()) {
      Log(LogLevel::kWarning, "the service is away, all jobs end");
      EndAll();
    }
    std::this_thread::sleep_for(kRetryPause);
  }
  return OkStatus();
}

Status Agent::Certify() {
  if (certify_ == nullptr) return OkStatus();
  const Status status = certify_();
  if (status.ok()) certified_ = Steady::now();
  return status;
}

StatusOr<messages::Joined> Agent::Register() {
  RETURN_IF_ERROR(Certify());
  return world_.service.Register(description_, kRegisterPatienceMs);
}

Status Agent::Run() {
  while (!stopping_) {
    const auto own = Register();
    if (stopping_) break;
    // A service that is away, or whose disk is full, may come back; one that says no will say it
    // again.
    if (SaysNo(own.status())) return own.status();
    if (!own.ok()) {
      Complain(own.status());
      std::this_thread::sleep_for(kRetryPause);
      continue;
    }
    complaint_.clear();
    RETURN_IF_ERROR(Serve(*own));
    if (!stopping_) continue;
    EndAll();
    world_.service.Leave(own->worker_id);
  }
  return OkStatus();
}

}  // namespace csl::worker
