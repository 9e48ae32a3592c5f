// SPDX-License-Identifier: Apache-2.0
#include "appliance/http/log_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "appliance/artifacts/changed_ms.h"

namespace csl::appliance {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::string_view kCut = "\n[the log is cut here: it reached its limit]\n";
// How soon a reader notices that a job has ended without another line.
constexpr milliseconds kEndCheck{50};

}  // namespace

StatusOr<std::unique_ptr<LogStore>> LogStore::Open(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error || ::chmod(folder.c_str(), 0700) != 0) {
    return Unavailable("cannot make folder '" + folder.string() + "': " + error.message());
  }
  return std::unique_ptr<LogStore>(new LogStore(folder));
}

uint64_t LogStore::SizeBytes(const std::string& job) const {
  std::error_code error;
  const uint64_t size = fs::file_size(PathOf(job), error);
  return error ? 0 : size;
}

std::vector<std::string> LogStore::OlderThan(int64_t ms) const {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator it(folder_, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() != ".log" || ChangedMs(it->path()) >= ms) continue;
    found.push_back(it->path().stem());
  }
  return found;
}

void LogStore::Remove(const std::string& job) {
  std::lock_guard lock(mutex_);
  ::unlink(PathOf(job).c_str());
}

Status LogStore::Append(const std::string& job, uint64_t offset, std::string_view bytes) {
  std::lock_guard lock(mutex_);
  const uint64_t size = SizeBytes(job);
  if (offset > size && size < kMaxLogBytes) {
    return InvalidArgument("the log of " + job + " has " + std::to_string(size) +
                           " bytes, the piece begins at " + std::to_string(offset));
  }
  if (offset + bytes.size() <= size || size >= kMaxLogBytes) return OkStatus();
  std::string piece(bytes.substr(size - offset));
  if (size + piece.size() > kMaxLogBytes) {
    piece.resize(kMaxLogBytes - size);
    piece += kCut;
  }
  const int fd = ::open(PathOf(job).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND, 0600);
  const bool written =
      fd >= 0 && ::write(fd, piece.data(), piece.size()) == static_cast<ssize_t>(piece.size());
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (!written) return Unavailable("cannot write the log of " + job + ": " + std::strerror(error));
  grown_.notify_all();
  return OkStatus();
}

StatusOr<LogStore::Piece> LogStore::Read(const std::string& job, uint64_t offset,
                                         uint64_t max_bytes, int64_t wait_ms,
                                         const std::function<bool()>& ended) {
  const auto until = steady_clock::now() + milliseconds(wait_ms);
  std::unique_lock lock(mutex_);
  bool over = false;
  for (;;) {
    // Asked before the size, so that nothing written between the two is missed.
    lock.unlock();
    over = ended();
    lock.lock();
    if (SizeBytes(job) > offset || over || steady_clock::now() >= until) break;
    grown_.wait_until(lock, std::min(until, steady_clock::now() + kEndCheck));
  }
  const uint64_t size = SizeBytes(job);
  Piece piece;
  piece.bytes.resize(offset < size ? std::min(max_bytes, size - offset) : 0);
  if (!piece.bytes.empty()) {
    const int fd = ::open(PathOf(job).c_str(), O_RDONLY | O_CLOEXEC);
    const ssize_t got =
        fd < 0 ? -1
               : ::pread(fd, piece.bytes.data(), piece.bytes.size(), static_cast<off_t>(offset));
    if (fd >= 0) ::close(fd);
    if (got < 0) return Unavailable("cannot read the log of " + job);
    piece.bytes.resize(static_cast<size_t>(got));
  }
  piece.next_offset = offset + piece.bytes.size();
  piece.complete = over && piece.next_offset >= size;
  return piece;
}

}  // namespace csl::appliance
