// SPDX-License-Identifier: Apache-2.0
// Clusters that are played through, event by event: what must hold of every plan, whatever comes.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "appliance/scheduler/scheduler.h"

namespace csl::appliance {
namespace {

// A job with what only the future knows of it.
struct Arrival {
  WaitingJob job;
  int64_t runs_ms = 0;
};

struct Runs {
  WaitingJob job;
  std::string worker;
  int64_t began_ms = 0;
  int64_t ends_ms = 0;
};

// Counts by itself what is free; believes no plan.
class Cluster {
 public:
  explicit Cluster(std::vector<WorkerRoom> workers) : workers_(std::move(workers)) {}

  void Add(Arrival arrival) { future_.push_back(std::move(arrival)); }
  // Plays until nothing is left to happen, or `until_ms`; calls `check` after each plan.
  template <typename Check>
  void Play(int64_t until_ms, const Check& check);

  std::map<std::string, int64_t> began;  // by job id
  int64_t now_ms = 0;
  bool is_empty() const { return waiting_.empty() && future_.empty() && running_.empty(); }

 private:
  bool Advance(int64_t until_ms);
  void Carry(const Plan& plan);

  std::vector<WorkerRoom> workers_;
  std::vector<Arrival> future_;
  std::map<std::string, Arrival> waiting_;
  std::vector<Runs> running_;
  std::mt19937_64 random_{7};

