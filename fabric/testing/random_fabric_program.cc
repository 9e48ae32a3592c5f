// SPDX-License-Identifier: Apache-2.0
#include "fabric/testing/random_fabric_program.h"

#include <fmt/format.h>

#include "fabric/testing/random_stream.h"
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
  program.unblocks_early = early;
  program.has_streams = random.Chance(40);
  program.echoes = program.has_streams && random.Chance(60);
  if (program.has_streams) AddStreams(&fabric, program.echoes);
  // Streams use colors of the message routers.
  if (arch == isa::Arch::kWse3 && !program.has_streams && random.Chance(50)) AddMessages(&fabric);
  const int transfers = random.Between(1, kMaxTransfers);
  for (int k = 0; k < transfers; ++k) {
    const int kind = random.Below(100);
    if (kind < 20) {
      AddHandover(&fabric, 2 * k);
    } else if (kind < 40) {
      AddBatches(&fabric, 2 * k);
    } else {
      AddTransfer(&fabric, 2 * k);
    }
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

std::string RunFabricHost(const FabricProgram& program, uint32_t seed,
                          const SimulatorOptions& options, const MakeSimulator& make,
                          Coverage* coverage) {
  Random random(seed);
  const int num_commands = random.Between(2, 8);
  const image::Extent2 size = program.artifact.manifest.rectangle;
  StreamHost streams(&random, size, program.echoes, coverage);
  bool launched = false;
  const auto submit = [&](Simulator* sim, std::vector<uint32_t>* result) {
    if (program.has_streams && random.Chance(program.echoes ? 75 : 50))
      return sim->Submit(streams.Next(result));
    // A copy waits for the fabric to be quiet: mostly one lies between two launches.
    const bool launched_before = launched;
    launched = launched ? random.Chance(10) : random.Chance(70);
    if (launched) return sim->Submit(LaunchCommand{kMainExport, {random.Word()}});
    const uint32_t pointer = random.Chance(50) ? kScratchExport : kBufferExport;
    CopyCommand copy = RandomCopy(&random, pointer, size, {40, 30, 60}, result);
    CountTransfer("copy", copy, coverage);
    if (launched_before && program.unblocks_early) ++(*coverage)["copy after an early unblock"];
    return sim->Submit(std::move(copy));
  };
  return RunHost(program.artifact, options, make, &random, num_commands, submit);
}

}  // namespace csl::fabric::testing
