// SPDX-License-Identifier: Apache-2.0
#include "runtime/core/sdk_runtime.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/core/near_names.h"

namespace csl::runtime {
namespace {

// A queue as full as this makes the next nonblocking call wait, so that a script that never waits
// cannot take all memory. Counted in commands and bytes, both the same on every machine: where the
// wait comes belongs to the program.
constexpr size_t kMaxPendingTasks = 1024;
constexpr uint64_t kMaxPendingBytes = uint64_t{256} << 20;

}  // namespace

StatusOr<std::unique_ptr<SdkRuntime>> SdkRuntime::Create(Program program, RuntimeOptions options) {
  if (options.memcpy_required && !program.artifact.manifest.memcpy) {
    return FailedPrecondition(
        "the program was compiled without --memcpy, so that nothing can be copied or launched; "
        "compile it with --memcpy, or pass memcpy_required=False");
  }
  return std::unique_ptr<SdkRuntime>(new SdkRuntime(std::move(program), std::move(options)));
}

SdkRuntime::SdkRuntime(Program program, RuntimeOptions options)
    : program_(std::move(program)), options_(std::move(options)) {}

SdkRuntime::~SdkRuntime() {
  if (state_ == State::kRunning) {
    Log(fabric::LogLevel::kInfo, "the run ends without stop(): tasks that wait are dropped");
  }
  device_.reset();  // before the targets of copies that it may still know
}

StatusOr<uint32_t> SdkRuntime::GetId(std::string_view name) const {
  if (const image::Export* found = manifest().FindExport(name)) return found->id;
  std::vector<std::string> names;
  for (const image::Export& e : manifest().exports) names.push_back(e.name);
  return NotFound(fmt::format("symbol '{}' is not exported by the program; {}", name,
                              NearNames(name, std::move(names))));
}

StatusOr<std::pair<int, int>> SdkRuntime::CoordLogicalToPhysical(int64_t x, int64_t y) const {
  const image::Extent2& size = manifest().rectangle;
  if (x < 0 || x >= size.width || y < 0 || y >= size.height) {
    return OutOfRange(
        fmt::format("logical_coords = ({}, {}): the program's rectangle has {} columns and {} "
                    "rows; must be (0, 0)..({}, {})",
                    x, y, size.width, size.height, size.width - 1, size.height - 1));
  }
  return std::pair(static_cast<int>(x) + manifest().offset.width,
                   static_cast<int>(y) + manifest().offset.height);
}

Status SdkRuntime::Load() {
  const std::lock_guard lock(mutex_);
  if (state_ == State::kLoaded) return OkStatus();
  if (state_ != State::kCreated) {
    return FailedPrecondition(state_ == State::kStopped ? "load() after stop(): a runtime runs once"
                                                        : "load() after run()");
  }
  std::error_code error;
  side_files_ =
      std::make_unique<SideFiles>(std::filesystem::current_path(error), options_.suppress_trace);
  DeviceOptions device_options = options_.device;
  if (options_.suppress_trace) options_.trace.timeline = false;
  StartLog();
  device_options.trace |= options_.trace.kinds();
  device_options.log_sink = [this](const fabric::LogRecord& record) { TakeLog(record); };
  std::unique_ptr<Device> device = options_.make_device(std::move(device_options));
  RETURN_IF_ERROR(device->Load(program_));
  device_ = std::move(device);
  program_digest_ = ProgramDigest(program_);
  // The device has its own; of a large program this is most of the memory.
  program_.files = {};
  program_.artifact.images = {};
  state_ = State::kLoaded;
  for (const Status& status : {side_files_->status(), run_log_->status()}) {
    if (!status.ok()) Log(fabric::LogLevel::kWarning, status.message());
  }
  return OkStatus();
}

void SdkRuntime::StartLog() {
  image::Artifact known;
  if (options_.trace.kinds() != 0) {
    known = program_.artifact;
  } else {
    known.manifest.fabric = manifest().fabric;
    known.manifest.offset = manifest().offset;
    known.manifest.rectangle = manifest().rectangle;
    known.manifest.fp16_format = manifest().fp16_format;
  }
  run_log_ = std::make_unique<RunLog>(side_files_->folder(), options_.trace,
                                      ProgramText(std::move(known)));
  for (const std::string& name : options_.trace.unknown) {
    Log(fabric::LogLevel::kWarning,
        fmt::format("SIMFABRIC_DEBUG: '{}' is not known and does nothing; known are inst_trace, "
                    "landing, router and tasks",
                    name));
  }
}

Status SdkRuntime::Run() {
  const std::lock_guard lock(mutex_);
  switch (state_) {
    case State::kCreated:
      return FailedPrecondition("run() before load()");
    case State::kRunning:
      return FailedPrecondition("run() again: the program is running");
    case State::kStopped:
      return FailedPrecondition("run() after stop(): a runtime runs once");
    case State::kLoaded:
      state_ = State::kRunning;
  }
  return OkStatus();
}

Status SdkRuntime::Stop() {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(CheckRunning("stop()"));
  const Status drained = device_->Drain();
  Status status = drained;
  FinishCompleted();
  for (const auto& [id, file] : files_) {
    file->Close();
    if (status.ok()) status = file->status();
  }
  StatusOr<fabric::SimStats> stats = device_->Stats();
  if (stats.ok()) side_files_->WriteStats(*stats);
  const int64_t cycle = stats.ok() ? stats->cycle_count : 0;
  if (Status cut = run_log_->Finish(cycle); !cut.ok()) {
    Log(fabric::LogLevel::kWarning, cut.message());
  }
  if (Status core = LeaveCore(); !core.ok()) {
    Log(fabric::LogLevel::kWarning, core.message());
    if (status.ok() && options_.dump_core) status = core;
  }
  for (const Status& files : {side_files_->status(), run_log_->status()}) {
    if (!files.ok()) Log(fabric::LogLevel::kWarning, files.message());
  }
  state_ = State::kStopped;
  if (options_.is_system || !drained.ok()) device_.reset();
  pending_.clear();
  return status;
}

StatusOr<TaskId> SdkRuntime::SubmitLaunch(uint32_t function, std::vector<uint32_t> words,
                                          bool nonblock) {
  RETURN_IF_ERROR(MakeRoom(0));
  fabric::LaunchCommand command;
  command.export_id = function;
  command.args = std::move(words);
  return Enqueue(device_->Submit(std::move(command)), 0, nullptr, nonblock);
}

StatusOr<TaskId> SdkRuntime::Launch(std::string_view function,
                                    std::span<const HostScalar> arguments, bool nonblock) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(CheckRunning("launch()"));
  ASSIGN_OR_RETURN(const image::Export* found, FindFunction(function));
  ASSIGN_OR_RETURN(std::vector<uint32_t> words, EncodeArguments(*found, arguments));
  return SubmitLaunch(found->id, std::move(words), nonblock);
}

