// SPDX-License-Identifier: Apache-2.0
// What a run leaves beside the host script, its log (runtime/trace) aside: sim_stats.json, out.core
// and the folder simfab_traces.
//
// A folder that cannot be written to does not end a run: the first failure is kept as a warning.
#ifndef RUNTIME_CORE_SIDE_FILES_H_
#define RUNTIME_CORE_SIDE_FILES_H_

#include <filesystem>

#include "base/status.h"
#include "fabric/sim/simulator.h"

namespace csl::runtime {

class SideFiles {
 public:
  static constexpr const char* kCoreName = "out.core";

  // Removes the core file of an earlier run from `folder`, and makes simfab_traces there unless
  // traces are suppressed.
  SideFiles(std::filesystem::path folder, bool suppress_trace);

  const std::filesystem::path& folder() const { return folder_; }

  void WriteStats(const fabric::SimStats& stats);

  // Ok, or why the first file that failed could not be written.
  const Status& status() const { return status_; }

 private:
  void Note(Status status);

  std::filesystem::path folder_;
  Status status_;
};

}  // namespace csl::runtime

#endif  // RUNTIME_CORE_SIDE_FILES_H_
