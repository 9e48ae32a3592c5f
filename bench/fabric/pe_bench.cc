// SPDX-License-Identifier: Apache-2.0
// What PEs cost: PE-cycles in which a port is taken, starts and ends of tasks, and what a second
// thread brings. Prints one line a figure, and with it how busy the fabric really was.
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "bench/fabric/pe_programs.h"
#include "fabric/engine/engine.h"
#include "fabric/isa/arith/float_mode.h"
#include "fabric/pe/program.h"

namespace csl::bench {
namespace {

using fabric::engine::Engine;
using fabric::engine::EngineTotals;
using isa::Arch;

std::unique_ptr<fabric::pe::Machine> MakeMachine(const image::Artifact& artifact) {
  auto machine = std::make_unique<fabric::pe::Machine>();
  machine->arch = artifact.manifest.arch;
  machine->manifest = &artifact.manifest;
  machine->width = artifact.manifest.rectangle.width;
  machine->height = artifact.manifest.rectangle.height;
  for (const image::ProgramImage& image : artifact.images) {
    auto program = fabric::pe::LoadProgram(image);
    CHECK(program.ok()) << program.status().message();
    machine->programs.push_back(std::move(program).value());
  }
  machine->program_of_pe.assign(static_cast<size_t>(machine->width * machine->height), 0);
  for (const image::PlacementRun& run : artifact.manifest.placement) {
    for (int y = run.y; y < run.y + run.height; ++y) {
      for (int x = run.x; x < run.x + run.width; ++x) {
        machine->program_of_pe[static_cast<size_t>(y * machine->width + x)] = run.program;
      }
    }
  }
  return machine;
}

// One run of a fabric until nothing moves.
struct Run {
  double wall_s = 0;
  double cpu_s = 0;  // of the whole process
  int64_t cycles = 0;
  EngineTotals totals;
  int size = 0;

