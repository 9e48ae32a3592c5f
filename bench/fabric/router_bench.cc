// SPDX-License-Identifier: Apache-2.0
// Wavelet hops a second of one thread: the routers of a shard, and a list of routers beside them.
// Sources and sinks are CEs that do nothing else. `busy`: the part of all links that passed a
// wavelet in a cycle.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include "bench/fabric/list_routers.h"
#include "bench/fabric/traffic.h"
#include "fabric/router/move_lanes.h"
#include "fabric/router/router_shard.h"

namespace csl::bench {
namespace {

using fabric::router::RouterShard;
using fabric::router::StepResults;

void Report(benchmark::State& state, int size, int64_t cycles, int64_t hops) {
  state.counters["hops/s"] =
      benchmark::Counter(static_cast<double>(hops), benchmark::Counter::kIsRate);
  state.counters["busy%"] =
      100.0 * static_cast<double>(hops) / static_cast<double>(cycles * NumLinks(size));
}

void Configure(RouterShard* shard, int size, int first_color) {
  for (int pe = 0; pe < size * size; ++pe) {
    for (int d = 0; d < kNumDirections; ++d) {
      const image::Route route = StraightRoute(size, pe % size, pe / size, d);
      const auto index = static_cast<uint32_t>(pe);
      shard->SetRoutes(index, first_color + d, route.rx, route.tx);
      if (route.tx == image::kRamp) shard->BindChannel(index, first_color + d, d, 8, true);
    }
  }
}

// One cycle: sources, routers, sinks.
void Cycle(RouterShard* shard, const Schedule& schedule, int64_t t, StepResults* results) {
  for (const auto& landing : results->landings) shard->PopChannel(landing.pe, landing.channel, t);
  results->landings.clear();
  for (const Source& source : schedule.At(t)) {
    if (!shard->RampHasRoom(source.pe, source.color, t)) continue;
    shard->PushRamp(source.pe, source.color, {static_cast<uint32_t>(t)}, t);
  }
  if (shard->NextStepCycle() <= t) shard->Step(t, results);
}

void Routers(benchmark::State& state, isa::Arch arch) {
  const int size = static_cast<int>(state.range(0));
  const Schedule schedule(size, static_cast<double>(state.range(1)) / 1000);
  RouterShard shard({arch, 0, 0, size, size});
  Configure(&shard, size, 0);
  StepResults results;
  int64_t t = 0;
  while (t < 4 * size) Cycle(&shard, schedule, t++, &results);
  const int64_t hops = shard.num_hops();
  const int64_t begin = t;
  for (auto _ : state) Cycle(&shard, schedule, t++, &results);
  Report(state, size, t - begin, shard.num_hops() - hops);
  state.SetLabel(fabric::router::kLaneMoves.name);
}

template <isa::Arch kArch>
void List(benchmark::State& state) {
  const int size = static_cast<int>(state.range(0));
  const Schedule schedule(size, static_cast<double>(state.range(1)) / 1000);
  ListRouters<kArch> routers(size);
  std::vector<typename ListRouters<kArch>::Landing> landings;
  int64_t t = 0;
  const auto cycle = [&] {
    for (const auto& landing : landings) routers.PopChannel(landing.index);
    landings.clear();
    for (const Source& source : schedule.At(t)) {
      if (routers.HasRoom(source.pe, source.color)) {
        routers.Push(source.pe, source.color, static_cast<uint32_t>(t));
      }
    }
    routers.Step(&landings);
    ++t;
  };
  while (t < 4 * size) cycle();
  const int64_t hops = routers.num_hops();
  const int64_t begin = t;
  for (auto _ : state) cycle();
  Report(state, size, t - begin, routers.num_hops() - hops);
}

// What routers cost that wavelets only pass: the difference of two sizes, so that edges and
// channels count little.
size_t UsedBytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

void Memory(benchmark::State& state, isa::Arch arch) {
  for (auto _ : state) {
    double bytes[2];
    const int sizes[] = {128, 256};
    for (int i = 0; i < 2; ++i) {
      const Schedule schedule(sizes[i], 50);
      const size_t before = UsedBytes();
      RouterShard shard({arch, 0, 0, sizes[i], sizes[i]});
      Configure(&shard, sizes[i], 0);
      StepResults results;
      for (int64_t t = 0; t < 3 * sizes[i]; ++t) Cycle(&shard, schedule, t, &results);
      bytes[i] = static_cast<double>(UsedBytes() - before);
    }
    state.counters["bytes/router"] =
        (bytes[1] - bytes[0]) / (sizes[1] * sizes[1] - sizes[0] * sizes[0]);
  }
}

// Size, thousandths of a percent of the cycles in which a source sends.
void Loads(benchmark::internal::Benchmark* b) {
  b->Args({64, 95000})->Args({64, 10000})->Args({64, 1000})->Args({64, 100});
  b->Args({256, 95000})->Args({256, 10000})->Args({256, 100});
}

BENCHMARK_CAPTURE(Routers, wse2, isa::Arch::kWse2)->Apply(Loads);
BENCHMARK_CAPTURE(Routers, wse3, isa::Arch::kWse3)->Apply(Loads);
BENCHMARK_CAPTURE(Memory, wse2, isa::Arch::kWse2)->Iterations(1);
BENCHMARK_CAPTURE(Memory, wse3, isa::Arch::kWse3)->Iterations(1);
BENCHMARK_TEMPLATE(List, isa::Arch::kWse2)->Name("List/wse2")->Apply(Loads);
BENCHMARK_TEMPLATE(List, isa::Arch::kWse3)->Name("List/wse3")->Apply(Loads);

}  // namespace
}  // namespace csl::bench

BENCHMARK_MAIN();
