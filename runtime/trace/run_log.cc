// SPDX-License-Identifier: Apache-2.0
#include "runtime/trace/run_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "runtime/trace/event_text.h"

namespace csl::runtime {

RunLog::RunLog(const std::filesystem::path& folder, const TraceOptions& options,
               ProgramText program)
    : options_(options),
      program_(std::move(program)),
      log_(Create(folder / "sim.log")),
      json_(Create(folder / "sim.jsonl")) {
  std::error_code error;
  std::filesystem::remove(folder / "simfab_traces" / "trace.json", error);
  if (options_.log != 0 && log_ != nullptr) {
    const image::Extent2& fabric = program_.manifest().fabric;
    std::fprintf(log_.get(), "@0 dimX=%d, dimY=%d\n", fabric.width, fabric.height);
  }
  if (!options_.timeline) return;
  trace_ = Create(folder / "simfab_traces" / "trace.json");
  if (trace_ == nullptr) return;
  timeline_ = std::make_unique<Timeline>(
      &program_, options_.timeline_bytes, [this](const std::string& text) {
        if (std::fwrite(text.data(), 1, text.size(), trace_.get()) != text.size()) {
          Note(Unavailable(std::string("cannot write trace.json: ") + std::strerror(errno)));
        }
      });
}

RunLog::~RunLog() { (void)Finish(last_cycle_).ok(); }

void RunLog::Note(Status status) {
  if (status_.ok()) status_ = std::move(status);
}

RunLog::File RunLog::Create(const std::filesystem::path& path) {
  File file(std::fopen(path.c_str(), "we"));
  if (file == nullptr) {
    Note(Unavailable("cannot create '" + path.string() + "': " + std::strerror(errno)));
  }
  return file;
}

void RunLog::Take(const fabric::LogRecord& record) {
  last_cycle_ = std::max(last_cycle_, record.cycle);
  if (timeline_ != nullptr) timeline_->Take(record);
  const uint32_t kind = fabric::TraceKindOf(record.event.kind);
  if (record.is_event() && (kind & options_.log) == 0) return;
  const auto put = [&](std::FILE* file, std::string line) {
    if (file == nullptr) return;
    line += '\n';
    (void)std::fwrite(line.data(), 1, line.size(), file);
  };
  if (log_ != nullptr) put(log_.get(), LogLine(record, program_));
  if (json_ != nullptr) put(json_.get(), JsonLine(record, program_));
}

void RunLog::Flush() {
  for (const auto& [file, name] :
       {std::pair{log_.get(), "sim.log"}, std::pair{json_.get(), "sim.jsonl"}}) {
    if (file != nullptr && std::fflush(file) != 0) {
      Note(Unavailable(fmt::format("cannot write {}: {}", name, std::strerror(errno))));
    }
  }
}

Status RunLog::Finish(int64_t cycle) {
  Flush();
  if (timeline_ == nullptr) return OkStatus();
  timeline_->Finish(std::max(cycle, last_cycle_));
  const int64_t cut = timeline_->cut_at();
  timeline_.reset();
  if (std::fclose(trace_.release()) != 0) {
    Note(Unavailable(std::string("cannot write trace.json: ") + std::strerror(errno)));
  }
  if (cut < 0) return OkStatus();
  return ResourceExhausted(
      fmt::format("simfab_traces/trace.json ends at cycle {}: CS_SIMFAB_TRACE_MB={} bounds it", cut,
                  options_.timeline_bytes >> 20));
}

}  // namespace csl::runtime
