// SPDX-License-Identifier: Apache-2.0
#include "runtime/core/side_files.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/file.h"

namespace csl::runtime {

SideFiles::SideFiles(std::filesystem::path folder, bool suppress_trace)
    : folder_(std::move(folder)) {
  const std::filesystem::path path = folder_ / "sim.log";
  log_.reset(std::fopen(path.c_str(), "we"));
  if (log_ == nullptr) {
    Note(Unavailable("cannot create '" + path.string() + "': " + std::strerror(errno)));
  }
  std::error_code error;
  std::filesystem::remove(folder_ / kCoreName, error);
  if (suppress_trace) return;
  std::filesystem::create_directory(folder_ / "simfab_traces", error);
  if (error) {
    Note(Unavailable("cannot create '" + (folder_ / "simfab_traces").string() +
                     "': " + error.message()));
  }
}

void SideFiles::Note(Status status) {
  if (status_.ok()) status_ = std::move(status);
}

void SideFiles::Log(const fabric::LogRecord& record) {
  if (log_ != nullptr) std::fprintf(log_.get(), "%s\n", record.ToString().c_str());
}

void SideFiles::Flush() {
  if (log_ != nullptr && std::fflush(log_.get()) != 0) {
    Note(Unavailable(std::string("cannot write sim.log: ") + std::strerror(errno)));
  }
}

void SideFiles::WriteStats(const fabric::SimStats& stats) {
  Note(WriteFileAtomic(folder_ / "sim_stats.json", ToJson(stats)));
}

}  // namespace csl::runtime
