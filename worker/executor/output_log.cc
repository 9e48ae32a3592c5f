// SPDX-License-Identifier: Apache-2.0
#include "worker/executor/output_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace csl::worker {
namespace {

constexpr std::string_view kCut = "\n[output cut here: it reached its limit]\n";

}  // namespace

OutputLog::~OutputLog() {
  if (fd_ >= 0) ::close(fd_);
}

void OutputLog::Seal() {
  std::lock_guard lock(mutex_);
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  sealed_ = true;
}

// Makes it for the first bytes. With the lock held.
bool OutputLog::HasFile() {
  if (fd_ < 0) fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  return fd_ >= 0;
}

void OutputLog::Append(std::string_view bytes) {
  std::lock_guard lock(mutex_);
  if (cut_ || sealed_ || bytes.empty()) return;
  std::string cut;
  if (size_ + bytes.size() > max_bytes_) {
    cut = std::string(bytes.substr(0, max_bytes_ - size_)) + std::string(kCut);
    bytes = cut;
    cut_ = true;
  }
  while (!bytes.empty()) {
    const ssize_t put =
        HasFile() ? ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(size_)) : -1;
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) {
      cut_ = true;  // what was read up to here stays readable
      failure_ = std::string("its output cannot be kept: ") + std::strerror(errno);
      break;
    }
    size_ += static_cast<uint64_t>(put);
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  grown_.notify_all();
}

void OutputLog::Complete() {
  std::lock_guard lock(mutex_);
  complete_ = true;
  grown_.notify_all();
}

OutputLog::Piece OutputLog::Read(uint64_t offset, uint64_t max_bytes, int64_t wait_ms) {
  std::unique_lock lock(mutex_);
  grown_.wait_for(lock, std::chrono::milliseconds(wait_ms),
                  [&] { return size_ > offset || complete_; });
  Piece piece;
  piece.bytes.resize(offset < size_ ? std::min(max_bytes, size_ - offset) : 0);
  if (!piece.bytes.empty()) {
    const int fd = fd_ >= 0 ? fd_ : ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    const ssize_t got =
        ::pread(fd, piece.bytes.data(), piece.bytes.size(), static_cast<off_t>(offset));
    if (fd >= 0 && fd != fd_) ::close(fd);
    piece.bytes.resize(got > 0 ? static_cast<size_t>(got) : 0);
  }
  piece.next_offset = offset + piece.bytes.size();
  piece.complete = complete_ && piece.next_offset >= size_;
  return piece;
}

std::string OutputLog::failure() const {
  std::lock_guard lock(mutex_);
  return failure_;
}

uint64_t OutputLog::size_bytes() const {
  std::lock_guard lock(mutex_);
  return size_;
}

}  // namespace csl::worker
