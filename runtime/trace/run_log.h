// SPDX-License-Identifier: Apache-2.0
// RunLog: sim.log, sim.jsonl and simfab_traces/trace.json of one run.
//
// A folder that cannot be written to does not end a run: the first failure is kept.
#ifndef RUNTIME_TRACE_RUN_LOG_H_
#define RUNTIME_TRACE_RUN_LOG_H_

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "base/status.h"
#include "fabric/sim/simulator.h"
#include "runtime/trace/options.h"
#include "runtime/trace/program_text.h"
#include "runtime/trace/timeline.h"

namespace csl::runtime {

class RunLog {
 public:
  // Starts new files in `folder`; those of the timeline in simfab_traces, which must be there if
  // one is wanted.
  RunLog(const std::filesystem::path& folder, const TraceOptions& options, ProgramText program);
  ~RunLog();
  RunLog(const RunLog&) = delete;
  RunLog& operator=(const RunLog&) = delete;

  void Take(const fabric::LogRecord& record);
  // Writes what was logged so far to the files.
  void Flush();
  // The end of the run: closes the timeline. Ok, or what of it was left out.
  Status Finish(int64_t cycle);

  // Ok, or why the first file that failed could not be written.
  const Status& status() const { return status_; }

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  using File = std::unique_ptr<std::FILE, CloseFile>;

  void Note(Status status);
  File Create(const std::filesystem::path& path);

  const TraceOptions options_;
  const ProgramText program_;
  Status status_;
  File log_;
  File json_;
  File trace_;
  std::unique_ptr<Timeline> timeline_;
  int64_t last_cycle_ = 0;
};

}  // namespace csl::runtime

#endif  // RUNTIME_TRACE_RUN_LOG_H_
