// SPDX-License-Identifier: Apache-2.0
// Blobs that jobs of this worker had or made, for the next job that wants them: it neither fetches
// nor hashes them again. Which job may have which blob the service decides; it names them in an
// assignment. Thread safe.
#ifndef WORKER_AGENT_BLOB_CACHE_H_
#define WORKER_AGENT_BLOB_CACHE_H_

#include <cstdint>
#include <filesystem>
#include <list>
#include <map>
#include <mutex>
#include <string>

namespace csl::worker {

class BlobCache {
 public:
  // In `folder`, which is made. The blobs that were wanted last stay, `max_bytes` together at most;
  // one that alone has more than a quarter of that is not kept. 0: none is.
  BlobCache(std::filesystem::path folder, uint64_t max_bytes);

  // Gives the blob the name `to`, too, which must be on the same disk; false if it is not kept.
  // Nobody may write to it.
  bool Link(const std::string& digest, const std::filesystem::path& to);
  // Keeps what lies at `from`, whose digest is known to be right.
  void Keep(const std::string& digest, const std::filesystem::path& from);

 private:
  struct Blob {
    uint64_t size_bytes = 0;
    std::list<std::string>::iterator place;
  };
  void MakeRoom(uint64_t size_bytes);

  const std::filesystem::path folder_;
  const uint64_t max_bytes_;
  std::mutex mutex_;
  std::map<std::string, Blob> blobs_;
  std::list<std::string> order_;  // the one that was wanted last is first
  uint64_t kept_bytes_ = 0;
};

}  // namespace csl::worker

#endif  // WORKER_AGENT_BLOB_CACHE_H_
