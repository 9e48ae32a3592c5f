// SPDX-License-Identifier: Apache-2.0
#include "runtime/core/side_files.h"

#include <utility>

#include "base/file.h"

namespace csl::runtime {

SideFiles::SideFiles(std::filesystem::path folder, bool suppress_trace)
    : folder_(std::move(folder)) {
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

void SideFiles::WriteStats(const fabric::SimStats& stats) {
  Note(WriteFileAtomic(folder_ / "sim_stats.json", ToJson(stats)));
}

}  // namespace csl::runtime
