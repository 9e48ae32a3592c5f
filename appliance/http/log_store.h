// SPDX-License-Identifier: Apache-2.0
// Logs of jobs: append-only files, read from an offset. Thread safe.
#ifndef APPLIANCE_HTTP_LOG_STORE_H_
#define APPLIANCE_HTTP_LOG_STORE_H_

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace csl::appliance {

class LogStore {
 public:
  // Past this a log takes no more and ends with a mark that reports it.
  static constexpr uint64_t kMaxLogBytes = uint64_t{256} << 20;

  static StatusOr<std::unique_ptr<LogStore>> Open(const std::filesystem::path& folder);

  // Writes at the offset; bytes that were written before (a repeated request) change nothing. A gap
  // is kInvalidArgument.
  Status Append(const std::string& job, uint64_t offset, std::string_view bytes);

  struct Piece {
    std::string bytes;
    uint64_t next_offset = 0;
    bool complete = false;  // the job has ended and nothing follows
  };
  // Up to max_bytes from the offset, waiting up to wait_ms for the first. `ended` is asked whether
  // more can come.
  StatusOr<Piece> Read(const std::string& job, uint64_t offset, uint64_t max_bytes, int64_t wait_ms,
                       const std::function<bool()>& ended);
  uint64_t SizeBytes(const std::string& job) const;

  // Jobs whose logs have not grown since then (milliseconds since 1970).
  std::vector<std::string> OlderThan(int64_t ms) const;
  void Remove(const std::string& job);

 private:
  explicit LogStore(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::filesystem::path PathOf(const std::string& job) const { return folder_ / (job + ".log"); }

  std::filesystem::path folder_;
  std::mutex mutex_;
  std::condition_variable grown_;
};

}  // namespace csl::appliance

#endif  // APPLIANCE_HTTP_LOG_STORE_H_