StatusOr<TaskId> SdkRuntime::Call(std::string_view function, std::vector<uint32_t> words,
                                  bool nonblock) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(CheckRunning("call()"));
  ASSIGN_OR_RETURN(const image::Export* found, FindFunction(function));
  if (words.size() != found->inputs.size()) {
    return InvalidArgument(
        fmt::format("call of '{}': {} word{} given, its type is {}: one word an "
                    "argument",
                    found->name, words.size(), words.size() == 1 ? "" : "s", found->type));
  }
  return SubmitLaunch(found->id, std::move(words), nonblock);
}

StatusOr<bool> SdkRuntime::IsTaskDone(TaskId id) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(CheckTask(id));
  if (state_ == State::kStopped || device_->IsDone(id)) return true;
  StatusOr<bool> done = device_->Poll(id);
  FinishCompleted();
  if (done.ok() && *done) RETURN_IF_ERROR(FileOf(id));
  return done;
}

Status SdkRuntime::TaskWait(TaskId id) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(CheckTask(id));
  if (state_ == State::kStopped || device_->IsDone(id)) return FileOf(id);
  return Wait(id);
}

StatusOr<std::vector<uint8_t>> SdkRuntime::ReadSymbol(int64_t fabric_x, int64_t fabric_y,
                                                      std::string_view name) {
  const std::lock_guard lock(mutex_);
  if (device_ == nullptr && state_ != State::kStopped) {
    return FailedPrecondition("read_symbol() before load()");
  }
  if (device_ == nullptr) {
    return FailedPrecondition(
        "read_symbol() after stop(): the CS system was given back, or the run failed; debug_util "
        "reads the core file");
  }
  const image::Extent2& fabric = manifest().fabric;
  if (fabric_x < 0 || fabric_x >= fabric.width || fabric_y < 0 || fabric_y >= fabric.height) {
    return OutOfRange(fmt::format("read_symbol(): PE ({}, {}) lies outside the fabric, {} x {}",
                                  fabric_x, fabric_y, fabric.width, fabric.height));
  }
  return device_->ReadSymbol(static_cast<int>(fabric_x), static_cast<int>(fabric_y), name);
}

