// SPDX-License-Identifier: Apache-2.0
// SdkRuntime: what host scripts drive a compiled program with; the Python class of the same name is
// a thin layer on top.
//
//   load -> run -> copies, launches and calls, each a task -> stop
//
// Tasks. Every command joins one queue and runs in the order of the calls. A blocking call returns
// when its task is done; a nonblocking one at once, with the task's id. A copy to the device takes
// its data at the call; a copy to the host keeps its target alive until it is done. The fabric's
// time advances only while a call waits, so cycle counts do not depend on how fast the host is.
//
// Errors leave the run as it was, unless the program itself failed (stuck, faulted): then every
// later command fails with that first error. Wrong arguments are refused before anything is sent.
//
// Threads. Calls from several threads are taken one after the other.
#ifndef RUNTIME_CORE_SDK_RUNTIME_H_
#define RUNTIME_CORE_SDK_RUNTIME_H_

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "base/strong_id.h"
#include "runtime/core/port_file.h"
#include "runtime/core/side_files.h"
#include "runtime/device/device.h"
#include "runtime/launch/arguments.h"
#include "runtime/loader/program.h"
#include "runtime/memcpy/region.h"
#include "runtime/trace/options.h"
#include "runtime/trace/run_log.h"

namespace csl::runtime {

struct RuntimeOptions {
  DeviceFactory make_device;
  DeviceOptions device;  // its log_sink and trace are the runtime's own
  TraceOptions trace;
  bool is_system = false;       // a CS system is given back at stop(); the simulator stays readable
  bool suppress_trace = false;  // no simfab_traces
  // stop() leaves a core file whatever the size of the program; elsewhere than in out.core.
  bool dump_core = false;
  std::filesystem::path core_path;
  bool memcpy_required = true;
  // Messages at or above this level go to `message_sink`.
  fabric::LogLevel message_level = fabric::LogLevel::kWarning;
  std::function<void(fabric::LogLevel, const std::string&)> message_sink;
};

// A transfer between the host and a region of PEs. Broadcasts and strides (region) are for
// transfers to the device.
struct CopyRequest {
  uint32_t symbol = 0;     // id of the variable
  bool streaming = false;  // wavelets of `color` instead
  int64_t color = 0;
  Region region;
  int element_bits = 32;  // not of streams
  fabric::CopyOrder order = fabric::CopyOrder::kRowMajor;
  // The host's tensor is A[columns][rows][elements_per_pe]: memcpy_h2d_stride.
  bool columns_first = false;
};

// stop() leaves the core file of a program with at most so many PEs unasked: it costs milliseconds
// and is some megabytes at most.
inline constexpr int kMaxAutomaticCorePes = 1024;

using TaskId = fabric::CommandId;

class SdkRuntime {
 public:
  // kFailedPrecondition when memcpy is required and the program was compiled without it.
  static StatusOr<std::unique_ptr<SdkRuntime>> Create(Program program, RuntimeOptions options);
  ~SdkRuntime();
  SdkRuntime(const SdkRuntime&) = delete;
  SdkRuntime& operator=(const SdkRuntime&) = delete;

  const image::Manifest& manifest() const { return program_.artifact.manifest; }

  // Id of an exported variable or function, for copies. kNotFound lists near names.
  StatusOr<uint32_t> GetId(std::string_view name) const;
  // Rectangle coordinates to fabric coordinates.
  StatusOr<std::pair<int, int>> CoordLogicalToPhysical(int64_t x, int64_t y) const;

  // Reaches for the device and loads the program; again before Run: nothing happens. Side files are
  // made in the folder that is current now.
  Status Load();
  Status Run();
  // Finishes all tasks, runs the fabric until it is quiet, writes sim_stats.json and the core file.
  // The end.
  Status Stop();

  // Argument errors are those of EncodeArguments.
  StatusOr<TaskId> Launch(std::string_view function, std::span<const HostScalar> arguments,
                          bool nonblock);
  // Like Launch, on raw words: one an argument, their number and types unchecked.
  StatusOr<TaskId> Call(std::string_view function, std::vector<uint32_t> words, bool nonblock);
  // `data` holds at least request.region.words() words; more are ignored. A nonblocking call has
  // taken them when it returns. A blocking one reads them where they lie: `keep_alive` owns them,
  // since a call that is interrupted leaves its command queued.
  StatusOr<TaskId> CopyToDevice(const CopyRequest& request, std::span<const uint32_t> data,
                                bool nonblock, std::shared_ptr<void> keep_alive = nullptr);
  // `keep_alive` owns what `destination` points into.
  StatusOr<TaskId> CopyToHost(const CopyRequest& request, std::span<uint32_t> destination,
                              std::shared_ptr<void> keep_alive, bool nonblock);