 public:
  Snapshot Look() {
    Snapshot snapshot;
    snapshot.now_ms = now_ms;
    for (const auto& [id, one] : waiting_) snapshot.waiting.push_back(one.job);
    snapshot.workers = workers_;
    for (const Runs& one : running_) {
      snapshot.used_cpu_milli[one.job.name_space] += one.job.wanted.cpu_milli;
      for (WorkerRoom& worker : snapshot.workers) {
        if (worker.id != one.worker) continue;
        worker.free = worker.free - one.job.wanted;
        if (one.job.time_limit_ms == 0) continue;
        worker.returns.push_back({one.began_ms + one.job.time_limit_ms, one.job.wanted});
      }
    }
    std::shuffle(snapshot.waiting.begin(), snapshot.waiting.end(), random_);
    std::shuffle(snapshot.workers.begin(), snapshot.workers.end(), random_);
    return snapshot;
  }
};

bool Cluster::Advance(int64_t until_ms) {
  int64_t next = until_ms + 1;
  for (const Arrival& one : future_) next = std::min(next, one.job.created_ms);
  for (const Runs& one : running_) next = std::min(next, one.ends_ms);
  // Patience is over while nothing else happens.
  for (const auto& [id, one] : waiting_) {
    const int64_t over = one.job.created_ms + kPatienceMs;
    if (over > now_ms) next = std::min(next, over);
  }
  if (next > until_ms) return false;
  now_ms = std::max(now_ms, next);
  std::erase_if(future_, [this](const Arrival& one) {
    if (one.job.created_ms <= now_ms) waiting_[one.job.id] = one;
    return one.job.created_ms <= now_ms;
  });
  std::erase_if(running_, [this](const Runs& one) { return one.ends_ms <= now_ms; });
  return true;
}

void Cluster::Carry(const Plan& plan) {
  for (const Assignment& one : plan.assignments) {
    const auto it = waiting_.find(one.job);
    ASSERT_NE(it, waiting_.end()) << one.job << " does not wait";
    running_.push_back({it->second.job, one.worker, now_ms, now_ms + it->second.runs_ms});
    began[one.job] = now_ms;
    waiting_.erase(it);
  }
  for (const WorkerRoom& worker : workers_) {
    Resources used;
    for (const Runs& one : running_) {
      if (one.worker != worker.id) continue;
      used = used + one.job.wanted;
      EXPECT_TRUE(one.job.only_on.empty() || one.job.only_on == worker.name);
    }
    ASSERT_TRUE(used.FitsIn(worker.total)) << worker.id << " is given away twice at " << now_ms;
  }
}

template <typename Check>
void Cluster::Play(int64_t until_ms, const Check& check) {
  while (!::testing::Test::HasFatalFailure() && Advance(until_ms)) {
    const Plan plan = MakePlan(Look());
    check(plan);
    const size_t waited = waiting_.size();
    ASSERT_EQ(plan.assignments.size() + plan.waiting.size(), waited);
    ASSERT_EQ(plan.queue.size(), plan.waiting.size());
    Carry(plan);
  }
}

std::vector<WorkerRoom> SomeWorkers(std::mt19937_64& random) {
  std::vector<WorkerRoom> workers;
  const auto count = random() % 6 + 1;
  for (uint64_t i = 0; i < count; ++i) {
    const std::string name = "w" + std::to_string(i);
    const Resources total{static_cast<int64_t>(random() % 8 + 1) * 1000,
                          static_cast<int64_t>(random() % 64 + 1),
                          static_cast<int64_t>(random() % 3)};
    workers.push_back({name, name, total, total});
  }
  return workers;
}

enum class Limits { kAll, kSome, kNone };

Arrival SomeJob(std::mt19937_64& random, int64_t number, const std::vector<WorkerRoom>& workers,
                Limits limits) {
  const WorkerRoom& model = workers[random() % workers.size()];
  Arrival one;
  one.job.id = "j" + std::to_string(number);
  one.job.sequence = number;
  one.job.created_ms = number * 1'000 + static_cast<int64_t>(random() % 1'000);
  // Mostly small, some as large as a worker.
  const int64_t parts = random() % 4 == 0 ? 1 : static_cast<int64_t>(random() % 4) + 2;
  one.job.wanted = {std::max<int64_t>(model.total.cpu_milli / parts, 1),
                    std::max<int64_t>(model.total.mem_bytes / parts, 1),
                    random() % 4 == 0 ? model.total.systems : 0};
  if (random() % 20 == 0) one.job.only_on = model.name;
  one.runs_ms = static_cast<int64_t>(random() % 30'000) + 1;
  const bool limited = limits == Limits::kAll || (limits == Limits::kSome && random() % 2 == 0);
  if (limited) one.job.time_limit_ms = one.runs_ms + static_cast<int64_t>(random() % 20'000);
  return one;
}

constexpr int64_t kEndOfTime = int64_t{1} << 40;

TEST(ClusterTest, NothingIsGivenAwayTwiceAndEveryJobRuns) {
  for (const Limits limits : {Limits::kAll, Limits::kSome, Limits::kNone}) {
    for (uint64_t seed = 0; seed < 60; ++seed) {
      std::mt19937_64 random(seed);
      const auto workers = SomeWorkers(random);
      Cluster cluster(workers);
      for (int64_t i = 1; i <= 60; ++i) {
        Arrival one = SomeJob(random, i, workers, limits);
        one.job.name_space = std::string(1, static_cast<char>('a' + random() % 3));
        one.job.priority = static_cast<int>(random() % 400);
        cluster.Add(std::move(one));
      }
      cluster.Play(kEndOfTime, [](const Plan&) {});
      ASSERT_TRUE(cluster.is_empty()) << "seed " << seed;
    }
  }
}

// What is first in the queue starts when it was promised to, or earlier, whoever comes behind.
TEST(ClusterTest, NoPromiseIsPutOff) {
  int promises = 0;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    std::mt19937_64 random(seed);
    const auto workers = SomeWorkers(random);
    Cluster cluster(workers);
    for (int64_t i = 1; i <= 80; ++i) cluster.Add(SomeJob(random, i, workers, Limits::kSome));
    std::map<std::string, int64_t> promised;
    cluster.Play(kEndOfTime, [&](const Plan& plan) {
      if (plan.queue.empty()) return;
      const auto& first = plan.waiting.at(plan.queue.front());
      if (!first.starts_ms) {
        EXPECT_FALSE(promised.contains(plan.queue.front())) << "seed " << seed;
        return;
      }
      ++promises;
      const auto [it, is_new] = promised.emplace(plan.queue.front(), *first.starts_ms);
      EXPECT_LE(*first.starts_ms, it->second) << plan.queue.front() << ", seed " << seed;
      it->second = *first.starts_ms;
    });
    for (const auto& [job, at] : promised) EXPECT_LE(cluster.began.at(job), at) << job;
  }
  EXPECT_GT(promises, 500);
}

// Small jobs without limits come for ever, faster than they end: the large one runs all the same.
TEST(ClusterTest, ALargeJobIsNotStarvedByAStreamOfSmallOnes) {
  constexpr int64_t kLongest = 20'000;
  constexpr int64_t kCame = 100'000;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<WorkerRoom> workers;
    for (const char* name : {"a", "b", "c"}) {
      workers.push_back({name, name, {4000, 100, 0}, {4000, 100, 0}});
    }
    Cluster cluster(workers);
    for (int64_t i = 0; i < 1'000; ++i) {
      WaitingJob job{"s" + std::to_string(i), "a", 299, {1000, 1, 0}, i, i * 500};
      cluster.Add({job, static_cast<int64_t>(random() % kLongest) + 1});
    }
    cluster.Add({{"large", "a", 299, {4000, 100, 0}, 200, kCame}, 1000});
    cluster.Play(500'000, [](const Plan&) {});
    ASSERT_TRUE(cluster.began.contains("large")) << "seed " << seed;
    EXPECT_LE(cluster.began["large"], kCame + kPatienceMs + 2 * kLongest) << "seed " << seed;
  }
}

TEST(ClusterTest, TheSameSnapshotGivesTheSamePlanInWhateverOrder) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    std::mt19937_64 random(seed);
    const auto workers = SomeWorkers(random);
    Snapshot snapshot;
    snapshot.now_ms = 100'000;
    snapshot.workers = workers;
    for (int64_t i = 1; i <= 40; ++i) {
      snapshot.waiting.push_back(SomeJob(random, i, workers, Limits::kSome).job);
      snapshot.waiting.back().priority = static_cast<int>(random() % 3) + 200;
    }
    const Plan plan = MakePlan(snapshot);
    for (int again = 0; again < 5; ++again) {
      std::shuffle(snapshot.waiting.begin(), snapshot.waiting.end(), random);
      std::shuffle(snapshot.workers.begin(), snapshot.workers.end(), random);
      const Plan other = MakePlan(snapshot);
      ASSERT_EQ(other.queue, plan.queue);
      ASSERT_EQ(other.assignments.size(), plan.assignments.size());
      for (size_t i = 0; i < plan.assignments.size(); ++i) {
        EXPECT_EQ(other.assignments[i].job, plan.assignments[i].job);
        EXPECT_EQ(other.assignments[i].worker, plan.assignments[i].worker);
      }
      for (const auto& [job, waits] : plan.waiting) {
        EXPECT_EQ(other.waiting.at(job).starts_ms, waits.starts_ms);
      }
    }
  }
}

