// SPDX-License-Identifier: Apache-2.0
// Bytes of resident memory a PE, as the slope between two sizes of the fabric, and the time of the
// report on a stuck program.
//
//   bazel run //bench/fabric:memory              # the table
//   bazel run //bench/fabric:memory -- wafer     # 750 x 994 PEs: load, launch, exchange
//   bazel run //bench/fabric:memory -- stuck     # the report on 64 x 64 and 750 x 994 PEs
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <functional>

#include "base/check.h"
#include "bench/fabric/exchange.h"
#include "fabric/image/variant.h"
#include "fabric/sim/simulator.h"

namespace csl::bench {
namespace {

using fabric::CommandId;
using fabric::Simulator;
using fabric::testing::ArtifactBuilder;

double ResidentBytes() {
  long pages = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  CHECK(file != nullptr && std::fscanf(file, "%*s %ld", &pages) == 1) << "no /proc/self/statm";
  std::fclose(file);
  return static_cast<double>(pages) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

// Wall time, processor time of all threads and resident memory after it.
void Report(const char* what, const std::function<void()>& run) {
  const auto begin = std::chrono::steady_clock::now();
  const std::clock_t processor_begin = std::clock();
  run();
  const double wall =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const double processor =
      static_cast<double>(std::clock() - processor_begin) / double{CLOCKS_PER_SEC};
  std::printf("%-24s %7.2f s, %7.2f s of processor time, %5.2f GB\n", what, wall, processor,
              ResidentBytes() / 1e9);
}

std::unique_ptr<Simulator> Make(const image::Artifact& artifact) {
  fabric::SimulatorOptions options;
  options.num_threads = 2;
  auto sim = Simulator::Create(artifact, options);
  CHECK(sim.ok()) << sim.status().message();
  return std::move(sim).value();
}

void Launch(Simulator* sim) {
  auto launch = sim->Submit(fabric::LaunchCommand{kExchange, {}});
  CHECK(launch.ok()) << launch.status().message();
  const Status done = sim->Wait(*launch);
  CHECK(done.ok()) << done.message();
}

// The inner PEs pass on what those at the west and north edge send, to the other edges.
image::Artifact PassOn(isa::Arch arch, int size) {
  ArtifactBuilder b(arch, size, size);
  const bool wse2 = arch == isa::Arch::kWse2;
  b.Function("main", "  ret\n").ExportFunction(kExchange, "main");
  b.Place(1, 1, size - 2, size - 2).NextProgram();
  b.Function("start", "  v.mov32 dest.0, src1.0\n  v.mov32 dest.1, src1.0\n  ret\n");
  b.Task(12, "start", true).ExportFunction(kExchange, "start");
  b.Dsr(isa::DsrFile::kSrc1, 0, isa::Descriptor::Mem1d(0x200, 100));
  for (int i = 0; i < 2; ++i) {
    isa::Descriptor out =
        isa::Descriptor::Fabout(static_cast<uint8_t>(3 + i), static_cast<uint8_t>(2 + i), 100);
    out.async.is_async = true;
    b.OutputQueue(3 + i, wse2 ? isa::kNoColor : 2 + i).Dsr(isa::DsrFile::kDest, i, out);
  }
  b.Place(0, 0, size - 1, 1).Place(0, 1, 1, size - 2).NextProgram();
  b.Function("take", "  ret\n").ExportFunction(kExchange, "take");
  for (int i = 0; i < 2; ++i) {
    b.InputQueue(2 + i, 2 + i).DataTask(2 + i, "take", 32);
  }
  b.Place(size - 1, 0, 1, size).Place(0, size - 1, size - 1, 1);
  b.Route(0, 0, 1, size, 2, image::kRamp, image::kEast);
  b.Route(1, 0, size - 2, size, 2, image::kWest, image::kEast);
  b.Route(size - 1, 0, 1, size, 2, image::kWest, image::kRamp);
  b.Route(0, 0, size, 1, 3, image::kRamp, image::kSouth);
  b.Route(0, 1, size, size - 2, 3, image::kNorth, image::kSouth);
  b.Route(0, size - 1, size, 1, 3, image::kNorth, image::kRamp);
  return b.Build();
}

double NeverRan(isa::Arch arch, int size) {
  const image::Artifact artifact = Exchange(arch, size, size);
  const double before = ResidentBytes();
  auto sim = Make(artifact);
  return ResidentBytes() - before;
}

double PassedOn(isa::Arch arch, int size) {
  const image::Artifact artifact = PassOn(arch, size);
  const double before = ResidentBytes();
  auto sim = Make(artifact);
  const Status done = sim->Drain();
  CHECK(done.ok()) << done.message();
  CHECK(sim->Stats().pes_touched < 4 * size) << sim->Stats().pes_touched;
  return ResidentBytes() - before;
}

double IdleAfterRunning(isa::Arch arch, int size) {
  const image::Artifact artifact = Exchange(arch, size, size);
  const double before = ResidentBytes();
  auto sim = Make(artifact);
  Launch(sim.get());
  return ResidentBytes() - before - double{kExchangePages} * kPageBytes * size * size;
}

// In a process of its own: what one run frees does not hide what the next one takes.
double Measured(double (*figure)(isa::Arch, int), isa::Arch arch, int size) {
  int ends[2];
  CHECK(pipe(ends) == 0) << "pipe";
  const pid_t child = fork();
  CHECK(child >= 0) << "fork";
  double value = 0;
  if (child == 0) {
    value = figure(arch, size);
    _exit(write(ends[1], &value, sizeof(value)) == sizeof(value) ? 0 : 1);
  }
  CHECK(read(ends[0], &value, sizeof(value)) == sizeof(value)) << "a measurement failed";
  waitpid(child, nullptr, 0);
  close(ends[0]);
  close(ends[1]);
  return value;
}

void PrintTable(int small, int large) {
  struct Row {
    const char* name;
    double (*figure)(isa::Arch, int);
    int goal;
  };
  const Row rows[] = {{"never ran", NeverRan, 256},
                      {"only passed wavelets on", PassedOn, 512},
                      {"idle after running", IdleAfterRunning, 4096}};
  std::printf("bytes a PE, %d x %d to %d x %d\n", small, small, large, large);
  std::printf("%-26s %6s %6s %6s\n", "", "goal", "wse2", "wse3");
  for (const Row& row : rows) {
    std::printf("%-26s %6d", row.name, row.goal);
    for (const isa::Arch arch : {isa::Arch::kWse2, isa::Arch::kWse3}) {
      const double slope = (Measured(row.figure, arch, large) - Measured(row.figure, arch, small)) /
                           (double{1} * large * large - double{1} * small * small);
      std::printf(" %6.0f", slope);
    }
    std::printf("\n");
  }
}

// Every PE has a number of its own, knows its x and y, and writes in another page of its 32 KB.
image::Artifact OwnPlaces(isa::Arch arch, int width, int height) {
  image::Artifact artifact = Exchange(arch, width, height);
  std::vector<image::PlacementRun> placement;
  const auto images = static_cast<uint32_t>(artifact.images.size());
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      image::Variant variant;
      variant.image = x == 0 ? 0 : x == width - 1 ? 3 : x % 2 == 1 ? 1 : 2;
      const auto& code = artifact.images[variant.image].code;
      variant.code = {{0, code[0]}, {1, code[1]}};
      variant.code[0].instruction.set_imm(x + y);
      variant.code[1].instruction.set_imm(kLoadAddress + ((x + y) % 32) * kPageBytes);
      const auto number = static_cast<uint32_t>(y * width + x + 1);
      for (int i = 0; i < 4; ++i) {
        const auto byte = static_cast<uint8_t>(number >> (8 * i));
        if (byte == (i == 0 ? 1 : 0)) continue;
        variant.memory.push_back({static_cast<uint16_t>(kNumberAddress + i), byte});
      }
      placement.push_back({static_cast<uint16_t>(x), static_cast<uint16_t>(y), 1, 1,
                           images + static_cast<uint32_t>(artifact.variants.size())});
      artifact.variants.push_back(std::move(variant));
    }
  }
  artifact.manifest.placement = std::move(placement);
  artifact.manifest.num_variants = static_cast<uint32_t>(artifact.variants.size());
  return artifact;
}

void CheckResults(Simulator* sim, int width, int height) {
  std::vector<uint32_t> result(static_cast<size_t>(width * height));
  fabric::CopyCommand copy;
  copy.direction = fabric::CopyDirection::kDeviceToHost;
  copy.export_id = kResult;
  copy.width = width;
  copy.height = height;
  copy.destination = result;
  auto submitted = sim->Submit(copy);
  CHECK(submitted.ok()) << submitted.status().message();
  const Status done = sim->Wait(*submitted);
  CHECK(done.ok()) << done.message();
  for (int i = 0; i < width * height; ++i) {
    const int x = i % width;
    const int expected = (x == 0 ? 0 : i) + x + i / width;
    CHECK(result[static_cast<size_t>(i)] == static_cast<uint32_t>(expected))
        << "PE " << i << ": " << result[static_cast<size_t>(i)] << ", not " << expected;
  }
}

void RunWafer(isa::Arch arch, int width, int height) {
  std::printf("%s, %d x %d PEs\n", std::string(isa::ArchName(arch)).c_str(), width, height);
  image::Artifact artifact;
  std::unique_ptr<Simulator> sim;
  Report("artifact", [&] { artifact = OwnPlaces(arch, width, height); });
  Report("load", [&] { sim = Make(artifact); });
  Report("launch and exchange", [&] { Launch(sim.get()); });
  Report("copy and check", [&] { CheckResults(sim.get(), width, height); });
}

// The first column waits for what nobody sends, the second one for the first.
void RunStuck(isa::Arch arch, int width, int height) {
  image::Artifact artifact = Exchange(arch, width, height);
  for (image::PlacementRun& run : artifact.manifest.placement) {
    if (run.program == 0) run.program = 3;  // of the last column
  }
  auto sim = Make(artifact);
  auto launch = sim->Submit(fabric::LaunchCommand{kExchange, {}});
  CHECK(launch.ok()) << launch.status().message();
  Status stuck;
  std::printf("%s, %d x %d PEs, stuck\n", std::string(isa::ArchName(arch)).c_str(), width, height);
  Report("run and report", [&] { stuck = sim->Wait(*launch); });
  CHECK(!stuck.ok()) << "the program ended";
  Report("report again", [&] { (void)sim->StuckReport(); });
}

}  // namespace
}  // namespace csl::bench

int main(int argc, char** argv) {
  using csl::isa::Arch;
  if (argc > 1 && std::strcmp(argv[1], "wafer") == 0) {
    csl::bench::RunWafer(argc > 2 && std::strcmp(argv[2], "wse2") == 0 ? Arch::kWse2 : Arch::kWse3,
                         750, 994);
  } else if (argc > 1 && std::strcmp(argv[1], "stuck") == 0) {
    csl::bench::RunStuck(Arch::kWse3, 64, 64);
    csl::bench::RunStuck(Arch::kWse3, 750, 994);
  } else {
    csl::bench::PrintTable(256, 512);
  }
  return 0;
}
