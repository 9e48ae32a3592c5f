// SPDX-License-Identifier: Apache-2.0
// Makes what was written to a file durable, for several threads at once: those that ask while the
// disk is busy share the next turn. Thread safe.
#ifndef APPLIANCE_STORE_SQLITE_GROUP_SYNC_H_
#define APPLIANCE_STORE_SQLITE_GROUP_SYNC_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>

#include "base/status.h"

namespace csl::appliance {

class GroupSync {
 public:
  // `sync` is fdatasync of the file, but in tests.
  explicit GroupSync(std::filesystem::path path, std::function<bool(int fd)> sync = {});
  ~GroupSync();
  GroupSync(const GroupSync&) = delete;
  GroupSync& operator=(const GroupSync&) = delete;

  // All that was written to the file up to now is known by this number, which only grows.
  void Wrote(int64_t mark);
  // Returns when what is known by `mark` is durable. A disk that cannot do that ends the process:
  // nobody may be told of what may be lost.
  void Await(int64_t mark);

 private:
  void SyncOnce(std::unique_lock<std::mutex>& lock);

  const std::filesystem::path path_;
  const std::function<bool(int fd)> sync_;
  int fd_ = -1;
  std::mutex mutex_;
  std::condition_variable changed_;
  int64_t written_ = 0;
  int64_t durable_ = 0;
  bool syncing_ = false;
};

}  // namespace csl::appliance

#endif  // APPLIANCE_STORE_SQLITE_GROUP_SYNC_H_
