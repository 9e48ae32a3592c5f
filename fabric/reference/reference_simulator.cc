// SPDX-License-Identifier: Apache-2.0
// Making a simulator, and reading what a run left behind.
#include "fabric/reference/reference_simulator.h"

#include <fmt/format.h>

#include <algorithm>

#include "fabric/image/core_file.h"

namespace csl::fabric::reference {

ReferenceSimulator::ReferenceSimulator(const image::Artifact& artifact,
                                       const SimulatorOptions& options)
    : manifest_(artifact.manifest),
      options_(options),
      machine_(artifact),
      io_(manifest_, &machine_, options.quiet_bound_cycles),
      log_(options.min_log_level, options.log_sink) {
  machine_.shared().log_tasks = log_.Wants(LogLevel::kDebug);
}

StatusOr<std::unique_ptr<Simulator>> MakeReferenceSimulator(const image::Artifact& artifact,
                                                            const SimulatorOptions& options) {
  if (options.num_threads < 1 || options.num_threads > kMaxThreads) {
    return InvalidArgument(
        fmt::format("{} threads: 1 to {} are possible", options.num_threads, kMaxThreads));
  }
  if (options.num_shards < 0) {
    return InvalidArgument(fmt::format("{} shards", options.num_shards));
  }
  RETURN_IF_ERROR(artifact.Validate());
  return std::unique_ptr<Simulator>(std::make_unique<ReferenceSimulator>(artifact, options));
}

StatusOr<uint32_t> ReferenceSimulator::PeAt(int fabric_x, int fabric_y) const {
  const int x = fabric_x - manifest_.offset.width;
  const int y = fabric_y - manifest_.offset.height;
  if (x < 0 || y < 0 || x >= machine_.width() || y >= machine_.height()) {
    return OutOfRange(fmt::format(
        "the PE at fabric x={}, y={} is outside the program's rectangle, x={} to {}, y={} to {}",
        fabric_x, fabric_y, manifest_.offset.width, manifest_.offset.width + machine_.width() - 1,
        manifest_.offset.height, manifest_.offset.height + machine_.height() - 1));
  }
  return static_cast<uint32_t>(y * machine_.width() + x);
}

StatusOr<std::vector<uint8_t>> ReferenceSimulator::ReadMemory(int fabric_x, int fabric_y,
                                                              uint32_t address,
                                                              uint32_t size_bytes) const {
  ASSIGN_OR_RETURN(const uint32_t index, PeAt(fabric_x, fabric_y));
  if (address > kMemoryBytes || size_bytes > kMemoryBytes - address) {
    return OutOfRange(fmt::format("{} bytes at {:#x} leave a PE's {} bytes of memory", size_bytes,
                                  address, kMemoryBytes));
  }
  const Ce& ce = machine_.ce(index);
  if (ce.in_task()) {
    return FailedPrecondition(fmt::format(
        "PE {} runs a task: its memory can be read after a copy or when the run was stopped",
        ce.name));
  }
  const auto first = ce.memory.begin() + address;
  return std::vector<uint8_t>(first, first + size_bytes);
}

void ReferenceSimulator::WriteCore(
    std::string_view program_digest,
    const std::function<void(std::span<const uint8_t>)>& sink) const {
  sink(image::EncodeCoreHeader({std::string(program_digest), clock_, manifest_.fabric,
                                manifest_.offset, manifest_.rectangle}));
  for (uint32_t i = 0; i < machine_.num_pes(); ++i) {
    std::vector<uint8_t> record;
    image::AppendCorePe(machine_.ce(i).memory, machine_.ce(i).in_task(), &record);
    sink(record);
  }
}

StatusOr<std::vector<uint8_t>> ReferenceSimulator::ReadSymbol(int fabric_x, int fabric_y,
                                                              std::string_view name) const {
  ASSIGN_OR_RETURN(const uint32_t index, PeAt(fabric_x, fabric_y));
  const image::ProgramImage& image = machine_.ce(index).program->image;
  const image::Symbol* symbol = image.FindSymbol(name);
  if (symbol == nullptr || symbol->kind != image::Symbol::Kind::kVariable) {
    return NotFound(fmt::format("'{}' has no variable '{}'", image.name, name));
  }
  return ReadMemory(fabric_x, fabric_y, symbol->value, symbol->size_bytes);
}

SimStats ReferenceSimulator::Stats() const {
  SimStats stats;
  int64_t last_active = -1;
  for (uint32_t i = 0; i < machine_.num_pes(); ++i) {
    const Counters& c = machine_.ce(i).counters;
    stats.instructions += c.instructions;
    stats.busy_cycles += c.busy_cycles;
    stats.vector_elements += c.vector_elements;
    stats.tasks_started += c.tasks_started;
    stats.pes_touched += c.touched ? 1 : 0;
    last_active = std::max(last_active, c.last_active_cycle);
  }
  stats.cycle_count = std::max(clock_, last_active);
  stats.idle_ce_cycles = stats.cycle_count - std::max<int64_t>(0, last_active);
  stats.fabric_x = manifest_.fabric.width;
  stats.fabric_y = manifest_.fabric.height;
  stats.simulated_tile_count = machine_.num_pes();
  stats.threads = options_.num_threads;
  stats.host_commands = io_.num_done();
  stats.host_words_h2d = io_.words_h2d();
  stats.host_words_d2h = io_.words_d2h();
  stats.sim_time = sim_time_.count();
  stats.total_time = std::chrono::duration<double>(WallClock::now() - created_).count();
  if (stats.sim_time > 0) {
    stats.cycles_per_second = static_cast<double>(stats.cycle_count) / stats.sim_time;
    stats.tile_cycles_per_second =
        stats.cycles_per_second * static_cast<double>(stats.simulated_tile_count);
  }
  return stats;
}

}  // namespace csl::fabric::reference