// Not seconds, which depend on the machine, but looks at a worker for a job. Each job looking at
// each worker would be a hundred million.
TEST(ClusterTest, AHundredThousandJobsAreNotEachTriedOnAThousandWorkers) {
  constexpr int64_t kJobs = 100'000;
  std::mt19937_64 random(3);
  for (const bool alike : {true, false}) {
    Snapshot snapshot;
    snapshot.now_ms = 10 * kPatienceMs;
    for (int i = 0; i < 1'000; ++i) {
      const std::string name = "w" + std::to_string(i);
      snapshot.workers.push_back({name, name, {64'000, 512'000, 4}, {32'000, 256'000, i % 3}});
    }
    for (int64_t i = 0; i < kJobs; ++i) {
      WaitingJob job{"j" + std::to_string(i), "n" + std::to_string(i % 50)};
      job.sequence = i;
      job.wanted = {24'000, 67'000, 0};
      if (!alike) {
        job.wanted = {static_cast<int64_t>(random() % 64'000) + 1,
                      static_cast<int64_t>(random() % 512'000) + 1,
                      static_cast<int64_t>(random() % 3)};
        if (random() % 2 == 0) job.time_limit_ms = static_cast<int64_t>(random() % 100'000) + 1;
      }
      snapshot.waiting.push_back(job);
    }
    const Plan plan = MakePlan(snapshot);
    EXPECT_EQ(plan.assignments.size() + plan.waiting.size(), static_cast<size_t>(kJobs));
    EXPECT_GE(plan.assignments.size(), 1'000u);
    EXPECT_LT(plan.looks, 20 * kJobs) << alike;
  }
}

}  // namespace
}  // namespace csl::appliance
