// SPDX-License-Identifier: Apache-2.0
#include "fabric/testing/random_fabric_program.h"

#include <fmt/format.h>

#include "fabric/testing/random_transfer.h"

namespace csl::fabric::testing {
namespace {

constexpr int kMaxTransfers = 6;  // colors 0 to 11, as pairs

// What a launched function does before and behind its transfers.
void AddFrame(Random* random, RandomPe* pe, bool opening, bool early) {
  const bool unblocks = opening == early;
  pe->Main(pe->code().Statements(random->Between(1, 3)));
  if (random->Chance(30)) {
    pe->Main(random->Chance(50) ? "  call r26, f0\n" : "  ldi r16, 0\n  calli r26, r16\n");
  }
  if (!unblocks) return;
  // Behind everything else a task can do it, too.
  const int task = !opening && random->Chance(20) ? pe->AddTask("  unblock_cmd_stream\n") : -1;
  pe->Main(task >= 0 ? fmt::format("  activatei {}\n", task) : "  unblock_cmd_stream\n");
}

// A task that runs by itself at the start, and is activated by the launched function again.
void AddLocalTask(Random* random, RandomPe* pe) {
  const int task = pe->AddTask(pe->code().Statements(random->Between(1, 4)), random->Chance(60));
  if (task < 0) return;
  pe->Main(
      random->Chance(50)
          ? fmt::format("  activatei {}\n", task)
          : fmt::format("  ldi r16, {0}\n  block r16\n  activate r16\n  unblocki {0}\n", task));
}

struct Transcript {
  std::string text;
  void Line(const std::string& line) { text += line + "\n"; }
  // Of a report its first line: simulators explain the rest in their own words.
  void Result(const char* what, const Status& status, int64_t cycle) {
    const std::string report = status.ToString();
    Line(fmt::format("{} @{} {}", what, cycle, report.substr(0, report.find('\n'))));
  }
  void Log(const LogRecord& record) {
    if (!record.message.starts_with("  ")) Line(record.ToString());
  }
};

StatusOr<CommandId> SubmitCopy(Random* random, Simulator* sim, const image::Extent2& size,
                               std::vector<uint32_t>* result) {
  CopyCommand copy;
  copy.export_id = random->Chance(50) ? kScratchExport : kBufferExport;
  copy.x = random->Below(size.width);
  copy.y = random->Below(size.height);
  copy.width = random->Between(1, size.width - copy.x);
  copy.height = random->Between(1, size.height - copy.y);
  copy.elements_per_pe = random->Between(1, 40);
  copy.element_bits = random->Chance(30) ? 16 : 32;
  copy.order = random->Chance(50) ? CopyOrder::kRowMajor : CopyOrder::kColumnMajor;
  const size_t words = static_cast<size_t>(copy.width * copy.height * copy.elements_per_pe);
  if (random->Chance(60)) {
    copy.direction = CopyDirection::kDeviceToHost;
    result->assign(words, 0);
    copy.destination = *result;
  } else {
    for (size_t i = 0; i < words; ++i) copy.data.push_back(random->Word());
  }
  return sim->Submit(std::move(copy));
}

void DescribeMemory(const Simulator& sim, const image::Manifest& m, Transcript* transcript) {
  for (int y = 0; y < m.rectangle.height; ++y) {
    for (int x = 0; x < m.rectangle.width; ++x) {
      auto memory = sim.ReadMemory(m.offset.width + x, m.offset.height + y, 0, 0xc000);
      if (!memory.ok()) {
        transcript->Line(memory.status().ToString());
        continue;
      }
      const std::string_view bytes(reinterpret_cast<const char*>(memory->data()), memory->size());
      transcript->Line(
          fmt::format("memory {},{} {:016x}", x, y, std::hash<std::string_view>()(bytes)));
    }
  }
}

}  // namespace

FabricProgram RandomFabricProgram(uint32_t seed) {
  Random random(seed);
  FabricProgram program;
  const isa::Arch arch = random.Chance(50) ? isa::Arch::kWse2 : isa::Arch::kWse3;
  const int width = random.Between(1, 4);
  const int height = random.Between(1, 4);
  ArtifactBuilder b(arch, width, height);
  RandomFabric fabric{random, arch, width, height, program.coverage, {}, b};
  for (int i = 0; i < width * height; ++i) {
    fabric.pes.emplace_back(&random, arch, &program.coverage);
  }
  const bool early = random.Chance(50);
  for (RandomPe& pe : fabric.pes) {
    AddFrame(&random, &pe, true, early);
    if (random.Chance(40)) AddLocalTask(&random, &pe);
  }
  if (early) ++program.coverage["early unblock"];
  const int transfers = random.Between(1, kMaxTransfers);
  for (int k = 0; k < transfers; ++k) {
    random.Chance(20) ? AddHandover(&fabric, 2 * k) : AddTransfer(&fabric, 2 * k);
  }
  for (RandomPe& pe : fabric.pes) AddFrame(&random, &pe, false, early);
  if (random.Chance(3)) fabric.pes.front().Main("  trap 0\n");
  for (int i = 0; i < width * height; ++i) {
    if (i > 0) b.NextProgram();
    b.image().fp16_format = static_cast<isa::Fp16Format>(seed % 3);
    fabric.pes[static_cast<size_t>(i)].Write(&b);
    b.Place(i % width, i / width, 1, 1);
  }
  b.manifest().fp16_format = static_cast<isa::Fp16Format>(seed % 3);
  b.manifest().channels = random.Between(1, 4);
  program.artifact = b.Build();
  return program;
}

std::string RunFabricHost(const image::Artifact& artifact, uint32_t seed, SimulatorOptions options,
                          const MakeSimulator& make) {
  Random random(seed);
  Transcript transcript;
  options.min_log_level = LogLevel::kDebug;
  options.log_sink = [&](const LogRecord& record) { transcript.Log(record); };
  auto created = make(artifact, options);
  if (!created.ok()) return created.status().ToString();
  Simulator& sim = **created;
  const image::Manifest& m = artifact.manifest;
  std::vector<std::vector<uint32_t>> results(static_cast<size_t>(random.Between(2, 8)));
  bool launched = false;
  for (auto& result : results) {
    // A copy waits for the fabric to be quiet: mostly one lies between two launches.
    const bool launch = launched ? random.Chance(10) : random.Chance(70);
    launched = launch;
    auto id = launch ? sim.Submit(LaunchCommand{kMainExport, {random.Word()}})
                     : SubmitCopy(&random, &sim, m.rectangle, &result);
    transcript.Result("submit", id.ok() ? OkStatus() : id.status(), sim.cycle());
    if (!id.ok()) break;
    if (random.Chance(50)) {
      transcript.Result("wait", sim.Wait(*id), sim.cycle());
    } else if (random.Chance(50)) {
      auto done = sim.Poll(*id);
      transcript.Result(done.ok() && *done ? "polled: done" : "polled",
                        done.ok() ? OkStatus() : done.status(), sim.cycle());
    }
    const SimStats stats = sim.Stats();
    transcript.Line(fmt::format("stats {} {} {} {} {}", stats.cycle_count, stats.idle_ce_cycles,
                                stats.instructions, stats.vector_elements, stats.tasks_started));
  }
  transcript.Result("drain", sim.Drain(), sim.cycle());
  for (const auto& result : results) transcript.Line(fmt::format("{}", fmt::join(result, " ")));
  SimStats stats = sim.Stats();
  stats.threads = 0;
  stats.sim_time = stats.total_time = stats.cycles_per_second = stats.tile_cycles_per_second = 0;
  transcript.Line(ToJson(stats));
  DescribeMemory(sim, m, &transcript);
  return transcript.text;
}

}  // namespace csl::fabric::testing
