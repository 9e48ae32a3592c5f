// SPDX-License-Identifier: Apache-2.0
// One output stream of a command: a file that grows up to a limit, made when something is printed,
// and readers that wait. Thread safe.
#ifndef WORKER_EXECUTOR_OUTPUT_LOG_H_
#define WORKER_EXECUTOR_OUTPUT_LOG_H_

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/status.h"

namespace csl::worker {

class OutputLog {
 public:
  // Past this the stream is cut, with a mark that reports it; the command continues.
  static constexpr uint64_t kMaxBytes = uint64_t{1} << 30;

  // The path must be new.
  explicit OutputLog(std::filesystem::path path, uint64_t max_bytes = kMaxBytes)
      : path_(std::move(path)), max_bytes_(max_bytes) {}
  ~OutputLog();
  OutputLog(const OutputLog&) = delete;
  OutputLog& operator=(const OutputLog&) = delete;

  void Append(std::string_view bytes);
  // The command has ended: readers at the end are told so. More may be appended all the same, by
  // processes it left behind.
  void Complete();
  // Nobody can append any more: the file is closed, and opened again to be read. A session may have
  // thousands of commands behind it, and descriptors are few.
  void Seal();

  struct Piece {
    std::string bytes;
    uint64_t next_offset = 0;
    bool complete = false;
  };
  // Up to max_bytes from the offset, waiting up to wait_ms for the first.
  Piece Read(uint64_t offset, uint64_t max_bytes, int64_t wait_ms);
  uint64_t size_bytes() const;
  // Why what was appended could not be kept; empty: it was.
  std::string failure() const;

 private:
  bool HasFile();

  const std::filesystem::path path_;
  int fd_ = -1;  // -1: nothing has been printed yet, or sealed
  bool sealed_ = false;
  const uint64_t max_bytes_;
  mutable std::mutex mutex_;
  std::condition_variable grown_;
  uint64_t size_ = 0;
  bool cut_ = false;
  bool complete_ = false;
  std::string failure_;
};

}  // namespace csl::worker

#endif  // WORKER_EXECUTOR_OUTPUT_LOG_H_
