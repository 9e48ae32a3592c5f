// SPDX-License-Identifier: Apache-2.0
#include "appliance/store/sqlite/group_sync.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace csl::appliance {
namespace {

bool SyncFile(int fd) {
  int result;
  do {
    result = ::fdatasync(fd);
  } while (result != 0 && errno == EINTR);
  return result == 0;
}

}  // namespace

GroupSync::GroupSync(std::filesystem::path path, std::function<bool(int fd)> sync)
    : path_(std::move(path)), sync_(sync ? std::move(sync) : SyncFile) {}

GroupSync::~GroupSync() {
  if (fd_ >= 0) ::close(fd_);
}

void GroupSync::Wrote(int64_t mark) {
  std::lock_guard lock(mutex_);
  written_ = std::max(written_, mark);
}

void GroupSync::SyncOnce(std::unique_lock<std::mutex>& lock) {
  syncing_ = true;
  const int64_t written = written_;
  // It is there from the first change on, and stays as long as the database is open.
  if (fd_ < 0) fd_ = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
  CHECK(fd_ >= 0) << "cannot open '" << path_.string() << "': " << std::strerror(errno);
  lock.unlock();
  CHECK(sync_(fd_)) << "cannot write '" << path_.string() << "': " << std::strerror(errno);
  lock.lock();
  syncing_ = false;
  durable_ = std::max(durable_, written);
  changed_.notify_all();
}

void GroupSync::Await(int64_t mark) {
  std::unique_lock lock(mutex_);
  while (durable_ < mark) {
    if (syncing_) {
      changed_.wait(lock);
    } else {
      SyncOnce(lock);
    }
  }
}

}  // namespace csl::appliance