  // ---- Ports of programs that SdkLayout made. Tasks of one port are done in order, beside those
  // of other ports. The id of a port. kNotFound lists near names.
  StatusOr<uint32_t> GetPortId(std::string_view name) const;
  // A wavelet to the device for each word. Data and keep_alive as those of CopyToDevice.
  StatusOr<TaskId> Send(uint32_t port, std::span<const uint32_t> data, bool nonblock,
                        std::shared_ptr<void> keep_alive = nullptr);
  // As many wavelets as the destination has words. `keep_alive` owns what it points into.
  StatusOr<TaskId> Receive(uint32_t port, std::span<uint32_t> destination,
                           std::shared_ptr<void> keep_alive, bool nonblock);
  // All wavelets that come, as 32-bit little-endian words in a file that is made anew. Done when
  // the fabric is at rest while somebody waits for the task, or at Stop. A file that cannot be
  // written fails the task, the fabric continues.
  StatusOr<TaskId> ReceiveToFile(uint32_t port, const std::filesystem::path& path, bool nonblock);
  // A line for each port: id, name, direction, place and color.
  std::string DescribePorts() const;

  // Lets the fabric run for a fixed slice of time when the task is not done.
  StatusOr<bool> IsTaskDone(TaskId id);
  Status TaskWait(TaskId id);

  // A variable of one PE, by fabric coordinates. After load(); on a CS system until stop().
  StatusOr<std::vector<uint8_t>> ReadSymbol(int64_t fabric_x, int64_t fabric_y,
                                            std::string_view name);
  // Writes the memory of all PEs as it is now (docs/formats/core.md). After load(); a CS system's
  // until stop().
  Status DumpCore(const std::filesystem::path& path);
  // The same as an ELF core (docs/formats/elf_core.md).
  Status DumpElfCore(const std::filesystem::path& path);

 private:
  enum class State { kCreated, kLoaded, kRunning, kStopped };
  struct PendingTask {
    TaskId id;
    uint64_t bytes = 0;
    std::shared_ptr<void> keep_alive;
    std::function<void()> finish;  // once the task is done; may be empty
  };

  SdkRuntime(Program program, RuntimeOptions options);

  // Whether `what` may be done now: between run() and stop().
  Status CheckRunning(std::string_view what) const;
  // dump_core.cc
  Status CheckCanDump(std::string_view what) const;
  Status WriteCore(const std::filesystem::path& path);
  Status WriteElfCore(const std::filesystem::path& path);
  // The core file of stop(), where one is due.
  Status LeaveCore();

  // transfers.cc
  Status CheckTransfer(std::string_view what, const CopyRequest& request, bool to_device,
                       size_t words) const;
  Status CheckSymbol(std::string_view what, uint32_t id, bool to_device) const;
  Status CheckWords(std::string_view what, const Region& region, size_t words) const;
  StatusOr<TaskId> SubmitTransfer(const CopyRequest& request, fabric::HostTransfer transfer);
  // Words that are not cleared, used again once nothing holds the last ones. Null: no memory.
  std::shared_ptr<uint32_t[]> StagingWords(size_t words);

  // ports.cc
  Status CheckPort(std::string_view what, uint32_t port, bool to_device, size_t words) const;

  StatusOr<const image::Export*> FindFunction(std::string_view name) const;
  Status CheckTask(TaskId id) const;
  // Waits for old tasks until one of `bytes` more may be queued.
  Status MakeRoom(uint64_t bytes);
  StatusOr<TaskId> Enqueue(StatusOr<TaskId> submitted, uint64_t bytes,
                           std::shared_ptr<void> keep_alive, bool nonblock,
                           std::function<void()> finish = {});
  Status Wait(TaskId id);
  // Whether the file of a task, if it has one, holds what it should.
  Status FileOf(TaskId id) const;
  // Finishes the tasks that are done, and forgets those of them that none comes before.
  void FinishCompleted();
  void Finish(PendingTask* task);
  // Starts the files of the log, which know the program where events will name its parts.
  void StartLog();
  void TakeLog(const fabric::LogRecord& record);
  void Log(fabric::LogLevel level, const std::string& text) const;
  StatusOr<TaskId> SubmitLaunch(uint32_t function, std::vector<uint32_t> words, bool nonblock);

  Program program_;  // after Load: its manifest, which never changes
  std::string program_digest_;
  RuntimeOptions options_;

  std::mutex mutex_;  // guards all below
  State state_ = State::kCreated;
  std::unique_ptr<SideFiles> side_files_;
  std::unique_ptr<RunLog> run_log_;
  std::unique_ptr<Device> device_;
  std::deque<PendingTask> pending_;
  uint64_t pending_bytes_ = 0;
  std::map<uint32_t, std::shared_ptr<PortFile>> files_;  // of ReceiveToFile
  size_t num_unfinished_ = 0;  // tasks with something to do once they are done
  std::optional<TaskId> newest_;
  std::shared_ptr<uint32_t[]> staging_;
  size_t staging_words_ = 0;
};

}  // namespace csl::runtime

#endif  // RUNTIME_CORE_SDK_RUNTIME_H_