  double pe_cycles() const { return static_cast<double>(cycles) * size * size; }
  // Parts of all PE-cycles and of all links, percent.
  double main_percent() const {
    return 100 * static_cast<double>(totals.counters.busy_cycles) / pe_cycles();
  }
  double microthread_percent() const {
    return 100 * static_cast<double>(totals.counters.vector_elements) / pe_cycles();
  }
  double link_percent() const {
    const double links = 4.0 * size * (size - 1);
    return links == 0
               ? 0
               : 100 * static_cast<double>(totals.hops) / (static_cast<double>(cycles) * links);
  }
  // In which the main thread or a microthread had its port: at least this many.
  double taken() const {
    return static_cast<double>(
        std::max(totals.counters.busy_cycles, totals.counters.vector_elements));
  }
  std::string Busy() const {
    return fmt::format("main {:.1f} %, microthreads {:.1f} %, links {:.1f} %", main_percent(),
                       microthread_percent(), link_percent());
  }
};

double CpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

Run RunOnce(const image::Artifact& artifact, int threads) {
  const isa::arith::ScopedFloatMode float_mode;
  const auto machine = MakeMachine(artifact);
  fabric::engine::ShardedOptions options;
  options.num_threads = threads;
  const std::unique_ptr<Engine> engine = MakeShardedEngine(*machine, options);
  // The first cycle makes the state of all PEs.
  engine->RunWindow(1);
  Run run;
  run.size = machine->width;
  const auto wall = std::chrono::steady_clock::now();
  const double cpu = CpuSeconds();
  while (engine->NextEventCycle() != fabric::pe::kNever) {
    engine->RunWindow(engine->NextEventCycle() + 100'000);
  }
  run.cpu_s = CpuSeconds() - cpu;
  run.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - wall).count();
  run.cycles = engine->IdleSince();
  run.totals = engine->Totals();
  return run;
}

template <typename Value>
double MedianOf(const std::vector<Run>& runs, Value value) {
  std::vector<double> values;
  for (const Run& run : runs) values.push_back(value(run));
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::vector<Run> Repeat(const image::Artifact& artifact, int repetitions) {
  std::vector<Run> runs;
  for (int i = 0; i < repetitions; ++i) runs.push_back(RunOnce(artifact, 1));
  return runs;
}

void Print(std::string_view name, Arch arch, int size, const std::string& figure,
           const std::string& busy) {
  fmt::print("{:<28} {} {:>3} x {:<3} {:<42} {}\n", name, isa::ArchName(arch), size, size, figure,
             busy);
  std::fflush(stdout);
}

void Relay(Arch arch, int size, int words, bool with_loop, int repetitions) {
  const auto runs = Repeat(Relays(arch, size, words, with_loop), repetitions);
  Print(with_loop ? "relay beside a scalar loop" : "relay", arch, size,
        fmt::format("{:.1f} million PE-cycles/s",
                    1e-6 * MedianOf(runs, [](const Run& run) { return run.taken() / run.cpu_s; })),
        runs[0].Busy());
}

// PEs that only some of the time have work.
void Wave(Arch arch, int size, int words, int repetitions) {
  const auto runs = Repeat(Rows(arch, size, words), repetitions);
  Print("rows", arch, size,
        fmt::format("{:.1f} million elements/s",
                    1e-6 * MedianOf(runs,
                                    [](const Run& run) {
                                      return static_cast<double>(
                                                 run.totals.counters.vector_elements) /
                                             run.cpu_s;
                                    })),
        runs[0].Busy());
}

void Tasks(std::string_view name, Arch arch, int size, const image::Artifact& artifact,
           int repetitions) {
  const auto runs = Repeat(artifact, repetitions);
  Print(name, arch, size,
        fmt::format("{:.1f} ns a task",
                    1e9 * MedianOf(runs,
                                   [](const Run& run) {
                                     return run.cpu_s /
                                            static_cast<double>(run.totals.counters.tasks_started);
                                   })),
        runs[0].Busy());
}

// One thread and two in turn, the ratio of each pair.
void Threads(Arch arch, int size, int words, bool with_loop, int pairs) {
  const image::Artifact artifact = Relays(arch, size, words, with_loop);
  std::vector<double> ratios;
  std::vector<Run> one;
  std::vector<Run> two;
  for (int i = 0; i < pairs; ++i) {
    one.push_back(RunOnce(artifact, 1));
    two.push_back(RunOnce(artifact, 2));
    ratios.push_back(one.back().wall_s / two.back().wall_s);
  }
  std::sort(ratios.begin(), ratios.end());
  const auto wall = [](const Run& run) { return run.wall_s; };
  Print(with_loop ? "two threads, loop beside" : "two threads", arch, size,
        fmt::format("{:.2f} times one ({:.2f} to {:.2f}; {:.2f} s, {:.2f} s)",
                    ratios[ratios.size() / 2], ratios.front(), ratios.back(), MedianOf(one, wall),
                    MedianOf(two, wall)),
        one[0].Busy());
}

// What the command line asks for.
struct Wanted {
  std::string_view only;  // one of the groups; empty: all
  int repetitions = 5;
  int size = 0;   // of the fabric, 0: all sizes
  int words = 0;  // 0: as many as make a good measure

  bool Group(std::string_view name) const { return only.empty() || only == name; }
  bool Size(int size_of_run) const { return size == 0 || size == size_of_run; }
  int Words(int usual) const { return words == 0 ? usual : words; }
};

void Main(const Wanted& wanted) {
  struct Measure {
    int size;
    int words;
  };
  for (const Arch arch : {Arch::kWse2, Arch::kWse3}) {
    for (const auto [size, words] : {Measure{16, 20'000}, Measure{64, 2000}, Measure{256, 500}}) {
      for (const bool with_loop : {false, true}) {
        if (!wanted.Group(with_loop ? "loop" : "relay") || !wanted.Size(size)) continue;
        Relay(arch, size, wanted.Words(words), with_loop, wanted.repetitions);
      }
    }
    for (const int size : {256, 512}) {
      if (!wanted.Group("rows") || !wanted.Size(size)) continue;
      Wave(arch, size, wanted.Words(256), wanted.repetitions);
    }
    if (wanted.Group("tasks")) {
      if (wanted.Size(1)) {
        Tasks("local task", arch, 1, LocalTasks(arch, 1, 30'000), wanted.repetitions);
      }
      if (wanted.Size(64)) {
        const int tasks = wanted.Words(200);
        Tasks("local task", arch, 64, LocalTasks(arch, 64, tasks), wanted.repetitions);
        Tasks("data task a word", arch, 64, DataTasks(arch, 64, tasks), wanted.repetitions);
      }
    }
    if (!wanted.Group("threads")) continue;
    for (const bool with_loop : {false, true}) {
      if (wanted.Size(64)) Threads(arch, 64, wanted.Words(2000), with_loop, wanted.repetitions);
      if (wanted.Size(256)) Threads(arch, 256, wanted.Words(500), with_loop, wanted.repetitions);
    }
  }
}

}  // namespace
}  // namespace csl::bench

// pe_bench [relay|loop|rows|tasks|threads [REPETITIONS [SIZE [WORDS]]]]; "": all.
int main(int argc, char** argv) {
  csl::bench::Wanted wanted;
  if (argc > 1) wanted.only = argv[1];
  if (argc > 2) wanted.repetitions = std::max(1, std::atoi(argv[2]));
  if (argc > 3) wanted.size = std::max(0, std::atoi(argv[3]));
  if (argc > 4) wanted.words = std::max(0, std::atoi(argv[4]));
  csl::bench::Main(wanted);
  return 0;
}
