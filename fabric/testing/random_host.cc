// SPDX-License-Identifier: Apache-2.0
#include "fabric/testing/random_host.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>
#include <string_view>
#include <utility>

namespace csl::fabric::testing {
namespace {

struct Transcript {
  std::string text;
  void Line(const std::string& line) { text += line + "\n"; }
  void Result(const char* what, const Status& status, int64_t cycle) {
    const std::string report = status.ToString();
    Line(fmt::format("{} @{} {}", what, cycle, report.substr(0, report.find('\n'))));
  }
  void Log(const LogRecord& record) {
    if (!record.message.starts_with("  ")) Line(record.ToString());
  }
};

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

// The memory of all PEs, those in the middle of a task included.
void DescribeCore(const Simulator& sim, Transcript* transcript) {
  std::string core;
  sim.WriteCore("random host", [&](std::span<const uint8_t> piece) {
    core.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  });
  transcript->Line(fmt::format("core {:016x}", std::hash<std::string>()(core)));
}

// Of 0 .. size - 1: one or more in a row or, in `percent_steps` of the cases, some that lie apart.
void ChooseSpan(Random* random, int size, int percent_steps, int* first, int* step, int* count) {
  const bool apart = size > 2 && random->Chance(percent_steps);
  if (apart) {
    *step = random->Between(2, std::min(3, size - 1));
  } else if (random->Chance(10)) {
    *step = random->Between(1, 3);
  }
  *first = random->Below(apart ? size - *step : size);
  *count = random->Between(apart ? 2 : 1, (size - *first - 1) / *step + 1);
}

}  // namespace

void ChooseRegion(Random* random, const image::Extent2& size, int percent_steps,
                  HostTransfer* transfer) {
  HostTransfer& t = *transfer;
  ChooseSpan(random, size.width, percent_steps, &t.x, &t.x_step, &t.width);
  ChooseSpan(random, size.height, percent_steps, &t.y, &t.y_step, &t.height);
  t.order = random->Chance(50) ? CopyOrder::kRowMajor : CopyOrder::kColumnMajor;
}

void ChooseData(Random* random, HostTransfer* transfer) {
  transfer->direction = CopyDirection::kHostToDevice;
  if (random->Chance(40)) {
    transfer->broadcast = random->Chance(50) ? Broadcast::kRows : Broadcast::kColumns;
  }
  for (uint64_t i = 0; i < transfer->words(); ++i) transfer->data.push_back(random->Word());
}

void ChooseResult(HostTransfer* transfer, std::vector<uint32_t>* result) {
  transfer->direction = CopyDirection::kDeviceToHost;
  result->assign(transfer->words(), 0);
  transfer->destination = *result;
}

CopyCommand RandomCopy(Random* random, uint32_t export_id, const image::Extent2& size,
                       const CopyChoices& choices, std::vector<uint32_t>* result) {
  CopyCommand copy;
  copy.export_id = export_id;
  ChooseRegion(random, size, 30, &copy);
  copy.elements_per_pe = random->Between(1, choices.max_elements);
  copy.element_bits = random->Chance(choices.percent_16_bits) ? 16 : 32;
  if (random->Chance(choices.percent_to_host)) {
    ChooseResult(&copy, result);
  } else {
    ChooseData(random, &copy);
  }
  return copy;
}

std::string RunHost(const image::Artifact& artifact, SimulatorOptions options,
                    const MakeSimulator& make, Random* random, int num_commands,
                    const SubmitOne& submit) {
  Transcript transcript;
  options.min_log_level = LogLevel::kDebug;
  const auto events = options.log_sink;
  options.log_sink = [&](const LogRecord& record) {
    if (!record.is_event()) return transcript.Log(record);
    if (events) events(record);
  };
  auto created = make(artifact, options);
  if (!created.ok()) return created.status().ToString();
  Simulator& sim = **created;
  std::vector<std::vector<uint32_t>> results(static_cast<size_t>(num_commands));
  Status status = OkStatus();
  for (auto& result : results) {
    auto id = submit(&sim, &result);
    transcript.Result("submit", id.ok() ? OkStatus() : id.status(), sim.cycle());
    if (!id.ok()) break;
    if (random->Chance(50)) {
      status = sim.Wait(*id);
      transcript.Result("wait", status, sim.cycle());
    } else if (random->Chance(50)) {
      auto done = sim.Poll(*id);
      status = done.ok() ? OkStatus() : done.status();
      transcript.Result(done.ok() && *done ? "polled: done" : "polled", status, sim.cycle());
    }
    const SimStats stats = sim.Stats();
    transcript.Line(fmt::format("stats {} {} {} {} {}", stats.cycle_count, stats.idle_ce_cycles,
                                stats.instructions, stats.vector_elements, stats.tasks_started));
    DescribeCore(sim, &transcript);
  }
  status = sim.Drain();
  transcript.Result("drain", status, sim.cycle());
  for (const auto& result : results) transcript.Line(fmt::format("{}", fmt::join(result, " ")));
  SimStats stats = sim.Stats();
  stats.threads = 0;
  stats.sim_time = stats.total_time = stats.cycles_per_second = stats.tile_cycles_per_second = 0;
  transcript.Line(ToJson(stats));
  DescribeMemory(sim, artifact.manifest, &transcript);
  DescribeCore(sim, &transcript);
  return transcript.text;
}

std::string FirstDifference(const std::string& got, const std::string& expected) {
  std::istringstream left(got), right(expected);
  std::string l, r;
  for (int line = 1;; ++line) {
    const bool more = static_cast<bool>(std::getline(left, l));
    if (more != static_cast<bool>(std::getline(right, r)) || (more && l != r)) {
      return "line " + std::to_string(line) + ": '" + l + "' instead of '" + r + "'";
    }
    if (!more) return "";
  }
}

}  // namespace csl::fabric::testing
