// SPDX-License-Identifier: Apache-2.0
// Loading an artifact, reading what a run left behind.
#include "fabric/sim/fabric_simulator.h"

#include <fmt/format.h>

#include <algorithm>

#include "fabric/image/core_file.h"
#include "fabric/pe/core.h"
#include "fabric/pe/interpreter.h"
#include "fabric/reference/reference_simulator.h"

namespace csl::fabric {
namespace {

// A core is handed on in pieces of about this size.
constexpr size_t kCorePieceBytes = size_t{1} << 18;

io::Geometry GeometryOf(const image::Manifest& manifest) {
  io::Geometry geometry;
  geometry.fabric_width = manifest.fabric.width;
  geometry.fabric_height = manifest.fabric.height;
  geometry.offset_x = manifest.offset.width;
  geometry.offset_y = manifest.offset.height;
  geometry.width = manifest.rectangle.width;
  geometry.height = manifest.rectangle.height;
  geometry.channels = std::max(1, manifest.channels);
  return geometry;
}

StatusOr<std::unique_ptr<pe::Machine>> LoadMachine(const image::Artifact& artifact) {
  const image::Manifest& manifest = artifact.manifest;
  auto machine = std::make_unique<pe::Machine>();
  machine->arch = manifest.arch;
  machine->width = manifest.rectangle.width;
  machine->height = manifest.rectangle.height;
  machine->offset_x = manifest.offset.width;
  machine->offset_y = manifest.offset.height;
  const io::IoTiming& timing = io::TimingOf(manifest.arch);
  machine->copy_costs = {timing.pe_copy_start_cycles, timing.pe_copy_cycles_per_word};
  for (const image::ProgramImage& image : artifact.images) {
    ASSIGN_OR_RETURN(auto program, pe::LoadProgram(image));
    machine->programs.push_back(std::move(program));
  }
  machine->variants = artifact.variants;
  pe::MarkPatched(machine->programs, machine->variants);
  machine->program_of_pe.resize(static_cast<size_t>(machine->width) *
                                static_cast<size_t>(machine->height));
  for (const image::PlacementRun& run : manifest.placement) {
    for (uint32_t y = run.y; y < uint32_t{run.y} + run.height; ++y) {
      const auto row =
          machine->program_of_pe.begin() + static_cast<std::ptrdiff_t>(y) * machine->width + run.x;
      std::fill(row, row + run.width, run.program);
    }
  }
  return machine;
}

}  // namespace

StatusOr<std::unique_ptr<Simulator>> Simulator::Create(const image::Artifact& artifact,
                                                       const SimulatorOptions& options) {
  if (options.num_threads < 1 || options.num_threads > kMaxThreads) {
    return InvalidArgument(
        fmt::format("{} threads: 1 to {} are possible", options.num_threads, kMaxThreads));
  }
  if (options.num_shards < 0) {
    return InvalidArgument(fmt::format("{} shards", options.num_shards));
  }
  RETURN_IF_ERROR(artifact.Validate());
  if (options.engine == EngineKind::kReference) {
    if (options.trace != 0 || options.debugger) {
      return Unimplemented(
          "the engine 'reference' is for comparison of results and cycles: it has no events for "
          "SIMFABRIC_DEBUG, timelines and csdb; leave CS_SIMFAB_ENGINE out for these");
    }
    return reference::MakeReferenceSimulator(artifact, options);
  }
  ASSIGN_OR_RETURN(auto machine, LoadMachine(artifact));
  return std::unique_ptr<Simulator>(std::make_unique<FabricSimulator>(
      artifact.manifest, std::move(machine), GeometryOf(artifact.manifest), options));
}

FabricSimulator::FabricSimulator(image::Manifest manifest, std::unique_ptr<pe::Machine> machine,
                                 const io::Geometry& geometry, const SimulatorOptions& options)
    : manifest_(std::move(manifest)),
      machine_(std::move(machine)),
      geometry_(geometry),
      options_(options),
      io_(manifest_.arch, geometry_, options.quiet_bound_cycles),
      log_(options.min_log_level, options.log_sink, options.trace) {
  machine_->command_owner = &io_;
  machine_->command_lookup = [](const void* owner, uint32_t number) -> const pe::HostCommand& {
    return static_cast<const io::IoEngine*>(owner)->command(number);
  };
  machine_->streams = &io_;
  machine_->log_tasks = log_.Wants(LogLevel::kDebug);
  machine_->trace = log_.trace();
  if (options.debugger) {
    machine_->trace |= kTraceInstructions | kTraceTasks;
    log_.set_tap(&tap_);
  }
  machine_->manifest = &manifest_;
  engine::ShardedOptions sharded;
  sharded.num_threads = options.num_threads;
  sharded.num_shards = options.num_shards;
  sharded.more_threads_than_cores = options.more_threads_than_cores;
  sharded.parallel_threshold_ns = options.parallel_threshold_ns;
  sharded.may_run_ahead = options.may_run_ahead;
  engine_ = engine::MakeShardedEngine(*machine_, sharded);
}

StatusOr<uint32_t> FabricSimulator::PeAt(int fabric_x, int fabric_y) const {
  const int x = fabric_x - geometry_.offset_x;
  const int y = fabric_y - geometry_.offset_y;
  if (x < 0 || y < 0 || x >= geometry_.width || y >= geometry_.height) {
    return OutOfRange(fmt::format(
        "the PE at fabric x={}, y={} is outside the program's rectangle, x={} to {}, y={} to {}",
        fabric_x, fabric_y, geometry_.offset_x, geometry_.offset_x + geometry_.width - 1,
        geometry_.offset_y, geometry_.offset_y + geometry_.height - 1));
  }
  return static_cast<uint32_t>(y * geometry_.width + x);
}

void FabricSimulator::CopyMemory(uint32_t index, uint32_t address, std::span<uint8_t> out) const {
  if (const pe::PeState* pe = engine_->FindPe(index)) {
    (void)pe->memory.Read(address, out);
    return;
  }
  pe::RunContext context;
  context.machine = machine_.get();
  pe::PeState fresh;
  pe::InitPe(fresh, context, index);
  (void)fresh.memory.Read(address, out);
}

StatusOr<std::vector<uint8_t>> FabricSimulator::ReadMemory(int fabric_x, int fabric_y,
                                                           uint32_t address,
                                                           uint32_t size_bytes) const {
  ASSIGN_OR_RETURN(const uint32_t index, PeAt(fabric_x, fabric_y));
  if (address > pe::kMemoryBytes || size_bytes > pe::kMemoryBytes - address) {
    return OutOfRange(fmt::format("{} bytes at {:#x} leave a PE's {} bytes of memory", size_bytes,
                                  address, pe::kMemoryBytes));
  }
  const pe::PeState* pe = engine_->FindPe(index);
  if (pe != nullptr && pe::InTask(*pe)) {
    return FailedPrecondition(fmt::format(
        "PE {} runs a task: its memory can be read after a copy or when the run was stopped",
        pe::PeName(*machine_, index)));
  }
  std::vector<uint8_t> bytes(size_bytes);
  CopyMemory(index, address, bytes);
  return bytes;
}

void FabricSimulator::WriteCore(std::string_view program_digest,
                                const std::function<void(std::span<const uint8_t>)>& sink) const {
  static_assert(image::kCoreMemoryBytes == pe::kMemoryBytes);
  std::vector<uint8_t> piece =
      image::EncodeCoreHeader({std::string(program_digest), clock_, manifest_.fabric,
                               manifest_.offset, manifest_.rectangle});
  std::vector<uint8_t> memory(pe::kMemoryBytes);
  for (uint32_t index = 0; index < geometry_.num_pes(); ++index) {
    const pe::PeState* pe = engine_->FindPe(index);
    CopyMemory(index, 0, memory);
    image::AppendCorePe(memory, pe != nullptr && pe::InTask(*pe), &piece);
    if (piece.size() < kCorePieceBytes) continue;
    sink(piece);
    piece.clear();
  }
  sink(piece);
}

StatusOr<std::vector<uint8_t>> FabricSimulator::ReadSymbol(int fabric_x, int fabric_y,
                                                           std::string_view name) const {
  ASSIGN_OR_RETURN(const uint32_t index, PeAt(fabric_x, fabric_y));
  const pe::Program& program = machine_->BaseProgram(index);
  const image::Symbol* symbol = program.image.FindSymbol(name);
  if (symbol == nullptr || symbol->kind != image::Symbol::Kind::kVariable) {
    return NotFound(fmt::format("'{}' has no variable '{}'", program.image.name, name));
  }
  return ReadMemory(fabric_x, fabric_y, symbol->value, symbol->size_bytes);
}

StatusOr<std::string> FabricSimulator::DumpPe(int fabric_x, int fabric_y) const {
  ASSIGN_OR_RETURN(const uint32_t index, PeAt(fabric_x, fabric_y));
  const pe::PeState* pe = engine_->FindPe(index);
  if (pe == nullptr) {
    return fmt::format("PE {}: nothing has happened here yet\n", pe::PeName(*machine_, index));
  }
  return pe::ToString(*pe);
}

SimStats FabricSimulator::Stats() const {
  const engine::EngineTotals totals = engine_->Totals();
  SimStats stats;
  stats.cycle_count = std::max(clock_, totals.counters.last_active_cycle);
  stats.idle_ce_cycles =
      stats.cycle_count - std::max<int64_t>(0, totals.counters.last_active_cycle);
  stats.fabric_x = geometry_.fabric_width;
  stats.fabric_y = geometry_.fabric_height;
  stats.simulated_tile_count = geometry_.num_pes();
  stats.threads = options_.num_threads;
  stats.instructions = totals.counters.instructions;
  stats.busy_cycles = totals.counters.busy_cycles;
  stats.vector_elements = totals.counters.vector_elements;
  stats.tasks_started = totals.counters.tasks_started;
  stats.host_commands = io_.num_done();
  stats.host_words_h2d = io_.words_h2d();
  stats.host_words_d2h = io_.words_d2h();
  stats.pes_touched = totals.pes_touched;
  stats.sim_time = sim_time_.count();
  stats.total_time = std::chrono::duration<double>(WallClock::now() - created_).count();
  if (stats.sim_time > 0) {
    stats.cycles_per_second = static_cast<double>(stats.cycle_count) / stats.sim_time;
    stats.tile_cycles_per_second =
        stats.cycles_per_second * static_cast<double>(stats.simulated_tile_count);
  }
  return stats;
}

}  // namespace csl::fabric
