// SPDX-License-Identifier: Apache-2.0
// Complete blobs, named by their digest: `FOLDER/fresh/abcdef...` until the blob is on the disk,
// then `FOLDER/ab/abcdef...`. Thread safe.
//
// An upload does not wait for the disk. A thread of this object syncs the file afterwards, and
// Sync waits for that; call it before a durable record refers to the blob. After a power cut only
// files in fresh/ can be damaged. A service hashes those that it finds there at startup before it
// serves them, and removes the damaged ones.
#ifndef APPLIANCE_ARTIFACTS_KEPT_BLOBS_H_
#define APPLIANCE_ARTIFACTS_KEPT_BLOBS_H_

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "base/status.h"

namespace csl::appliance {

// An open blob. It can be read even after its name is removed.
class BlobFile {
 public:
  explicit BlobFile(int fd);
  ~BlobFile();
  BlobFile(const BlobFile&) = delete;
  BlobFile& operator=(const BlobFile&) = delete;
  int fd() const { return fd_; }
  uint64_t size_bytes() const { return size_bytes_; }

 private:
  const int fd_;
  uint64_t size_bytes_ = 0;
};

class KeptBlobs {
 public:
  // Creates the folder if necessary, and starts to sync what is in fresh/.
  static StatusOr<std::shared_ptr<KeptBlobs>> Open(const std::filesystem::path& folder);
  ~KeptBlobs();

  // Takes over a file whose digest was checked. If the blob exists, removes the file instead.
  Status Keep(const std::string& digest, const std::filesystem::path& file);
  // Returns when the blob is on the disk. kNotFound: it does not exist, or was damaged.
  Status Sync(const std::string& digest);
  // Whether the blob is on the disk. Cheap.
  bool IsSynced(const std::string& digest) const;
  // kNotFound names the digest.
  StatusOr<std::shared_ptr<BlobFile>> Read(const std::string& digest);
  // Restarts the blob's age, as if it was just uploaded. kNotFound: it does not exist.
  Status Touch(const std::string& digest);
  void RemoveIfOlder(const std::string& digest, int64_t ms);

 private:
  explicit KeptBlobs(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::filesystem::path FreshPlace(const std::string& digest) const;
  std::filesystem::path Place(const std::string& digest) const;
  StatusOr<std::shared_ptr<BlobFile>> Find(const std::string& digest);
  bool IsDoubtful(const std::string& digest) const;
  Status SyncFile(const std::string& digest, int fd);
  Status CheckBytes(const std::string& digest, int fd);
  void Loop();

  const std::filesystem::path folder_;
  mutable std::mutex mutex_;  // held while a blob's name is created, renamed or removed
  std::condition_variable changed_;
  std::set<std::string> doubtful_;  // in fresh/ since before startup, and not hashed yet
  std::deque<std::string> waiting_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace csl::appliance

#endif  // APPLIANCE_ARTIFACTS_KEPT_BLOBS_H_
