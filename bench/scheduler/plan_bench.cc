// SPDX-License-Identifier: Apache-2.0
// Seconds of one plan over a simulated cluster: 1,000 workers, 100,000 waiting jobs.
//
// Arguments: waiting jobs. `Same`: all jobs are alike and all workers are full. `Mixed`: no two
// jobs are alike, half of what the workers have is free. `Empty`: every worker is idle, and the
// jobs are small enough that most of them start. `OneMore`: a submission beside the jobs of `Same`.
#include <benchmark/benchmark.h>

#include <random>
#include <string>

#include "appliance/scheduler/scheduler.h"

namespace csl::appliance {
namespace {

constexpr int kWorkers = 1'000;
constexpr int64_t kNow = 1'000'000'000;
constexpr int64_t kGiB = int64_t{1} << 30;

Snapshot Cluster(double free_share) {
  Snapshot snapshot;
  snapshot.now_ms = kNow;
  for (int i = 0; i < kWorkers; ++i) {
    const Resources total{64'000, 512 * kGiB, 4};
    Resources free = total;
    free.cpu_milli = static_cast<int64_t>(static_cast<double>(free.cpu_milli) * free_share);
    free.mem_bytes = static_cast<int64_t>(static_cast<double>(free.mem_bytes) * free_share);
    if (free_share < 1) free.systems = i % 3;
    const std::string name = "worker-" + std::to_string(i);
    snapshot.workers.push_back({name, name, total, free});
  }
  return snapshot;
}

WaitingJob Waiting(int64_t i) {
  WaitingJob job;
  job.id = "wsjob-aaaaaaaaaaaa" + std::to_string(i);
  job.name_space = "team-" + std::to_string(i % 50);
  job.priority = i % 10 == 0 ? 150 : 299;
  job.sequence = i;
  job.created_ms = kNow - 3'600'000;
  job.wanted = {24'000, 67 * kGiB, 0};
  return job;
}

void Measure(benchmark::State& state, Snapshot snapshot) {
  size_t started = 0;
  for (auto _ : state) started = MakePlan(snapshot).assignments.size();
  state.counters["started"] = static_cast<double>(started);
}

void Same(benchmark::State& state) {
  Snapshot snapshot = Cluster(0.1);
  for (int64_t i = 0; i < state.range(0); ++i) snapshot.waiting.push_back(Waiting(i));
  Measure(state, std::move(snapshot));
}
BENCHMARK(Same)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

void Mixed(benchmark::State& state) {
  Snapshot snapshot = Cluster(0.5);
  std::mt19937_64 random(1);
  for (int64_t i = 0; i < state.range(0); ++i) {
    WaitingJob job = Waiting(i);
    job.wanted = {static_cast<int64_t>(random() % 64'000 + 1),
                  static_cast<int64_t>(random() % (512 * kGiB) + 1),
                  static_cast<int64_t>(random() % 3)};
    snapshot.waiting.push_back(job);
  }
  Measure(state, std::move(snapshot));
}
BENCHMARK(Mixed)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

void Empty(benchmark::State& state) {
  Snapshot snapshot = Cluster(1);
  for (int64_t i = 0; i < state.range(0); ++i) {
    WaitingJob job = Waiting(i);
    job.wanted = {700, 5 * kGiB, 0};
    snapshot.waiting.push_back(job);
  }
  Measure(state, std::move(snapshot));
}
BENCHMARK(Empty)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

void OneMore(benchmark::State& state) {
  Snapshot snapshot = Cluster(0.1);
  for (int64_t i = 0; i < state.range(0); ++i) snapshot.waiting.push_back(Waiting(i));
  Plan plan = MakePlan(snapshot);
  int64_t number = state.range(0);
  for (auto _ : state) benchmark::DoNotOptimize(AddToPlan(plan, Waiting(++number), kNow));
}
BENCHMARK(OneMore)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace csl::appliance

BENCHMARK_MAIN();
