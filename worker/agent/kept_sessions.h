// SPDX-License-Identifier: Apache-2.0
// What is left of sessions that have ended: their files and outputs, readable for a while. Their
// processes, sandboxes and control groups are gone by then. Thread safe.
#ifndef WORKER_AGENT_KEPT_SESSIONS_H_
#define WORKER_AGENT_KEPT_SESSIONS_H_

#include <chrono>
#include <deque>
#include <filesystem>
#include <mutex>
#include <string>

#include "worker/agent/disposal.h"
#include "worker/http/session_api.h"

namespace csl::worker {

class KeptSessions {
 public:
  // The oldest of more than this many go before their time: disks are shared with the living.
  static constexpr size_t kMaxKept = 16;

  // `retention` zero: nothing is kept.
  KeptSessions(SessionApi& api, Disposal& disposal, std::chrono::milliseconds retention)
      : api_(api), disposal_(disposal), retention_(retention) {}
  ~KeptSessions() { Clear(); }

  // Takes over the folder of a session that was stopped and is still open in the api.
  void Keep(const std::string& job, const std::filesystem::path& folder);
  // Removes what has been kept long enough.
  void Sweep();
  // Removes everything.
  void Clear();

 private:
  struct Kept {
    std::string job;
    std::filesystem::path folder;
    std::chrono::steady_clock::time_point until;
  };
  void Remove(const std::deque<Kept>& gone);

  SessionApi& api_;
  Disposal& disposal_;
  const std::chrono::milliseconds retention_;
  std::mutex mutex_;
  std::deque<Kept> kept_;  // oldest first
};

}  // namespace csl::worker

#endif  // WORKER_AGENT_KEPT_SESSIONS_H_
