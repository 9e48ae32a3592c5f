// SPDX-License-Identifier: Apache-2.0
#include "appliance/scheduler/scheduler.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "appliance/scheduler/line.h"

namespace csl::appliance {
namespace {

int64_t LengthOf(const WaitingJob& job) {
  return job.time_limit_ms > 0 ? job.time_limit_ms : kForever;
}

// What was found to fit nowhere now. While a plan is made room only shrinks, so that what wants as
// much or more, for as long or longer, need not be tried again.
class Refused {
 public:
  bool Covers(const Resources& wanted, int64_t length_ms) const {
    return std::any_of(all_.begin(), all_.end(), [&](const Shape& one) {
      return one.length_ms <= length_ms && one.wanted.FitsIn(wanted);
    });
  }
  void Add(const Resources& wanted, int64_t length_ms) {
    std::erase_if(all_, [&](const Shape& one) {
      return length_ms <= one.length_ms && wanted.FitsIn(one.wanted);
    });
    if (all_.size() == kMost) all_.erase(all_.begin());
    all_.push_back({wanted, length_ms});
  }

 private:
  static constexpr size_t kMost = 64;  // asked of each job
  struct Shape {
    Resources wanted;
    int64_t length_ms;
  };
  std::vector<Shape> all_;
};

class Planner {
 public:
  explicit Planner(const Snapshot& snapshot);
  Plan Make();

 private:
  void IndexRooms();
  Room* FindNow(const WaitingJob& job);
  Room* FindAmongAll(const WaitingJob& job);
  void Start(const WaitingJob& job, Room& room);
  // Promises a worker to a job that does not fit now; when it will start, if that can be known.
  std::optional<int64_t> Promise(const WaitingJob& job);
  void Hold(const WaitingJob& job);
  bool MayRunSomewhere(const WaitingJob& job) const;

