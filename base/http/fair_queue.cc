// SPDX-License-Identifier: Apache-2.0
#include "base/http/fair_queue.h"

#include <utility>

namespace csl::http {

void FairQueue::Add(const std::string& principal, std::function<void()> work) {
  {
    std::lock_guard lock(mutex_);
    Line& line = lines_[principal];
    if (line.running >= max_each_) {
      line.waiting.push_back(std::move(work));
      return;
    }
    ++line.running;
  }
  pool_.Run([this, principal, work = std::move(work)] { RunOne(principal, work); });
}

void FairQueue::RunOne(const std::string& principal, const std::function<void()>& work) {
  work();
  std::function<void()> next;
  {
    std::lock_guard lock(mutex_);
    const auto line = lines_.find(principal);
    if (line->second.waiting.empty()) {
      if (--line->second.running == 0) lines_.erase(line);
      return;
    }
    next = std::move(line->second.waiting.front());
    line->second.waiting.pop_front();
  }
  // Through the pool again: others that wait there come first.
  pool_.Run([this, principal, next = std::move(next)] { RunOne(principal, next); });
}

}  // namespace csl::http
