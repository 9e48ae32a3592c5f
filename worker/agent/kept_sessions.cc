// SPDX-License-Identifier: Apache-2.0
#include "worker/agent/kept_sessions.h"

#include <utility>

namespace csl::worker {

using Steady = std::chrono::steady_clock;

void KeptSessions::Keep(const std::string& job, const std::filesystem::path& folder) {
  {
    std::lock_guard lock(mutex_);
    kept_.push_back({job, folder, Steady::now() + retention_});
  }
  Sweep();
}

void KeptSessions::Sweep() {
  std::deque<Kept> gone;
  {
    std::lock_guard lock(mutex_);
    while (!kept_.empty() && (kept_.size() > kMaxKept || kept_.front().until <= Steady::now())) {
      gone.push_back(std::move(kept_.front()));
      kept_.pop_front();
    }
  }
  Remove(gone);
}

void KeptSessions::Clear() {
  std::deque<Kept> gone;
  {
    std::lock_guard lock(mutex_);
    gone.swap(kept_);
  }
  Remove(gone);
}

void KeptSessions::Remove(const std::deque<Kept>& gone) {
  for (const Kept& one : gone) {
    api_.Close(one.job);
    disposal_.Remove(one.folder);
  }
}

}  // namespace csl::worker