  const Snapshot& snapshot_;
  Plan plan_;
  Resources least_{kForever, kForever, 0};          // that any waiting job wants
  std::set<std::pair<int64_t, size_t>> by_memory_;  // free bytes, index of the room
  std::vector<Resources> largest_;                  // totals that no other worker surpasses
  Refused refused_;
  int promised_ = 0;
  size_t held_ = 0;
};

void SortByName(std::vector<WorkerRoom>& workers) {
  std::sort(workers.begin(), workers.end(), [](const WorkerRoom& a, const WorkerRoom& b) {
    return std::tie(a.name, a.id) < std::tie(b.name, b.id);
  });
}

Planner::Planner(const Snapshot& snapshot) : snapshot_(snapshot) {
  plan_.now_ms = snapshot.now_ms;
  plan_.draining = snapshot.draining;
  plan_.lost = snapshot.lost;
  std::vector<WorkerRoom> workers = snapshot.workers;
  for (auto* list : {&workers, &plan_.draining, &plan_.lost}) SortByName(*list);
  plan_.rooms.reserve(workers.size());
  for (const WorkerRoom& worker : workers) plan_.rooms.emplace_back(worker, snapshot.now_ms);
  plan_.waiting.reserve(snapshot.waiting.size());
  for (const WaitingJob& job : snapshot.waiting) {
    least_.cpu_milli = std::min(least_.cpu_milli, job.wanted.cpu_milli);
    least_.mem_bytes = std::min(least_.mem_bytes, job.wanted.mem_bytes);
  }
  IndexRooms();
}

void Planner::IndexRooms() {
  for (size_t i = 0; i < plan_.rooms.size(); ++i) {
    const Room& room = plan_.rooms[i];
    if (least_.FitsIn(room.free())) by_memory_.emplace(room.free().mem_bytes, i);
    const bool surpassed =
        std::any_of(largest_.begin(), largest_.end(),
                    [&room](const Resources& one) { return room.total().FitsIn(one); });
    if (surpassed) continue;
    std::erase_if(largest_, [&room](const Resources& one) { return one.FitsIn(room.total()); });
    largest_.push_back(room.total());
  }
}

bool MayRunOn(const WaitingJob& job, const Room& room) {
  return job.only_on.empty() || job.only_on == room.name();
}

// The best fit: the least memory left over, so that large holes stay for large jobs.
Room* Planner::FindNow(const WaitingJob& job) {
  const int64_t length = LengthOf(job);
  if (!job.only_on.empty()) return FindAmongAll(job);
  if (refused_.Covers(job.wanted, length)) return nullptr;
  for (auto it = by_memory_.lower_bound({job.wanted.mem_bytes, 0}); it != by_memory_.end(); ++it) {
    ++plan_.looks;
    Room& room = plan_.rooms[it->second];
    if (room.FitsNow(job.wanted, length)) return &room;
  }
  refused_.Add(job.wanted, length);
  return nullptr;
}

// For jobs that name their worker.
Room* Planner::FindAmongAll(const WaitingJob& job) {
  const auto by_name = [](const Room& room, const std::string& name) { return room.name() < name; };
  for (auto it = std::lower_bound(plan_.rooms.begin(), plan_.rooms.end(), job.only_on, by_name);
       it != plan_.rooms.end() && it->name() == job.only_on; ++it) {
    ++plan_.looks;
    if (it->FitsNow(job.wanted, LengthOf(job))) return &*it;
  }
  return nullptr;
}

void Planner::Start(const WaitingJob& job, Room& room) {
  const auto index = static_cast<size_t>(&room - plan_.rooms.data());
  const auto at = by_memory_.find({room.free().mem_bytes, index});
  const bool indexed = at != by_memory_.end();
  if (indexed) by_memory_.erase(at);
  room.Take(job.wanted, plan_.now_ms, LengthOf(job));
  if (indexed && least_.FitsIn(room.free())) by_memory_.emplace(room.free().mem_bytes, index);
  plan_.assignments.push_back({job.id, room.id()});
}

bool Planner::MayRunSomewhere(const WaitingJob& job) const {
  return std::any_of(largest_.begin(), largest_.end(),
                     [&job](const Resources& one) { return job.wanted.FitsIn(one); });
}

std::optional<int64_t> Planner::Promise(const WaitingJob& job) {
  if (promised_ == kMaxPromised || !MayRunSomewhere(job)) return std::nullopt;
  ++promised_;
  Room* best = nullptr;
  int64_t earliest = kForever;
  for (Room& room : plan_.rooms) {
    if (!MayRunOn(job, room) || !job.wanted.FitsIn(room.total())) continue;
    ++plan_.looks;
    const auto from = room.EarliestFit(job.wanted, LengthOf(job));
    if (from && *from < earliest) std::tie(best, earliest) = std::pair(&room, *from);
  }
  if (best != nullptr) {
    best->Take(job.wanted, earliest, LengthOf(job));
    return earliest;
  }
  if (plan_.now_ms - job.created_ms >= kPatienceMs) Hold(job);
  return std::nullopt;
}

void Planner::Hold(const WaitingJob& job) {
  if (held_ > 0 && held_ * kWorkersAHold >= plan_.rooms.size()) return;
  Room* best = nullptr;
  for (Room& room : plan_.rooms) {
    if (!MayRunOn(job, room) || room.IsHeld() || !job.wanted.FitsIn(room.total())) continue;
    if (best == nullptr || room.Lacks(job.wanted) < best->Lacks(job.wanted)) best = &room;
  }
  if (best == nullptr) return;
  best->HoldFor(job.wanted);
  ++held_;
}

Plan Planner::Make() {
  Line line(snapshot_);
  while (const WaitingJob* job = line.Next()) {
    if (Room* room = FindNow(*job); room != nullptr) {
      Start(*job, *room);
      line.LatestStarts();
      continue;
    }
    plan_.queue.push_back(job->id);
    plan_.waiting[job->id] = {static_cast<int>(plan_.queue.size()), Promise(*job)};
  }
  return std::move(plan_);
}

}  // namespace

Plan MakePlan(const Snapshot& snapshot) { return Planner(snapshot).Make(); }

std::optional<std::string> AddToPlan(Plan& plan, const WaitingJob& job, int64_t now_ms) {
  // The plan's now is a little earlier: what was promised for a time is kept free the longer.
  const int64_t length = LengthOf(job);
  const int64_t since = std::max<int64_t>(now_ms - plan.now_ms, 0);
  const int64_t longer = length == kForever ? kForever : length + since;
  Room* best = nullptr;
  for (Room& room : plan.rooms) {
    if (!MayRunOn(job, room) || !room.FitsNow(job.wanted, longer)) continue;
    if (best == nullptr || room.free().mem_bytes < best->free().mem_bytes) best = &room;
  }
  if (best != nullptr) {
    best->Take(job.wanted, plan.now_ms, longer);
    return best->id();
  }
  plan.queue.push_back(job.id);
  plan.waiting[job.id] = {static_cast<int>(plan.queue.size()), std::nullopt};
  return std::nullopt;
}

}  // namespace csl::appliance
