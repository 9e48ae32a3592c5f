// SPDX-License-Identifier: Apache-2.0
// Core files.
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "runtime/core/sdk_runtime.h"

namespace csl::runtime {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

Status CannotWrite(const std::filesystem::path& path) {
  return FailedPrecondition(
      fmt::format("cannot write the core file '{}': {}", path.string(), std::strerror(errno)));
}

}  // namespace

Status SdkRuntime::WriteCore(const std::filesystem::path& path) {
  std::filesystem::path beside = path;
  beside += ".new";
  std::unique_ptr<std::FILE, CloseFile> file(std::fopen(beside.c_str(), "wbe"));
  if (file == nullptr) return CannotWrite(path);
  bool written = true;
  const Status status = device_->WriteCore(program_digest_, [&](std::span<const uint8_t> piece) {
    written = written && std::fwrite(piece.data(), 1, piece.size(), file.get()) == piece.size();
  });
  written = std::fclose(file.release()) == 0 && written;
  if (written && status.ok() && std::rename(beside.c_str(), path.c_str()) == 0) return status;
  const Status failed = status.ok() ? CannotWrite(path) : status;
  std::remove(beside.c_str());
  return failed;
}

Status SdkRuntime::LeaveCore() {
  const image::Extent2& size = manifest().rectangle;
  const bool small = int64_t{size.width} * size.height <= kMaxAutomaticCorePes;
  if (!small && !options_.dump_core) return OkStatus();
  return WriteCore(side_files_->folder() /
                   (options_.core_path.empty() ? SideFiles::kCoreName : options_.core_path));
}

Status SdkRuntime::DumpCore(const std::filesystem::path& path) {
  const std::lock_guard lock(mutex_);
  if (device_ == nullptr) {
    return FailedPrecondition(state_ == State::kStopped
                                  ? "dump_core() after stop(): the CS system was given back, or "
                                    "the run failed; stop() left out.core"
                                  : "dump_core() before load()");
  }
  return WriteCore(path);
}

}  // namespace csl::runtime
