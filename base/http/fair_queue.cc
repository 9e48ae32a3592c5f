// SPDX-License-Identifier: Apache-2.0
#include "base/http/fair_queue.h"

#include <utility>

namespace csl::http {

bool FairQueue::MayRun(const Line& line, const Item& item) const {
  if (line.running >= limits_.max_each) return false;
  const auto address = by_address_.find(item.address);
  return address == by_address_.end() || address->second < limits_.max_address;
}

void FairQueue::Start(const std::string& principal, Line& line, Item item) {
  ++line.running;
  if (!item.address.empty()) ++by_address_[item.address];
  pool_.Run([this, principal, item = std::move(item)] { RunOne(principal, item); });
}

void FairQueue::Add(const std::string& principal, const std::string& address,
                    std::function<void()> work) {
  std::lock_guard lock(mutex_);
  Line& line = lines_[principal];
  Item item{address, std::move(work)};
  if (line.waiting.empty() && MayRun(line, item)) {
    Start(principal, line, std::move(item));
    return;
  }
  line.waiting.push_back(std::move(item));
  ++waiting_;
}

void FairQueue::StartNext(const std::string& after) {
  auto it = lines_.upper_bound(after);
  for (size_t left = lines_.size(); left > 0 && waiting_ > 0; --left, ++it) {
    if (it == lines_.end()) it = lines_.begin();
    Line& line = it->second;
    if (line.waiting.empty() || !MayRun(line, line.waiting.front())) continue;
    Item next = std::move(line.waiting.front());
    line.waiting.pop_front();
    --waiting_;
    Start(it->first, line, std::move(next));
  }
}

void FairQueue::RunOne(const std::string& principal, const Item& item) {
  item.work();
  std::lock_guard lock(mutex_);
  const auto line = lines_.find(principal);
  --line->second.running;
  if (const auto address = by_address_.find(item.address); address != by_address_.end()) {
    if (--address->second == 0) by_address_.erase(address);
  }
  // Through the pool again: others that wait there come first.
  if (waiting_ > 0) StartNext(principal);
  if (line->second.running == 0 && line->second.waiting.empty()) lines_.erase(line);
}

}  // namespace csl::http
