// SPDX-License-Identifier: Apache-2.0
// Core files.
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <span>
#include <vector>

#include "fabric/image/elf_core.h"
#include "runtime/core/sdk_runtime.h"

namespace csl::runtime {
namespace {

Status CannotWrite(const std::filesystem::path& path, int error) {
  return FailedPrecondition(
      fmt::format("cannot write the core file '{}': {}", path.string(), std::strerror(error)));
}

// A file that is there whole or not at all: written beside its place, then moved.
class NewFile {
 public:
  explicit NewFile(const std::filesystem::path& path) : path_(path), beside_(path) {
    beside_ += ".new";
    file_ = std::fopen(beside_.c_str(), "wbe");
    Note(file_ != nullptr);
  }
  ~NewFile() {
    if (file_ == nullptr) return;
    std::fclose(file_);
    std::remove(beside_.c_str());
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  void Write(std::span<const uint8_t> piece) {
    if (error_ == 0) Note(std::fwrite(piece.data(), 1, piece.size(), file_) == piece.size());
  }
  void Rewind() {
    if (error_ == 0) Note(std::fseek(file_, 0, SEEK_SET) == 0);
  }
  // Moves it to its place when `status` is ok.
  Status Finish(const Status& status) {
    if (file_ == nullptr) return CannotWrite(path_, error_);
    Note(std::fclose(file_) == 0);
    file_ = nullptr;
    if (status.ok() && error_ == 0) Note(std::rename(beside_.c_str(), path_.c_str()) == 0);
    if (status.ok() && error_ == 0) return status;
    std::remove(beside_.c_str());
    return status.ok() ? CannotWrite(path_, error_) : status;
  }

 private:
  // Keeps the first error: what is done afterwards, also on a connection, has others.
  void Note(bool ok) {
    if (!ok && error_ == 0) error_ = errno != 0 ? errno : EIO;
  }

  std::filesystem::path path_;
  std::filesystem::path beside_;
  std::FILE* file_;
  int error_ = 0;
};

}  // namespace

Status SdkRuntime::WriteCore(const std::filesystem::path& path) {
  NewFile file(path);
  const auto put = [&](std::span<const uint8_t> piece) { file.Write(piece); };
  Status status = device_->WriteCore(program_digest_, put);
  if (status.ok()) status = device_->WriteStates(put);
  return file.Finish(status);
}

Status SdkRuntime::WriteElfCore(const std::filesystem::path& path) {
  NewFile file(path);
  image::ElfCoreWriter elf([&](std::span<const uint8_t> piece) { file.Write(piece); });
  Status added;
  Status status = device_->WriteCore(program_digest_, [&](std::span<const uint8_t> piece) {
    if (added.ok()) added = elf.Add(piece);
  });
  if (status.ok()) status = added;
  if (status.ok()) {
    StatusOr<std::vector<uint8_t>> start = elf.Finish();
    status = start.status();
    if (start.ok()) {
      file.Rewind();
      file.Write(*start);
    }
  }
  return file.Finish(status);
}

Status SdkRuntime::LeaveCore() {
  const image::Extent2& size = manifest().rectangle;
  const bool small = int64_t{size.width} * size.height <= kMaxAutomaticCorePes;
  if (!small && !options_.dump_core) return OkStatus();
  return WriteCore(side_files_->folder() /
                   (options_.core_path.empty() ? SideFiles::kCoreName : options_.core_path));
}

Status SdkRuntime::CheckCanDump(std::string_view what) const {
  if (device_ != nullptr) return OkStatus();
  if (state_ != State::kStopped) return FailedPrecondition(fmt::format("{} before load()", what));
  return FailedPrecondition(
      fmt::format("{} after stop(): the CS system was given back, or the run failed; stop() left "
                  "out.core",
                  what));
}

Status SdkRuntime::DumpCore(const std::filesystem::path& path) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(CheckCanDump("dump_core()"));
  return WriteCore(path);
}

Status SdkRuntime::DumpElfCore(const std::filesystem::path& path) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(CheckCanDump("dump_elf_core()"));
  return WriteElfCore(path);
}

}  // namespace csl::runtime