void SdkRuntime::TakeLog(const fabric::LogRecord& record) {
  run_log_->Take(record);
  if (!record.is_event()) Log(record.level, record.ToString());
}

void SdkRuntime::Log(fabric::LogLevel level, const std::string& text) const {
  if (options_.message_sink && level >= options_.message_level) options_.message_sink(level, text);
}

Status SdkRuntime::CheckRunning(std::string_view what) const {
  switch (state_) {
    case State::kRunning:
      return OkStatus();
    case State::kStopped:
      return FailedPrecondition(fmt::format("{} after stop(): the run is over", what));
    default:
      return FailedPrecondition(fmt::format(
          "{} before {}", what, state_ == State::kCreated ? "load() and run()" : "run()"));
  }
}

StatusOr<const image::Export*> SdkRuntime::FindFunction(std::string_view name) const {
  ASSIGN_OR_RETURN(const uint32_t id, GetId(name));
  const image::Export* found = manifest().FindExport(id);
  if (found->kind != image::ExportKind::kFunc) {
    return InvalidArgument(
        fmt::format("'{}' is of type {}; only functions can be launched", name, found->type));
  }
  return found;
}

Status SdkRuntime::CheckTask(TaskId id) const {
  const bool known = newest_.has_value() && id.index <= newest_->index;
  return known ? OkStatus() : InvalidArgument("the task belongs to another runtime");
}

Status SdkRuntime::MakeRoom(uint64_t bytes) {
  while (!pending_.empty() &&
         (pending_.size() >= kMaxPendingTasks || pending_bytes_ + bytes > kMaxPendingBytes)) {
    RETURN_IF_ERROR(Wait(pending_.front().id));
  }
  return OkStatus();
}

StatusOr<TaskId> SdkRuntime::Enqueue(StatusOr<TaskId> submitted, uint64_t bytes,
                                     std::shared_ptr<void> keep_alive, bool nonblock,
                                     std::function<void()> finish) {
  if (!submitted.ok()) return submitted;
  const TaskId id = *submitted;
  newest_ = id;
  pending_bytes_ += bytes;
  if (finish) ++num_unfinished_;
  pending_.push_back({id, bytes, std::move(keep_alive), std::move(finish)});
  if (!nonblock) RETURN_IF_ERROR(Wait(id));
  return id;
}

Status SdkRuntime::Wait(TaskId id) {
  Status status = device_->Wait(id);
  FinishCompleted();
  run_log_->Flush();
  return status.ok() ? FileOf(id) : status;
}

void SdkRuntime::FinishCompleted() {
  while (!pending_.empty() && device_->IsDone(pending_.front().id)) {
    if (pending_.front().finish) Finish(&pending_.front());
    pending_bytes_ -= pending_.front().bytes;
    pending_.pop_front();
  }
  // Behind a port's task that waits, others may be done.
  if (num_unfinished_ == 0) return;
  for (PendingTask& task : pending_) {
    if (task.finish && device_->IsDone(task.id)) Finish(&task);
  }
}

void SdkRuntime::Finish(PendingTask* task) {
  std::exchange(task->finish, {})();
  --num_unfinished_;
}

}  // namespace csl::runtime
