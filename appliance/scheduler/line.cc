// SPDX-License-Identifier: Apache-2.0
#include "appliance/scheduler/line.h"

#include <algorithm>
#include <unordered_map>

namespace csl::appliance {

Line::Line(const Snapshot& snapshot) {
  std::vector<const WaitingJob*> jobs;
  jobs.reserve(snapshot.waiting.size());
  for (const WaitingJob& job : snapshot.waiting) jobs.push_back(&job);
  const auto older = [](const WaitingJob* a, const WaitingJob* b) {
    return std::tie(a->sequence, a->id) < std::tie(b->sequence, b->id);
  };
  if (!std::is_sorted(jobs.begin(), jobs.end(), older)) std::sort(jobs.begin(), jobs.end(), older);

  std::unordered_map<std::string, size_t> namespaces;
  std::map<int, std::unordered_map<size_t, size_t>> own_of;  // priority, namespace -> index
  for (const WaitingJob* job : jobs) {
    const auto [name, is_new] = namespaces.emplace(job->name_space, used_.size());
    if (is_new) {
      const auto used = snapshot.used_cpu_milli.find(job->name_space);
      used_.push_back(used == snapshot.used_cpu_milli.end() ? 0 : used->second);
    }
    std::vector<Own>& owns = by_priority_[job->priority];
    const auto [own, is_first] = own_of[job->priority].emplace(name->second, owns.size());
    if (is_first) owns.push_back({name->second, {}});
    owns[own->second].jobs.push_back(job);
  }
  Enter();
}

void Line::TakeTurn(size_t index) {
  const Own& own = by_priority_.begin()->second[index];
  if (own.next == own.jobs.size()) return;
  turns_.emplace(used_[own.name_space], own.jobs[own.next]->sequence, index);
}

void Line::Enter() {
  if (by_priority_.empty()) return;
  for (size_t i = 0; i < by_priority_.begin()->second.size(); ++i) TakeTurn(i);
}

const WaitingJob* Line::Next() {
  while (turns_.empty()) {
    if (by_priority_.empty()) return nullptr;
    by_priority_.erase(by_priority_.begin());
    Enter();
  }
  latest_own_ = std::get<2>(*turns_.begin());
  turns_.erase(turns_.begin());
  Own& own = by_priority_.begin()->second[latest_own_];
  latest_ = own.jobs[own.next++];
  TakeTurn(latest_own_);
  return latest_;
}

void Line::LatestStarts() {
  const Own& own = by_priority_.begin()->second[latest_own_];
  int64_t& used = used_[own.name_space];
  if (own.next < own.jobs.size()) {
    turns_.erase({used, own.jobs[own.next]->sequence, latest_own_});
  }
  used += latest_->wanted.cpu_milli;
  TakeTurn(latest_own_);
}

}  // namespace csl::appliance
